#include "history_generator.h"

#include <algorithm>
#include <cstring>

#include "test_zones.h"

namespace tessera::contract {
namespace {

using core::InstantMs;
using core::OpRef;
using storage::Method;
using storage::Operation;

constexpr uint32_t kUsers = 10;
constexpr size_t kCampaignsInPlay = 6;
constexpr size_t kCouponsInPlay = 24;
constexpr size_t kRefsInPlay = 12;
constexpr size_t kPastInPlay = 150;
constexpr int64_t kHourMs = 3'600'000;
template <class Pool, class Item>
void Keep(Pool& pool, Item item, size_t at_most) {
  pool.push_back(std::move(item));
  if (pool.size() > at_most) pool.pop_front();
}

core::Currency CurrencyOf(const char* code) { return *core::Currency::Parse(code, "currency"); }

// Whether a call of this kind has an operation record and can come again.
bool IsOperation(CallKind kind) {
  constexpr CallKind kOperations[] = {
      CallKind::kCreate, CallKind::kUpdate,  CallKind::kMove,   CallKind::kIssue,   CallKind::kRevoke,
      CallKind::kRedeem, CallKind::kReserve, CallKind::kCommit, CallKind::kRelease, CallKind::kRollback};
  return std::find(std::begin(kOperations), std::end(kOperations), kind) != std::end(kOperations);
}

}  // namespace

HistoryGenerator::HistoryGenerator(uint64_t seed, core::Shape shape, HomeOf home)
    : random_(seed), shape_(shape), home_(std::move(home)) {}

Operation HistoryGenerator::NewOp(Method method, InstantMs now) {
  // A call that was fenced before it arrived.
  for (auto fenced = fenced_.begin(); fenced != fenced_.end(); ++fenced) {
    if (fenced->method != method) continue;
    Operation op = *fenced;
    op.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    fenced_.erase(fenced);
    return op;
  }
  Operation op;
  op.method = method;
  ++fresh_;
  op.field[0] = static_cast<uint8_t>(method);
  std::memcpy(&op.field[4], &fresh_, sizeof fresh_);
  op.body[3] = static_cast<uint8_t>(fresh_);
  if (!Chance(20)) op.id_time_ms = now - static_cast<int64_t>(Random(5'000));
  op.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const uint64_t odd = Random(200);
  if (odd == 0) op.id_time_ms = now - 31 * 24 * kHourMs;
  if (odd == 1) op.id_time_ms = now - 2 * 24 * kHourMs;
  if (odd == 2) op.deadline = std::chrono::steady_clock::now() - std::chrono::hours(2);
  return op;
}

core::UserKey HistoryGenerator::UserOf(uint32_t i) const {
  core::UserKey user;
  user.bytes[0] = 1;
  // Neighbours differ in partition; every second pair shares its bucket.
  user.bytes[3] = static_cast<uint8_t>(i * 7 >> 8);
  user.bytes[4] = static_cast<uint8_t>(i * 7);
  user.bytes[8] = static_cast<uint8_t>(i / 2);
  user.bytes[9] = static_cast<uint8_t>(i >> 16);
  user.bytes[10] = static_cast<uint8_t>(i >> 8);
  user.bytes[11] = static_cast<uint8_t>(i);
  return user;
}

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

std::string HistoryGenerator::RecentCampaign() {
  if (campaigns_.empty() || Chance(1)) return "nowhere";
  const size_t in_play = std::min(campaigns_.size(), kCampaignsInPlay);
  return campaigns_[campaigns_.size() - 1 - Random(in_play)];
}

core::CouponNumber HistoryGenerator::AnyCoupon() {
  if (coupons_.empty()) return core::CouponNumber{Random(1'000)};
  core::CouponNumber number = Chance(15) ? Any(all_coupons_) : Any(coupons_).number;
  if (Chance(2)) number.value += uint64_t{shape_.partitions} * shape_.buckets * (1 + Random(400));
  return number;
}

OpRef HistoryGenerator::AnyRef(const std::deque<OpRef>& pool, const std::deque<OpRef>& wrong_pool) {
  const bool wrong = Chance(3) && !wrong_pool.empty();
  const std::deque<OpRef>& from = wrong ? wrong_pool : pool;
  OpRef ref;
  ref.retention = core::Retention::kLong;
  if (!from.empty()) ref = Any(from);
  switch (Random(60)) {
    case 0:
      ref.field[11] ^= 0x80;
      break;
    case 1:
      ref.partition = 1023;
      break;
    case 2:
      ref.period += 1;
      break;
    case 3:
      ref.retention = core::Retention::kShort;
      break;
    default:
      break;
  }
  return ref;
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
  call.coupon = AnyCoupon();
  if (Chance(40)) {
    for (const KnownCoupon& coupon : coupons_) {
      if (coupon.number == call.coupon) call.user = coupon.user;
    }
  } else if (Chance(8)) {
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
  call.coupon = AnyCoupon();
  call.reserved_policy = static_cast<storage::ReservedPolicy>(Random(2));
  call.return_stock = Chance(60);
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

uint32_t HistoryGenerator::PartitionOf(const HistoryCall& call) const {
  switch (call.kind) {
    case CallKind::kCreate:
    case CallKind::kUpdate:
    case CallKind::kMove:
      return home_(call.campaign_id);
    case CallKind::kIssue:
      return call.items.front().user.partition(shape_);
    case CallKind::kCommit:
    case CallKind::kRelease:
    case CallKind::kRollback:
      return call.ref.partition % shape_.partitions;
    default:
      return call.coupon.partition(shape_);
  }
}

HistoryCall HistoryGenerator::AboutOperation(CallKind kind, InstantMs now) {
  HistoryCall call;
  call.kind = kind;
  if (!past_.empty() && Chance(60)) {
    const HistoryCall& earlier = Any(past_);
    call.op = earlier.kind == CallKind::kIssue ? earlier.items.front().op : earlier.op;
    call.partition = PartitionOf(earlier);
    if (earlier.kind == CallKind::kIssue) call.bucket = earlier.items.front().user.bucket(shape_);
    return call;
  }
  // One that may come later, on a coupon or a claim, so that its place is right by chance.
  constexpr Method kMethods[] = {Method::kClaimCoupon, Method::kRedeemCoupons, Method::kReserveCoupons,
                                 Method::kCommitReservation, Method::kRevokeCoupon};
  call.op = NewOp(kMethods[Random(std::size(kMethods))], now);
  call.partition = static_cast<uint32_t>(Random(std::min(shape_.partitions, 2u)));
  call.bucket = UserOf(static_cast<uint32_t>(Random(kUsers))).bucket(shape_);
  if (kind == CallKind::kFence) fenced_.push_back(call.op);
  return call;
}

HistoryCall HistoryGenerator::Again() {
  HistoryCall call = Any(past_);
  const bool other_body = Chance(25);
  call.op.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  if (other_body) call.op.body[0] ^= 1;
  for (storage::IssueItem& item : call.items) {
    item.op.deadline = call.op.deadline;
    if (other_body) item.op.body[0] ^= 1;
  }
  return call;
}

HistoryCall HistoryGenerator::Next(InstantMs now) {
  if (!due_.empty()) {
    HistoryCall call = due_.front();
    due_.pop_front();
    return call;
  }
  if (campaigns_.size() < 3) return Create(now);
  const uint64_t dice = Random(1'000);
  if (dice < 12) return Create(now);
  if (dice < 40) return Update(now);
  if (dice < 70) return Move(now);
  if (dice < 290) return Issue(now);
  if (dice < 340) return Revoke(now);
  if (dice < 380) return Use(CallKind::kValidate, Method::kRedeemCoupons, now);
  if (dice < 490) return Use(CallKind::kRedeem, Method::kRedeemCoupons, now);
  if (dice < 620) return Use(CallKind::kReserve, Method::kReserveCoupons, now);
  if (dice < 700) return Settle(CallKind::kCommit, Method::kCommitReservation, now);
  if (dice < 740) return Settle(CallKind::kRelease, Method::kReleaseReservation, now);
  if (dice < 800) return Settle(CallKind::kRollback, Method::kRollbackRedemption, now);
  if (dice < 870 && !past_.empty()) return Again();
  if (dice < 890) return AboutOperation(CallKind::kGetOperation, now);
  if (dice < 910) return AboutOperation(CallKind::kFence, now);
  if (dice < 915) return Read(CallKind::kListCampaigns);
  if (dice < 925) return Read(CallKind::kGetCampaign);
  if (dice < 955) return Read(CallKind::kGetCoupon);
  if (dice < 970) return Read(CallKind::kListUserCoupons);
  if (dice < 980) return Read(CallKind::kGetRedemption);
  return Read(dice < 992 ? CallKind::kSweep : CallKind::kApply);
}

void HistoryGenerator::Learn(const HistoryCall& call, const std::vector<Answer>& answers) {
  if (IsOperation(call.kind)) Keep(past_, call, kPastInPlay);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].ok()) continue;
    if (const auto* changed = std::get_if<storage::CampaignChanged>(&*answers[i])) {
      int64_t& version = versions_[changed->campaign_id];
      if (version == 0) campaigns_.push_back(changed->campaign_id);
      version = std::max(version, changed->version);
    } else if (const auto* issued = std::get_if<storage::Issued>(&*answers[i])) {
      Keep(coupons_, KnownCoupon{issued->number, call.items[i].user}, kCouponsInPlay);
      all_coupons_.push_back(issued->number);
    } else if (const auto* reservation = std::get_if<storage::Reservation>(&*answers[i])) {
      Keep(reservations_, reservation->ref, kRefsInPlay);
      reserved_[reservation->ref] = *reservation;
    } else if (const auto* redemption = std::get_if<storage::Redemption>(&*answers[i])) {
      Keep(redemptions_, redemption->ref, kRefsInPlay);
    }
  }
}

}  // namespace tessera::contract
