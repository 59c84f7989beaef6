#pragma once

#include <string>
#include <vector>

#include "core/code.h"
#include "coupon/v1/coupon.pb.h"
#include "coupon/v1/issuer_service.pb.h"
#include "storage/code_store.h"
#include "storage/coupon_store.h"
#include "storage/operation.h"

// Coupons in the words of coupon.v1. Pure, any thread.
namespace tessera::api {

// The code is the one that was answered first, or after its key was retired the one of the current key.
coupon::v1::IssuedCoupon ToProto(const storage::Issued& issued, const core::CodeBook& codes);
coupon::v1::Quota ToProto(const storage::QuotaLeft& quota);
coupon::v1::Coupon ToProto(const storage::Coupon& coupon, const core::CodeBook& codes);
// A coupon that its code is still to become.
coupon::v1::Coupon ToProto(const storage::CodeView& code, core::CodeNumber number,
                           const core::CodeBook& codes);
// Codes that belong to nobody, as printed: under `key_id`, or after that key was retired under the current
// one.
std::vector<std::string> TextsOf(const core::NumberRow& row, uint8_t key_id, const core::CodeBook& codes);
coupon::v1::GenerateCodesResponse ToProto(const storage::GeneratedCodes& made, const core::CodeBook& codes);
coupon::v1::RevokeCouponResponse ToProto(const storage::Revoked& revoked);

// The answer of IssueCoupon and of ClaimCoupon: they have the same fields.
template <class Response>
Response ToIssueResponse(const storage::Issued& issued, const core::CodeBook& codes) {
  Response response;
  *response.mutable_coupon() = ToProto(issued, codes);
  *response.mutable_quota() = ToProto(issued.quota);
  return response;
}

}  // namespace tessera::api
