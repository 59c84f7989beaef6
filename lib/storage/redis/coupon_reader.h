#pragma once

#include <optional>

#include "storage/coupon_store.h"
#include "storage/redis/backend.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/records.h"

namespace tessera::storage {

// Reads coupons without judging them. Loop thread only.
class CouponReader {
 public:
  CouponReader(const Backend& backend, CampaignDirectory& directory)
      : backend_(backend), directory_(directory) {}

  // COUPON_NOT_FOUND. The coupon as it is stored: time may have passed it by.
  async::Task<core::Result<StoredCoupon>> Read(core::CouponNumber number, Deadline deadline) const;

  // The same as it stands at `now_ms`.
  async::Task<core::Result<Coupon>> Open(core::CouponNumber number, StoredCoupon stored,
                                         core::InstantMs now_ms, Deadline deadline) const;

  async::Task<core::Result<Coupon>> Get(core::CouponNumber number, Deadline deadline) const;
  async::Task<core::Result<WalletPage>> List(WalletQuery query) const;

 private:
  const Backend& backend_;
  CampaignDirectory& directory_;
};

}  // namespace tessera::storage
