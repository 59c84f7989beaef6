#include "api/parse_coupon.h"

#include <string_view>
#include <unordered_map>

#include "api/field_checker.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
namespace limits = core::limits;

template <class Request>
core::Result<IssueCoupon> ParseIssue(const Request& request) {
  FieldChecker check;
  IssueCoupon parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  parsed.user_id = check.Name("user_id", request.user_id(), limits::kUserIdLengthMax);
  return check.Answer(std::move(parsed));
}

storage::CouponState ParseState(pb::CouponState state) {
  switch (state) {
    case pb::COUPON_STATE_RESERVED:
      return storage::CouponState::kReserved;
    case pb::COUPON_STATE_REDEEMED:
      return storage::CouponState::kRedeemed;
    case pb::COUPON_STATE_EXPIRED:
      return storage::CouponState::kExpired;
    case pb::COUPON_STATE_REVOKED:
      return storage::CouponState::kRevoked;
    default:
      return storage::CouponState::kIssued;
  }
}

}  // namespace

storage::ReservedPolicy ParseReservedPolicy(FieldChecker& check, const FieldPath& path,
                                            pb::ReservedPolicy policy) {
  const auto chosen = check.ChoiceOr(path, policy, pb::ReservedPolicy_IsValid, pb::RESERVED_POLICY_WAIT);
  return chosen == pb::RESERVED_POLICY_BREAK ? storage::ReservedPolicy::kBreak
                                             : storage::ReservedPolicy::kWait;
}

core::Result<IssueCoupon> Parse(const pb::IssueCouponRequest& request) { return ParseIssue(request); }
core::Result<IssueCoupon> Parse(const pb::ClaimCouponRequest& request) { return ParseIssue(request); }

core::Result<BatchIssueCoupons> Parse(const pb::BatchIssueCouponsRequest& request) {
  FieldChecker check;
  BatchIssueCoupons parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  const size_t count = static_cast<size_t>(request.items_size());
  if (count == 0 || count > limits::kBatchItemsMax) {
    check.Fail("items", "must have 1 to " + std::to_string(limits::kBatchItemsMax) + " entries");
  }
  const FieldPath items = "items";
  std::unordered_map<std::string_view, int> seen;
  for (int i = 0; check.ok() && i < request.items_size(); ++i) {
    const FieldPath item = items.At(i);
    const std::string& user_id = request.items(i).user_id();
    parsed.user_ids.push_back(check.Name(item.Field("user_id"), user_id, limits::kUserIdLengthMax));
    const auto [first, is_new] = seen.try_emplace(user_id, i);
    if (!is_new)
      check.Fail(item.Field("user_id"),
                 "must not repeat items[" + std::to_string(first->second) + "].user_id");
  }
  return check.Answer(std::move(parsed));
}

core::Result<ListUserCoupons> Parse(const pb::ListUserCouponsRequest& request) {
  FieldChecker check;
  ListUserCoupons parsed;
  parsed.user_id = check.Name("user_id", request.user_id(), limits::kUserIdLengthMax);
  if (request.state() != pb::COUPON_STATE_UNSPECIFIED) {
    parsed.state = ParseState(check.Choice("state", request.state(), pb::CouponState_IsValid));
  }
  if (!request.campaign_id().empty())
    parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  parsed.page_size = check.PageSize(request.page_size());
  return check.Answer(std::move(parsed));
}

core::Result<TypedCoupon> Parse(const pb::GetCouponRequest& request) {
  return ParseCoupon(request.coupon(), "coupon");
}

core::Result<RevokeCoupon> Parse(const pb::RevokeCouponRequest& request) {
  FieldChecker check;
  RevokeCoupon parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.coupon = check.Take(ParseCoupon(request.coupon(), "coupon"));
  parsed.reason = check.Choice("reason", request.reason(), pb::RevokeReason_IsValid);
  parsed.reserved_policy = ParseReservedPolicy(check, "reserved_policy", request.reserved_policy());
  parsed.return_stock = request.return_stock();
  return check.Answer(std::move(parsed));
}

core::Result<GenerateCodes> Parse(const pb::GenerateCodesRequest& request) {
  FieldChecker check;
  GenerateCodes parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  parsed.count = static_cast<int32_t>(check.Number("count", request.count(), 1, limits::kCodesPerCallMax));
  return check.Answer(std::move(parsed));
}

core::Result<BindCode> Parse(const pb::BindCodeRequest& request) {
  FieldChecker check;
  BindCode parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.code = check.Take(ParseCode(request.code(), "code"));
  parsed.user_id = check.Name("user_id", request.user_id(), limits::kUserIdLengthMax);
  return check.Answer(std::move(parsed));
}

}  // namespace tessera::api
