#include "storage/operation.h"

namespace tessera::storage {

std::string_view MethodName(Method method) {
  switch (method) {
    case Method::kCreateCampaign:
      return "CreateCampaign";
    case Method::kUpdateCampaign:
      return "UpdateCampaign";
    case Method::kActivateCampaign:
      return "ActivateCampaign";
    case Method::kPauseCampaign:
      return "PauseCampaign";
    case Method::kResumeCampaign:
      return "ResumeCampaign";
    case Method::kEndCampaign:
      return "EndCampaign";
    case Method::kIssueCoupon:
      return "IssueCoupon";
    case Method::kClaimCoupon:
      return "ClaimCoupon";
    case Method::kBatchIssueCoupons:
      return "BatchIssueCoupons";
    case Method::kRevokeCoupon:
      return "RevokeCoupon";
    case Method::kGenerateCodes:
      return "GenerateCodes";
    case Method::kBindCode:
      return "BindCode";
    case Method::kImportCodes:
      return "ImportCodes";
    case Method::kCreateJob:
      return "CreateJob";
    case Method::kRedeemCoupons:
      return "RedeemCoupons";
    case Method::kReserveCoupons:
      return "ReserveCoupons";
    case Method::kCommitReservation:
      return "CommitReservation";
    case Method::kReleaseReservation:
      return "ReleaseReservation";
    case Method::kRollbackRedemption:
      return "RollbackRedemption";
  }
  return "";
}

bool IssuesCoupons(Method method) {
  return method == Method::kIssueCoupon || method == Method::kClaimCoupon ||
         method == Method::kBatchIssueCoupons;
}

core::Retention RetentionOf(Method method) {
  return method >= Method::kRedeemCoupons ? core::Retention::kLong : core::Retention::kShort;
}

}  // namespace tessera::storage
