#pragma once

#include <string>

#include "coupon/v1/analytics_service.pb.h"
#include "coupon/v1/campaign_service.pb.h"
#include "coupon/v1/issuer_service.pb.h"
#include "coupon/v1/redeemer_service.pb.h"

namespace tessera::couponctl {

// Answers as text for people.
std::string TextOf(const coupon::v1::Campaign& campaign);
std::string TextOf(const coupon::v1::ListCampaignsResponse& answer);
std::string TextOf(const coupon::v1::IssuedCoupon& coupon);
std::string TextOf(const coupon::v1::ClaimCouponResponse& answer);
std::string TextOf(const coupon::v1::GenerateCodesResponse& answer);
std::string TextOf(const coupon::v1::ListUserCouponsResponse& answer);
std::string TextOf(const coupon::v1::ValidateCouponsResponse& answer);
std::string TextOf(const coupon::v1::Redemption& redemption);
std::string TextOf(const coupon::v1::Reservation& reservation);
std::string TextOf(const coupon::v1::ReleaseReservationResponse& answer);
std::string TextOf(const coupon::v1::Rollback& rollback);
std::string TextOf(const coupon::v1::Operation& operation);
std::string TextOf(const coupon::v1::CampaignStats& stats);

}  // namespace tessera::couponctl
