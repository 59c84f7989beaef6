#include "tests/e2e/chaos_caller.h"

#include <iterator>
#include <type_traits>
#include <utility>

namespace tessera::e2e {
namespace {

using std::chrono::milliseconds;

constexpr int kUsers = 4;
// An effect may bear an instant this much later than its call's deadline: the time-out travels as a duration,
// so the way to the service comes on top of it. The test stops Redis for much longer.
constexpr int64_t kLateMaxMs = 400;
constexpr int64_t kHoldSeconds = int64_t{24} * 3600;

int64_t Millis(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() * 1000 + timestamp.nanos() / 1'000'000;
}

// When a change took effect, by Redis' clock, which is this machine's.
int64_t EffectMs(const pb::ClaimCouponResponse& r) { return Millis(r.coupon().issue_time()); }
int64_t EffectMs(const pb::RedeemCouponsResponse& r) { return Millis(r.redemption().redeem_time()); }
int64_t EffectMs(const pb::ReserveCouponsResponse& r) {
  return Millis(r.reservation().expire_time()) - kHoldSeconds * 1000;
}
int64_t EffectMs(const pb::CommitReservationResponse& r) { return Millis(r.redemption().redeem_time()); }
int64_t EffectMs(const pb::ReleaseReservationResponse& r) { return Millis(r.release_time()); }
int64_t EffectMs(const pb::RollbackRedemptionResponse& r) { return Millis(r.rollback().rollback_time()); }

// The answer that an operation remembers.
template <class Response>
const Response& ResultOf(const pb::Operation& operation) {
  if constexpr (std::is_same_v<Response, pb::ClaimCouponResponse>) {
    return operation.claim_coupon();
  } else if constexpr (std::is_same_v<Response, pb::RedeemCouponsResponse>) {
    return operation.redeem_coupons();
  } else if constexpr (std::is_same_v<Response, pb::ReserveCouponsResponse>) {
    return operation.reserve_coupons();
  } else if constexpr (std::is_same_v<Response, pb::CommitReservationResponse>) {
    return operation.commit_reservation();
  } else if constexpr (std::is_same_v<Response, pb::ReleaseReservationResponse>) {
    return operation.release_reservation();
  } else {
    return operation.rollback_redemption();
  }
}

pb::OperationKey KeyOf(const std::string& request_id, pb::Method method) {
  pb::OperationKey key;
  key.set_request_id(request_id);
  key.set_method(method);
  return key;
}

}  // namespace

void ChaosCounts::Add(const ChaosCounts& other) {
  calls += other.calls;
  unknown += other.unknown;
  took_effect += other.took_effect;
  named_too_late += other.named_too_late;
  issued += other.issued;
  reserved += other.reserved;
  released += other.released;
  redeemed += other.redeemed;
  rolled_back += other.rolled_back;
  reserved_now += other.reserved_now;
  redeemed_now += other.redeemed_now;
  discount_minor += other.discount_minor;
}

ChaosCaller::ChaosCaller(testing::Deployment& deployment, const testing::CutProxy& issuer,
                         const testing::CutProxy& redeemer, std::string campaign_id, int number)
    : campaign_id_(std::move(campaign_id)),
      name_(std::to_string(number)),
      through_({issuer.address(), redeemer.address(), deployment.analytics().grpc_address(),
                deployment.token("ADMIN")}),
      hasty_(deployment),
      patient_(deployment),
      random_(static_cast<uint64_t>(number) + 1) {
  through_.caller.tries_max = 1;
  hasty_.caller.tries_max = 1;
  patient_.caller.tries_max = 100'000;
}

void ChaosCaller::Fault(const std::string& what) { faults_.push_back("caller " + name_ + ": " + what); }

template <class Response, class Request>
std::optional<Response> ChaosCaller::Repeat(const Request& request) {
  Response answer;
  const grpc::Status status = patient_.Call(request, &answer);
  if (status.ok()) return answer;
  Fault(Request::descriptor()->name() + " again: " + load::RefusalLabel(status));
  return std::nullopt;
}

template <class Response, class Request>
std::optional<Response> ChaosCaller::Fence(const Request& request, const pb::OperationKey& key) {
  pb::GetOperationRequest get;
  pb::GetOperationResponse got;
  *get.mutable_operation() = key;
  const grpc::Status asked = patient_.Call(get, &got);
  pb::FenceOperationRequest fence;
  pb::FenceOperationResponse fenced;
  *fence.mutable_operation() = key;
  const grpc::Status told = patient_.Call(fence, &fenced);
  if (!asked.ok() || !told.ok()) {
    Fault("asking: " + load::RefusalLabel(asked) + ", fencing: " + load::RefusalLabel(told));
    return std::nullopt;
  }
  const pb::Operation& operation = fenced.operation();
  const bool committed = operation.state() == pb::OPERATION_STATE_COMMITTED;
  if (!committed && operation.state() != pb::OPERATION_STATE_FENCED) {
    Fault("a fence answers " + operation.ShortDebugString());
  }
  if (got.operation().state() == pb::OPERATION_STATE_COMMITTED &&
      got.operation().SerializeAsString() != operation.SerializeAsString()) {
    Fault("what took effect is gone: " + got.operation().ShortDebugString());
  }
  Response again;
  const grpc::Status repeated = patient_.Call(request, &again);
  if (!committed) {
    if (load::RefusalOf(repeated).reason != "OPERATION_FENCED") {
      Fault("what was fenced is answered " + load::RefusalLabel(repeated));
    }
    return std::nullopt;
  }
  const Response& result = ResultOf<Response>(operation);
  if (!repeated.ok() || again.SerializeAsString() != result.SerializeAsString()) {
    Fault("what took effect is answered " + load::RefusalLabel(repeated) + " " + again.ShortDebugString());
  }
  return result;
}

template <class Response, class Request>
std::optional<Response> ChaosCaller::Change(const Request& request, const pb::OperationKey& key) {
  ++counts_.calls;
  const bool straight = Random(3) == 0;
  TesseraClient& client = straight ? hasty_ : through_;
  client.caller.try_timeout = milliseconds(20 + Random(300));
  const int64_t late_ms = load::NowMillis() + client.caller.try_timeout.count() + kLateMaxMs;
  Response answer;
  const grpc::Status first = client.Call(request, &answer);
  const bool unknown = !first.ok();
  const bool too_late = load::RefusalOf(first).reason == "DEADLINE_PASSED";
  // A repetition may be what takes effect, so it tells nothing about the call before.
  const bool asks = straight || too_late || Random(3) > 0;
  std::optional<Response> outcome = answer;
  if (unknown) {
    ++counts_.unknown;
    counts_.named_too_late += too_late ? 1 : 0;
    if (!load::WorthRetrying(first)) {
      Fault(Request::descriptor()->name() + " was refused: " + load::RefusalLabel(first));
    }
    outcome = asks ? Fence<Response>(request, key) : Repeat<Response>(request);
    if (!outcome) return std::nullopt;
    ++counts_.took_effect;
  }
  if (unknown && !asks) return outcome;
  if (too_late) Fault("a call that was called too late took effect");
  if (straight && EffectMs(*outcome) > late_ms) {
    Fault("an effect " + std::to_string(EffectMs(*outcome) - late_ms + kLateMaxMs) +
          " ms after its deadline");
  }
  return outcome;
}

void ChaosCaller::Act() {
  // Half of the calls claim until there is enough to play with.
  if (held_.empty() || Random(3) == 0) return Claim();
  auto chosen = std::next(held_.begin(), Random(static_cast<int64_t>(held_.size())));
  Held& held = chosen->second;
  switch (held.state) {
    case pb::COUPON_STATE_AVAILABLE:
      return Random(2) == 0 ? Reserve(held) : Redeem(held);
    case pb::COUPON_STATE_RESERVED:
      return Random(2) == 0 ? Commit(held) : Release(held);
    default:
      return RollBack(held);
  }
}

void ChaosCaller::Claim() {
  const std::string user_id = "user-" + name_ + "-" + std::to_string(Random(kUsers));
  const pb::ClaimCouponRequest request = patient_.ClaimOf(campaign_id_, user_id);
  pb::OperationKey key = KeyOf(request.request_id(), pb::METHOD_CLAIM_COUPON);
  key.set_user_id(user_id);
  const auto claimed = Change<pb::ClaimCouponResponse>(request, key);
  if (!claimed) return;
  ++counts_.issued;
  Held held;
  held.user_id = user_id;
  held.code = claimed->coupon().code();
  if (!held_.emplace(claimed->coupon().coupon_id(), held).second) Fault("one coupon was issued twice");
}

void ChaosCaller::Reserve(Held& held) {
  const pb::ReserveCouponsRequest request = patient_.ReserveOf(held.code, NewOrder(), kHoldSeconds);
  pb::OperationKey key = KeyOf(request.request_id(), pb::METHOD_RESERVE_COUPONS);
  key.mutable_coupon()->set_code(held.code);
  const auto reserved = Change<pb::ReserveCouponsResponse>(request, key);
  if (!reserved) return;
  ++counts_.reserved;
  held.state = pb::COUPON_STATE_RESERVED;
  held.reservation = reserved->reservation();
}

void ChaosCaller::Redeemed(Held& held, const pb::Redemption& redemption) {
  ++counts_.redeemed;
  counts_.discount_minor += redemption.discount().amount_minor();
  held.state = pb::COUPON_STATE_REDEEMED;
  held.redemption = redemption;
}

void ChaosCaller::Redeem(Held& held) {
  const pb::RedeemCouponsRequest request = patient_.RedeemOf(held.code, NewOrder(), 1000 + Random(9000));
  pb::OperationKey key = KeyOf(request.request_id(), pb::METHOD_REDEEM_COUPONS);
  key.mutable_coupon()->set_code(held.code);
  const auto redeemed = Change<pb::RedeemCouponsResponse>(request, key);
  if (redeemed) Redeemed(held, redeemed->redemption());
}

void ChaosCaller::Commit(Held& held) {
  pb::CommitReservationRequest request;
  request.set_request_id(patient_.NextId());
  request.set_reservation_id(held.reservation.reservation_id());
  request.set_order_id(held.reservation.order_id());
  *request.mutable_discount() = held.reservation.discount();
  pb::OperationKey key = KeyOf(request.request_id(), pb::METHOD_COMMIT_RESERVATION);
  key.set_reservation_id(request.reservation_id());
  const auto committed = Change<pb::CommitReservationResponse>(request, key);
  if (committed) Redeemed(held, committed->redemption());
}

void ChaosCaller::Release(Held& held) {
  pb::ReleaseReservationRequest request;
  request.set_request_id(patient_.NextId());
  request.set_reservation_id(held.reservation.reservation_id());
  pb::OperationKey key = KeyOf(request.request_id(), pb::METHOD_RELEASE_RESERVATION);
  key.set_reservation_id(request.reservation_id());
  if (!Change<pb::ReleaseReservationResponse>(request, key)) return;
  ++counts_.released;
  held.state = pb::COUPON_STATE_AVAILABLE;
}

void ChaosCaller::RollBack(Held& held) {
  pb::RollbackRedemptionRequest request;
  request.set_request_id(patient_.NextId());
  request.set_redemption_id(held.redemption.redemption_id());
  pb::OperationKey key = KeyOf(request.request_id(), pb::METHOD_ROLLBACK_REDEMPTION);
  key.set_redemption_id(request.redemption_id());
  if (!Change<pb::RollbackRedemptionResponse>(request, key)) return;
  ++counts_.rolled_back;
  counts_.discount_minor -= held.redemption.discount().amount_minor();
  held.state = pb::COUPON_STATE_AVAILABLE;
}

ChaosCounts ChaosCaller::Counts() const {
  ChaosCounts counts = counts_;
  for (const auto& [coupon_id, held] : held_) {
    counts.reserved_now += held.state == pb::COUPON_STATE_RESERVED ? 1 : 0;
    counts.redeemed_now += held.state == pb::COUPON_STATE_REDEEMED ? 1 : 0;
  }
  return counts;
}

void ChaosCaller::CheckWallets() {
  size_t listed = 0;
  for (int user = 0; user < kUsers; ++user) {
    pb::ListUserCouponsRequest request;
    request.set_user_id("user-" + name_ + "-" + std::to_string(user));
    request.set_page_size(1000);
    pb::ListUserCouponsResponse page;
    do {
      request.set_page_token(page.next_page_token());
      const grpc::Status status = patient_.Call(request, &page);
      if (!status.ok()) return Fault("a wallet: " + load::RefusalLabel(status));
      for (const pb::Coupon& coupon : page.coupons()) {
        ++listed;
        const auto known = held_.find(coupon.coupon_id());
        if (known == held_.end()) {
          Fault("a coupon that nobody knows: " + coupon.coupon_id());
          continue;
        }
        const Held& held = known->second;
        const bool redeemed = held.state == pb::COUPON_STATE_REDEEMED;
        const bool same = coupon.state() == held.state && held.user_id == request.user_id() &&
                          coupon.redemption_id() == (redeemed ? held.redemption.redemption_id() : "");
        if (!same)
          Fault("not in state " + pb::CouponState_Name(held.state) + ": " + coupon.ShortDebugString());
      }
    } while (!page.next_page_token().empty());
  }
  if (listed != held_.size()) {
    Fault(std::to_string(listed) + " coupons in its wallets, not " + std::to_string(held_.size()));
  }
}

}  // namespace tessera::e2e
