// The calls that HistoryGenerator invents, one function for each kind.

#include <algorithm>

#include "history_generator.h"
#include "test_zones.h"

namespace tessera::contract {
namespace {

using core::InstantMs;
using storage::Method;

constexpr int64_t kHourMs = 3'600'000;

core::Currency CurrencyOf(const char* code) { return *core::Currency::Parse(code, "currency"); }

}  // namespace

core::Window HistoryGenerator::AnyWindow(InstantMs now) {
  core::Window window{now - kHourMs, now + kHourMs};
  if (Chance(20)) window.start_ms = now + static_cast<int64_t>(Random(800));
  const uint64_t soon = Chance(30) ? 60 : 4'000;  // while the campaign is in play, however fast the store is
  if (Chance(50)) window.end_ms = std::max(window.start_ms, now) + 20 + static_cast<int64_t>(Random(soon));
  return window;
}

core::CampaignDefinition HistoryGenerator::AnyDefinition(InstantMs now) {
  core::CampaignDefinition definition;
  definition.display_name = "campaign";
  definition.currency = CurrencyOf("EUR");
  definition.time_zone =
      Chance(50) ? "Europe/Berlin" : ZoneWithMidnightAt((now / 1000 + 1 + Random(3)) * 1000);
  if (Chance(50)) {
    definition.terms.benefit = core::AmountOff{500};
  } else {
    definition.terms.benefit = core::PercentOff{1500, 400};
  }
  if (Chance(20)) definition.terms.minimum_spend_minor = 1'000;
  definition.claim_window = AnyWindow(now);
  definition.use_window = AnyWindow(now);
  core::CampaignLimits& limits = definition.limits;
  if (Chance(60)) limits.stock_total = 5 + static_cast<int64_t>(Random(40));
  if (Chance(40)) limits.stock_per_day = 3 + static_cast<int64_t>(Random(20));
  if (Chance(50)) limits.per_user_total = 1 + static_cast<int64_t>(Random(8));
  if (Chance(40)) limits.per_user_per_day = 1 + static_cast<int64_t>(Random(4));
  definition.pause_scope = static_cast<core::PauseScope>(Random(2));
  definition.restore_policy = static_cast<core::RestorePolicy>(Random(3));
  return definition;
}

HistoryCall HistoryGenerator::Create(InstantMs now) {
  HistoryCall call;
  call.kind = CallKind::kCreate;
  call.op = NewOp(Method::kCreateCampaign, now);
  call.campaign_id = "campaign-" + std::to_string(campaigns_.size());
  if (Chance(10) && !campaigns_.empty()) call.campaign_id = Any(campaigns_);
  call.definition = AnyDefinition(now);
  HistoryCall activate;
  activate.kind = CallKind::kMove;
  activate.op = NewOp(Method::kActivateCampaign, now);
  activate.campaign_id = call.campaign_id;
  activate.transition = core::Transition::kActivate;
  if (!Chance(5)) due_.push_back(activate);
  return call;
}

HistoryCall HistoryGenerator::Update(InstantMs now) {
  HistoryCall call;
  call.kind = CallKind::kUpdate;
  call.op = NewOp(Method::kUpdateCampaign, now);
  call.campaign_id = RecentCampaign();
  call.version = versions_[call.campaign_id] - (Chance(10) ? 1 : 0);
  call.edit_seed = Random(1 << 20);
  return call;
}

HistoryCall HistoryGenerator::Move(InstantMs now) {
  constexpr core::Transition kTransitions[] = {core::Transition::kPause,   core::Transition::kPause,
                                               core::Transition::kResume,  core::Transition::kResume,
                                               core::Transition::kResume,  core::Transition::kResume,
                                               core::Transition::kActivate};
  constexpr Method kMethods[] = {Method::kActivateCampaign, Method::kPauseCampaign, Method::kResumeCampaign,
                                 Method::kEndCampaign};
  HistoryCall call;
  call.kind = CallKind::kMove;
  call.campaign_id = RecentCampaign();
  call.transition = Chance(4) ? core::Transition::kEnd : kTransitions[Random(std::size(kTransitions))];
  call.op = NewOp(kMethods[static_cast<int>(call.transition)], now);
  return call;
}

HistoryCall HistoryGenerator::Issue(InstantMs now) {
  constexpr Method kMethods[] = {Method::kIssueCoupon, Method::kClaimCoupon, Method::kBatchIssueCoupons};
  HistoryCall call;
  call.kind = CallKind::kIssue;
  call.source = Chance(70) ? storage::IssueSource::kClaim : static_cast<storage::IssueSource>(Random(3));
  call.campaign_id = RecentCampaign();
  call.version = static_cast<int64_t>(Random(8));  // the code's key
  call.op.method = kMethods[static_cast<int>(call.source)];
  call.op.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const uint32_t items =
      call.source == storage::IssueSource::kBatch ? 1 + static_cast<uint32_t>(Random(8)) : 1;
  const uint32_t first = static_cast<uint32_t>(Random(kUsers));
  for (uint32_t i = 0; i < items; ++i) {
    storage::IssueItem item{NewOp(call.op.method, now), UserOf((first + i) % kUsers)};
    // One deadline holds for the whole call.
    if (items == 1) call.op.deadline = item.op.deadline;
    item.op.deadline = call.op.deadline;
    call.items.push_back(item);
  }
  return call;
}

HistoryCall HistoryGenerator::ClaimOfAStranger(const std::string& campaign_id, InstantMs now) {
  HistoryCall call;
  call.kind = CallKind::kIssue;
  call.campaign_id = campaign_id;
  call.op.method = Method::kClaimCoupon;
  call.op.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  storage::IssueItem item{NewOp(Method::kClaimCoupon, now), UserOf(1'000 + strangers_++)};
  item.op.deadline = call.op.deadline;
  call.items.push_back(item);
  return call;
}

HistoryCall HistoryGenerator::Use(CallKind kind, Method method, InstantMs now) {
  HistoryCall call;
  call.kind = kind;
  call.op = NewOp(method, now);
  call.coupon = AnyName();
  const auto* number = std::get_if<core::CouponNumber>(&call.coupon);
  if (number != nullptr && Chance(40)) {
    for (const KnownCoupon& coupon : coupons_) {
      if (coupon.number == *number) call.user = coupon.user;
    }
  } else if (Chance(number != nullptr ? 8 : 70)) {
    call.user = UserOf(static_cast<uint32_t>(Random(kUsers)));
  }
  call.order_id = "order-" + std::to_string(Random(3));
  call.order.order_id = call.order_id;
  call.order.currency = CurrencyOf(Chance(3) ? "USD" : "EUR");
  constexpr int64_t kTotals[] = {0, 300, 900, 2'000, 2'000, 7'777};
  call.order.lines.push_back({"1", "sku", 1, kTotals[Random(std::size(kTotals))]});
  call.ttl_ms = 1 + static_cast<int64_t>(Chance(30) ? Random(20) : Random(600));
  return call;
}

HistoryCall HistoryGenerator::Settle(CallKind kind, Method method, InstantMs now) {
  HistoryCall call;
  call.kind = kind;
  call.op = NewOp(method, now);
  if (kind == CallKind::kRollback) {
    call.ref = AnyRef(redemptions_, reservations_);
    return call;
  }
  call.ref = AnyRef(reservations_, redemptions_);
  const auto reserved = reserved_.find(call.ref);
  if (reserved != reserved_.end()) {
    call.expected_discount = {reserved->second.discount_minor, reserved->second.currency};
    if (Chance(60)) call.order_id = Chance(6) ? "another" : reserved->second.order_id;
  }
  if (Chance(5)) call.expected_discount.minor += 1;
  if (Chance(3)) call.expected_discount.currency = CurrencyOf("JPY");
  return call;
}

HistoryCall HistoryGenerator::Revoke(InstantMs now) {
  HistoryCall call;
  call.kind = CallKind::kRevoke;
  call.op = NewOp(Method::kRevokeCoupon, now);
  call.coupon = AnyName();
  call.reserved_policy = static_cast<storage::ReservedPolicy>(Random(2));
  call.return_stock = Chance(60);
  return call;
}

HistoryCall HistoryGenerator::GenerateCodes(InstantMs now) {
  HistoryCall call;
  call.kind = CallKind::kGenerateCodes;
  call.op = NewOp(Method::kGenerateCodes, now);
  call.campaign_id = RecentCampaign();
  call.page_size = 1 + static_cast<int32_t>(Random(4));  // how many
  return call;
}

HistoryCall HistoryGenerator::Bind(InstantMs now) {
  HistoryCall call;
  call.kind = CallKind::kBind;
  call.op = NewOp(Method::kBindCode, now);
  call.coupon = AnyCode();
  call.user = UserOf(static_cast<uint32_t>(Random(kUsers)));
  return call;
}

HistoryCall HistoryGenerator::Read(CallKind kind) {
  HistoryCall call;
  call.kind = kind;
  call.page_size = Chance(50) ? 3 : 1'000;
  switch (kind) {
    case CallKind::kGetCampaign:
      call.campaign_id = RecentCampaign();
      break;
    case CallKind::kGetCoupon:
      call.coupon = AnyCoupon();
      break;
    case CallKind::kGetCode:
      call.coupon = AnyCode();
      break;
    case CallKind::kListUserCoupons:
      call.user = UserOf(static_cast<uint32_t>(Random(kUsers)));
      if (Chance(30)) call.campaign_id = RecentCampaign();
      // Pages of one state are read at different instants and need not fit together.
      if (Chance(30)) call.state = static_cast<storage::CouponState>(Random(5)), call.page_size = 1'000;
      break;
    case CallKind::kGetRedemption:
      call.ref = AnyRef(redemptions_, reservations_);
      break;
    default:
      call.partition = static_cast<uint32_t>(Random(shape_.partitions));
  }
  return call;
}

}  // namespace tessera::contract
