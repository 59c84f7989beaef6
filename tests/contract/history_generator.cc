#include "history_generator.h"

#include <algorithm>
#include <cstring>

namespace tessera::contract {
namespace {

using core::InstantMs;
using core::OpRef;
using storage::Method;
using storage::Operation;

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

// Whether a call of this kind has an operation record and can come again.
bool IsOperation(CallKind kind) {
  constexpr CallKind kOperations[] = {CallKind::kCreate,   CallKind::kUpdate,        CallKind::kMove,
                                      CallKind::kIssue,    CallKind::kRevoke,        CallKind::kRedeem,
                                      CallKind::kReserve,  CallKind::kCommit,        CallKind::kRelease,
                                      CallKind::kRollback, CallKind::kGenerateCodes, CallKind::kBind};
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

core::CodeNumber HistoryGenerator::AnyCode() {
  if (codes_.empty()) return core::CodeNumber{Random(1'000)};
  core::CodeNumber code = Chance(15) ? Any(all_codes_) : Any(codes_);
  if (Chance(2)) code.value += uint64_t{shape_.partitions} * 1'000'000;
  return code;
}

core::CouponName HistoryGenerator::AnyName() {
  if (Chance(30)) return AnyCode();
  return AnyCoupon();
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

uint32_t HistoryGenerator::PartitionOf(const HistoryCall& call) const {
  switch (call.kind) {
    case CallKind::kCreate:
    case CallKind::kUpdate:
    case CallKind::kMove:
    case CallKind::kGenerateCodes:
      return home_(call.campaign_id);
    case CallKind::kIssue:
      return call.items.front().user.partition(shape_);
    case CallKind::kCommit:
    case CallKind::kRelease:
    case CallKind::kRollback:
      return call.ref.partition % shape_.partitions;
    default:
      break;
  }
  if (call.user) return call.user->partition(shape_);
  const core::CouponName name = call.coupons.empty() ? call.coupon : call.coupons.front();
  if (const auto* number = std::get_if<core::CouponNumber>(&name)) return number->partition(shape_);
  const auto code = std::get<core::CodeNumber>(name);
  return call.coupons.empty() ? code.partition(shape_) : code.Bearer(shape_).partition(shape_);
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
  now_ = now;
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
  if (dice < 85) return GenerateCodes(now);
  if (dice < 110) return Bind(now);
  if (dice < 290) return Issue(now);
  if (dice < 340) return Revoke(now);
  if (dice < 380) return Use(CallKind::kValidate, Method::kRedeemCoupons, now);
  if (dice < 490) return Use(CallKind::kRedeem, Method::kRedeemCoupons, now);
  if (dice < 620) return Use(CallKind::kReserve, Method::kReserveCoupons, now);
  if (dice < 700) return Settle(CallKind::kCommit, Method::kCommitReservation, now);
  if (dice < 740) return Settle(CallKind::kRelease, Method::kReleaseReservation, now);
  if (dice < 810) return Settle(CallKind::kRollback, Method::kRollbackRedemption, now);
  if (dice < 870 && !past_.empty()) return Again();
  if (dice < 890) return AboutOperation(CallKind::kGetOperation, now);
  if (dice < 910) return AboutOperation(CallKind::kFence, now);
  if (dice < 915) return Read(CallKind::kListCampaigns);
  if (dice < 925) return Read(CallKind::kGetCampaign);
  if (dice < 945) return Read(CallKind::kGetCoupon);
  if (dice < 955) return Read(CallKind::kGetCode);
  if (dice < 970) return Read(CallKind::kListUserCoupons);
  if (dice < 977) return Read(CallKind::kGetRedemption);
  if (dice < 984) return Read(CallKind::kExplain);
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
      const core::UserKey user = call.kind == CallKind::kBind ? *call.user : call.items[i].user;
      Keep(coupons_, KnownCoupon{issued->number, user}, kCouponsInPlay);
      all_coupons_.push_back(issued->number);
    } else if (const auto* made = std::get_if<storage::GeneratedCodes>(&*answers[i])) {
      for (uint64_t n = 0; n < made->numbers.count; ++n) {
        const core::CodeNumber code{made->numbers.first + n * made->numbers.stride};
        Keep(codes_, code, kCouponsInPlay);
        all_codes_.push_back(code);
      }
    } else if (const auto* reservation = std::get_if<storage::Reservation>(&*answers[i])) {
      Keep(reservations_, reservation->ref, kRefsInPlay);
      reserved_[reservation->ref] = *reservation;
      FollowUp(*reservation);
    } else if (const auto* redemption = std::get_if<storage::Redemption>(&*answers[i])) {
      Keep(redemptions_, redemption->ref, kRefsInPlay);
      redeemed_[redemption->ref] = *redemption;
      for (const core::AppliedCoupon& applied : redemption->coupons) {
        all_coupons_.push_back(std::get<core::CouponNumber>(applied.key.name));
        used_.insert(all_coupons_.back());
      }
      FollowUp(*redemption);
    } else if (const auto* back = std::get_if<storage::RolledBack>(&*answers[i])) {
      for (const storage::ReturnedCoupon& coupon : back->coupons) {
        if (coupon.restored) used_.erase(coupon.coupon);
      }
    }
  }
}

}  // namespace tessera::contract
