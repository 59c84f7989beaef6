#pragma once

#include "api/field_checker.h"
#include "api/field_path.h"
#include "core/offer.h"
#include "coupon/v1/offer.pb.h"

namespace tessera::api {

// The offer at `path`, in words of the core; what is wrong with it is told to `check`. Its ranges are
// core::CheckOffer's, whose paths are spelled as the contract's fields are. Pure, any thread.
core::Offer ParseOffer(FieldChecker& check, const FieldPath& path, const coupon::v1::Offer& offer,
                       const core::Currency& currency);

}  // namespace tessera::api
