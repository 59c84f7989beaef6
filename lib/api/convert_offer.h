#pragma once

#include "core/offer.h"
#include "coupon/v1/offer.pb.h"

// Offers between the words of the core and those of coupon.v1. Pure, any thread.
namespace tessera::api {

// The same offer gives the same bytes.
coupon::v1::Offer ToProto(const core::Offer& offer);

// The offer as it stands, for its reader to judge: parse_offer.h by the rules for input, definition_codec.h
// by what can be computed with. No benefit reads as a share of nothing, an enum's value that this version
// does not know as its default, and a day that is none as -1.
core::Offer FromProto(const coupon::v1::Offer& offer, const core::Currency& currency);

}  // namespace tessera::api
