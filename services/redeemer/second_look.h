#pragma once

#include "coupon/v1/judgement.pb.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// Makes a redemption's decision again from what was stored with it, and compares the bytes. Coupons that were
// left out are not judged again: what stood against them may be over. Pure, any thread.
coupon::v1::ExplainRedemptionResponse LookAgain(const storage::Explanation& explanation);

}  // namespace tessera::redeemer
