#include "api/convert_operation.h"

#include "api/convert_campaign.h"
#include "api/convert_coupon.h"
#include "api/convert_job.h"
#include "api/convert_redemption.h"
#include "api/numbered_id.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
using storage::Method;

pb::OperationState StateOf(storage::OperationState state) {
  switch (state) {
    case storage::OperationState::kUnknown:
      return pb::OPERATION_STATE_UNKNOWN;
    case storage::OperationState::kCommitted:
      return pb::OPERATION_STATE_COMMITTED;
    case storage::OperationState::kFenced:
      return pb::OPERATION_STATE_FENCED;
    case storage::OperationState::kTooOld:
      return pb::OPERATION_STATE_TOO_OLD;
  }
  return pb::OPERATION_STATE_UNSPECIFIED;
}

// Hands the outcome to `set` if it is a T; says whether it was.
template <class T, class Set>
bool With(const storage::Outcome& outcome, Set set) {
  const T* held = std::get_if<T>(&outcome);
  if (held != nullptr) set(*held);
  return held != nullptr;
}

template <class Response>
bool SetChange(const storage::Outcome& outcome, Response* out) {
  return With<storage::CampaignChanged>(outcome,
                                        [&](const auto& x) { *out = ToChangeResponse<Response>(x); });
}

template <class Response>
bool SetIssue(const storage::Outcome& outcome, const core::CodeBook& codes, Response* out) {
  return With<storage::Issued>(outcome, [&](const auto& x) { *out = ToIssueResponse<Response>(x, codes); });
}

bool SetResult(pb::Operation* out, const storage::Outcome& outcome, Method method,
               const core::CodeBook& codes) {
  switch (method) {
    case Method::kCreateCampaign:
      return SetChange(outcome, out->mutable_create_campaign());
    case Method::kUpdateCampaign:
      return SetChange(outcome, out->mutable_update_campaign());
    case Method::kActivateCampaign:
      return SetChange(outcome, out->mutable_activate_campaign());
    case Method::kPauseCampaign:
      return SetChange(outcome, out->mutable_pause_campaign());
    case Method::kResumeCampaign:
      return SetChange(outcome, out->mutable_resume_campaign());
    case Method::kEndCampaign:
      return SetChange(outcome, out->mutable_end_campaign());
    case Method::kIssueCoupon:
      return SetIssue(outcome, codes, out->mutable_issue_coupon());
    case Method::kClaimCoupon:
      return SetIssue(outcome, codes, out->mutable_claim_coupon());
    case Method::kBatchIssueCoupons:
      return With<storage::Issued>(outcome, [&](const auto& x) {
        *out->mutable_batch_issue_coupons()->mutable_coupon() = ToProto(x, codes);
      });
    case Method::kRevokeCoupon:
      return With<storage::Revoked>(outcome,
                                    [&](const auto& x) { *out->mutable_revoke_coupon() = ToProto(x); });
    case Method::kGenerateCodes:
      return With<storage::GeneratedCodes>(
          outcome, [&](const auto& x) { *out->mutable_generate_codes() = ToProto(x, codes); });
    case Method::kBindCode:
      return With<storage::Issued>(
          outcome, [&](const auto& x) { *out->mutable_bind_code()->mutable_coupon() = ToProto(x, codes); });
    case Method::kCreateJob:
      return With<storage::JobCreated>(outcome,
                                       [&](const auto& x) { *out->mutable_create_job() = ToProto(x); });
    case Method::kImportCodes:
      return With<storage::GeneratedCodes>(
          outcome, [&](const auto& x) { out->mutable_import_codes()->set_batch_id(BatchId(x.batch)); });
    case Method::kRedeemCoupons:
      return With<storage::Redemption>(
          outcome, [&](const auto& x) { *out->mutable_redeem_coupons() = ToRedeemResponse(x); });
    case Method::kReserveCoupons:
      return With<storage::Reservation>(
          outcome, [&](const auto& x) { *out->mutable_reserve_coupons() = ToReserveResponse(x); });
    case Method::kCommitReservation:
      return With<storage::Redemption>(
          outcome, [&](const auto& x) { *out->mutable_commit_reservation() = ToCommitResponse(x); });
    case Method::kReleaseReservation:
      return With<storage::Released>(
          outcome, [&](const auto& x) { *out->mutable_release_reservation() = ToProto(x); });
    case Method::kRollbackRedemption:
      return With<storage::RolledBack>(
          outcome, [&](const auto& x) { *out->mutable_rollback_redemption() = ToRollbackResponse(x); });
  }
  return false;
}

}  // namespace

core::Result<pb::Operation> ToProto(const storage::OperationStatus& status, Method method,
                                    const core::CodeBook& codes) {
  pb::Operation out;
  out.set_state(StateOf(status.state));
  if (status.state != storage::OperationState::kCommitted) return out;
  if (!status.outcome || !SetResult(&out, *status.outcome, method, codes)) {
    return core::Error(core::Reason::kStoreNonsense, "the call's record cannot be read")
        .Because("no outcome of " + std::string(storage::MethodName(method)));
  }
  return out;
}

}  // namespace tessera::api
