#include "api/parse_operation.h"

#include <array>
#include <optional>

#include "api/field_checker.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
using storage::Method;

constexpr std::array kMethods = {
    Method::kCreateCampaign,     Method::kUpdateCampaign,    Method::kActivateCampaign,
    Method::kPauseCampaign,      Method::kResumeCampaign,    Method::kEndCampaign,
    Method::kIssueCoupon,        Method::kClaimCoupon,       Method::kBatchIssueCoupons,
    Method::kRevokeCoupon,       Method::kGenerateCodes,     Method::kBindCode,
    Method::kImportCodes,        Method::kCreateJob,         Method::kRedeemCoupons,
    Method::kReserveCoupons,     Method::kCommitReservation, Method::kReleaseReservation,
    Method::kRollbackRedemption,
};

std::optional<Method> ParseMethod(pb::Method method) {
  for (const Method known : kMethods) {
    if (ToProto(known) == method) return known;
  }
  return std::nullopt;
}

// What a subject of this method may be, and how to say so.
struct SubjectRule {
  bool user = false;
  bool campaign = false;
  bool coupon = false;
  bool reservation = false;
  bool redemption = false;
  const char* must = "";
};

SubjectRule RuleOf(Method method) {
  switch (method) {
    case Method::kCreateCampaign:
    case Method::kUpdateCampaign:
    case Method::kActivateCampaign:
    case Method::kPauseCampaign:
    case Method::kResumeCampaign:
    case Method::kEndCampaign:
    case Method::kGenerateCodes:
    case Method::kImportCodes:
    case Method::kCreateJob:
      return {.campaign = true, .must = "must have campaign_id for this method"};
    case Method::kIssueCoupon:
    case Method::kClaimCoupon:
    case Method::kBatchIssueCoupons:
    case Method::kBindCode:
      return {.user = true, .must = "must have user_id for this method"};
    case Method::kRevokeCoupon:
      return {.coupon = true, .must = "must have coupon for this method"};
    case Method::kRedeemCoupons:
    case Method::kReserveCoupons:
      return {.user = true, .coupon = true, .must = "must have user_id or coupon for this method"};
    case Method::kCommitReservation:
    case Method::kReleaseReservation:
      return {.reservation = true, .must = "must have reservation_id for this method"};
    case Method::kRollbackRedemption:
      return {.redemption = true, .must = "must have redemption_id for this method"};
  }
  return {};
}

core::OpRef ParseRef(FieldChecker& check, const FieldPath& path, const std::string& id, char kind,
                     const core::Shape& shape) {
  const auto ref = core::OpRef::FromId(kind, id);
  if (ref && ref->partition < shape.partitions) return *ref;
  check.Fail(path, "must be an id that a call answered");
  return {};
}

// `code` becomes the code that names it, if one does.
Subject ParseSubject(FieldChecker& check, const FieldPath& path, const pb::OperationKey& key, Method method,
                     const SubjectReader& reader, std::optional<TypedCode>* code) {
  const SubjectRule rule = RuleOf(method);
  switch (key.subject_case()) {
    case pb::OperationKey::kUserId:
      if (!rule.user) break;
      return reader.users.MakeUserKey(
          check.Name(path.Field("user_id"), key.user_id(), core::limits::kUserIdLengthMax));
    case pb::OperationKey::kCampaignId:
      if (!rule.campaign) break;
      return CampaignSubject{check.CampaignId(path.Field("campaign_id"), key.campaign_id())};
    case pb::OperationKey::kCoupon: {
      if (!rule.coupon) break;
      TypedCoupon coupon = check.Take(ParseCoupon(key.coupon(), path.Field("coupon")));
      if (const auto* number = std::get_if<core::CouponNumber>(&coupon)) return *number;
      *code = std::get<TypedCode>(std::move(coupon));
      return CampaignSubject{};
    }
    case pb::OperationKey::kReservationId:
      if (!rule.reservation) break;
      return ReservationSubject{
          ParseRef(check, path.Field("reservation_id"), key.reservation_id(), 'h', reader.shape)};
    case pb::OperationKey::kRedemptionId:
      if (!rule.redemption) break;
      return RedemptionSubject{
          ParseRef(check, path.Field("redemption_id"), key.redemption_id(), 'r', reader.shape)};
    case pb::OperationKey::SUBJECT_NOT_SET:
      if (method == Method::kCreateCampaign) return CampaignSubject{};
      break;
  }
  check.Fail(path, rule.must);
  return CampaignSubject{};
}

}  // namespace

core::Result<OperationKey> Parse(const pb::OperationKey& key, const SubjectReader& reader) {
  FieldChecker check;
  const FieldPath path = "operation";
  OperationKey parsed;
  parsed.request_id =
      check.Take(core::RequestId::Parse(key.request_id(), path.Field("request_id").ToString()));
  const auto method = ParseMethod(key.method());
  if (!method) check.Fail(path.Field("method"), "must be one of its enum's values");
  if (method) {
    parsed.method = *method;
    parsed.subject = ParseSubject(check, path, key, *method, reader, &parsed.code);
  }
  return check.Answer(std::move(parsed));
}

pb::Method ToProto(Method method) {
  switch (method) {
    case Method::kCreateCampaign:
      return pb::METHOD_CREATE_CAMPAIGN;
    case Method::kUpdateCampaign:
      return pb::METHOD_UPDATE_CAMPAIGN;
    case Method::kActivateCampaign:
      return pb::METHOD_ACTIVATE_CAMPAIGN;
    case Method::kPauseCampaign:
      return pb::METHOD_PAUSE_CAMPAIGN;
    case Method::kResumeCampaign:
      return pb::METHOD_RESUME_CAMPAIGN;
    case Method::kEndCampaign:
      return pb::METHOD_END_CAMPAIGN;
    case Method::kIssueCoupon:
      return pb::METHOD_ISSUE_COUPON;
    case Method::kClaimCoupon:
      return pb::METHOD_CLAIM_COUPON;
    case Method::kBatchIssueCoupons:
      return pb::METHOD_BATCH_ISSUE_COUPONS;
    case Method::kRevokeCoupon:
      return pb::METHOD_REVOKE_COUPON;
    case Method::kGenerateCodes:
      return pb::METHOD_GENERATE_CODES;
    case Method::kBindCode:
      return pb::METHOD_BIND_CODE;
    case Method::kCreateJob:
      return pb::METHOD_CREATE_JOB;
    case Method::kImportCodes:
      return pb::METHOD_IMPORT_CODES;
    case Method::kRedeemCoupons:
      return pb::METHOD_REDEEM_COUPONS;
    case Method::kReserveCoupons:
      return pb::METHOD_RESERVE_COUPONS;
    case Method::kCommitReservation:
      return pb::METHOD_COMMIT_RESERVATION;
    case Method::kReleaseReservation:
      return pb::METHOD_RELEASE_RESERVATION;
    case Method::kRollbackRedemption:
      return pb::METHOD_ROLLBACK_REDEMPTION;
  }
  return pb::METHOD_UNSPECIFIED;
}

}  // namespace tessera::api
