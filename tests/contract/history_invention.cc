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

core::Offer HistoryGenerator::AnyOffer() {
  core::Offer offer;
  offer.currency = CurrencyOf("EUR");
  const uint64_t benefit = Random(20);
  if (benefit < 8) {
    offer.benefit = core::AmountOff{500};
  } else if (benefit < 14) {
    offer.benefit = core::PercentOff{1500, 400};
  } else if (benefit < 17) {
    offer.benefit = core::ThresholdOff{.steps = {{1'000, 100}, {4'000, 700}}};
  } else if (benefit < 19) {
    offer.benefit = core::FreeShipping{};
  } else {
    offer.benefit = core::Gift{.sku = "sample", .quantity = 1, .worth_minor = 200};
  }
  if (Chance(20)) offer.minimum_spend_minor = 1'000;
  if (Chance(15)) offer.scope.skus.include = {"sku-0"};
  offer.stacking.priority = static_cast<int32_t>(Random(3));
  offer.stacking.exclusive = Chance(6);
  if (Chance(20)) offer.stacking.groups.push_back({"group", 1 + static_cast<int32_t>(Random(2))});
  if (Chance(30)) offer.stacking.base = core::PriceBase::kInitial;
  if (Chance(30)) offer.stacking.threshold_basis = core::ThresholdBasis::kAfterDiscounts;
  return offer;
}

core::UseLimits HistoryGenerator::AnyUseLimits() {
  core::UseLimits limits;
  const auto up_to = [this](uint64_t most) { return 1 + static_cast<int64_t>(Random(most)); };
  if (Chance(60)) limits.budget_total_minor = up_to(2'500);
  if (Chance(40)) limits.budget_per_day_minor = up_to(1'500);
  limits.budget_clips = Chance(50);
  if (Chance(40)) limits.uses_per_user_total = up_to(3);
  if (Chance(35)) limits.uses_per_user_per_day = up_to(2);
  if (Chance(10)) limits.uses_per_user_per_week = up_to(2);
  if (Chance(10)) limits.uses_per_user_per_month = up_to(3);
  return limits;
}

core::CampaignDefinition HistoryGenerator::AnyDefinition(InstantMs now) {
  core::CampaignDefinition definition;
  definition.display_name = "campaign";
  definition.offer = AnyOffer();
  definition.threshold_loss = static_cast<core::ThresholdLoss>(Random(3));
  definition.time_zone =
      Chance(50) ? "Europe/Berlin" : ZoneWithMidnightAt((now / 1000 + 1 + Random(3)) * 1000);
  definition.claim_window = AnyWindow(now);
  definition.use_window = AnyWindow(now);
  core::CampaignLimits& limits = definition.limits;
  if (Chance(60)) limits.stock_total = 5 + static_cast<int64_t>(Random(40));
  if (Chance(40)) limits.stock_per_day = 3 + static_cast<int64_t>(Random(20));
  if (Chance(50)) limits.per_user_total = 1 + static_cast<int64_t>(Random(6));
  if (Chance(40)) limits.per_user_per_day = 1 + static_cast<int64_t>(Random(4));
  if (Chance(25)) {
    if (Chance(40)) definition.validity.wait_ms = static_cast<int64_t>(Random(200));
    if (Chance(80)) definition.validity.lasts_ms = 20 + static_cast<int64_t>(Random(2'000));
    definition.validity.outlasts_window = definition.validity.lasts_ms > 0 && Chance(40);
  }
  if (Chance(45)) definition.use_limits = AnyUseLimits();
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
  // A batch may be for one user, who has several to use together then.
  const uint32_t step = Chance(40) ? 0 : 1;
  for (uint32_t i = 0; i < items; ++i) {
    storage::IssueItem item{NewOp(call.op.method, now), UserOf((first + i * step) % kUsers)};
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
  ChooseStack(call);
  FillOrder(call.order);
  call.ttl_ms = 1 + static_cast<int64_t>(Chance(30) ? Random(20) : Random(600));
  return call;
}

std::vector<core::CouponName> HistoryGenerator::FreshOf(const core::UserKey& user) const {
  std::vector<core::CouponName> fresh;
  for (const KnownCoupon& coupon : coupons_) {
    if (coupon.user == user && !used_.contains(coupon.number)) fresh.emplace_back(coupon.number);
  }
  return fresh;
}

void HistoryGenerator::FollowUp(const storage::Reservation& reservation) {
  if (reservation.coupons.size() < 2 || Chance(40)) return;
  HistoryCall call;
  call.kind = CallKind::kCommit;
  call.op = NewOp(Method::kCommitReservation, now_);
  call.ref = reservation.ref;
  call.expected_discount = {reservation.discount_minor, reservation.currency};
  due_.push_back(call);
}

void HistoryGenerator::FollowUp(const storage::Redemption& redemption) {
  if (redemption.coupons.size() < 2 || Chance(40)) return;
  HistoryCall call;
  call.kind = CallKind::kRollback;
  call.op = NewOp(Method::kRollbackRedemption, now_);
  call.ref = redemption.ref;
  ChooseReturn(call);
  due_.push_back(call);
}

void HistoryGenerator::ChooseStack(HistoryCall& call) {
  if (!coupons_.empty() && Chance(35)) {
    call.user = Any(coupons_).user;
    call.coupons = FreshOf(*call.user);
    while (Chance(30)) call.coupons.emplace_back(AnyCode());
    std::sort(call.coupons.begin(), call.coupons.end());
    call.coupons.erase(std::unique(call.coupons.begin(), call.coupons.end()), call.coupons.end());
    std::shuffle(call.coupons.begin(), call.coupons.end(), random_);
    if (call.coupons.size() > 5) call.coupons.resize(5);
    call.partial = Chance(30);
    if (!call.coupons.empty()) return;
    call = HistoryCall{.kind = call.kind, .op = call.op};
  }
  const core::CouponName first = AnyName();
  call.coupons = {first};
  const auto* number = std::get_if<core::CouponNumber>(&first);
  if (number != nullptr && Chance(60)) {
    for (const KnownCoupon& coupon : coupons_) {
      if (coupon.number == *number) call.user = coupon.user;
    }
  } else if (Chance(number != nullptr ? 8 : 70)) {
    call.user = UserOf(static_cast<uint32_t>(Random(kUsers)));
  }
  if (!call.user || Chance(40)) return;
  // Mostly what could go together, in any order.
  std::vector<core::CouponName> others;
  for (const KnownCoupon& coupon : coupons_) {
    if (coupon.user == *call.user) others.emplace_back(coupon.number);
  }
  for (int i = 0; i < 2; ++i) others.push_back(AnyCode());
  if (Chance(15)) others.push_back(AnyName());
  std::shuffle(others.begin(), others.end(), random_);
  const size_t count = 1 + Random(5);
  for (const core::CouponName& name : others) {
    const auto end = call.coupons.end();
    if (call.coupons.size() < count && std::find(call.coupons.begin(), end, name) == end)
      call.coupons.push_back(name);
  }
  std::shuffle(call.coupons.begin(), call.coupons.end(), random_);
  call.partial = Chance(50);
}

void HistoryGenerator::FillOrder(core::Order& order) {
  order.order_id = "order-" + std::to_string(Random(3));
  order.currency = CurrencyOf(Chance(3) ? "USD" : "EUR");
  constexpr int64_t kPrices[] = {0, 300, 900, 2'000, 2'000, 7'777};
  const size_t lines = Chance(50) ? 1 : 1 + Random(3);
  for (size_t i = 0; i < lines; ++i) {
    core::OrderLine line;
    line.line_id = std::to_string(i + 1);
    line.sku = "sku-" + std::to_string(i);
    line.quantity = Chance(70) ? 1 : 1 + static_cast<int64_t>(Random(3));
    line.unit_price_minor = kPrices[Random(std::size(kPrices))];
    order.lines.push_back(std::move(line));
  }
  if (Chance(30)) order.shipping_minor = 499;
}

HistoryCall HistoryGenerator::Settle(CallKind kind, Method method, InstantMs now) {
  HistoryCall call;
  call.kind = kind;
  call.op = NewOp(method, now);
  if (kind == CallKind::kRollback) {
    call.ref = AnyRef(redemptions_, reservations_);
    ChooseReturn(call);
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

void HistoryGenerator::ChooseReturn(HistoryCall& call) {
  const auto redeemed = redeemed_.find(call.ref);
  if (redeemed == redeemed_.end() || Chance(45)) return;
  if (Chance(30)) {
    const core::AppliedCoupon& applied = Any(redeemed->second.coupons);
    call.returned_coupon = std::get<core::CouponNumber>(applied.key.name);
    if (Chance(3)) call.returned_coupon = AnyCoupon();
    if (Chance(70)) return;
  }
  if (Chance(20)) call.shipping = true;
  for (int line = 1; line <= 3; ++line) {
    if (!Chance(40)) continue;
    call.lines.push_back({std::to_string(Chance(3) ? 9 : line), Chance(80) ? 1 : 1 + int64_t(Random(3))});
  }
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
    case CallKind::kExplain:
      call.ref = AnyRef(redemptions_, reservations_);
      break;
    default:
      call.partition = static_cast<uint32_t>(Random(shape_.partitions));
  }
  return call;
}

}  // namespace tessera::contract
