#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  // Coupons along a user's chain, newest first, by index.
  struct Stretch {
    std::vector<std::pair<uint64_t, StoredCoupon>> coupons;
    uint64_t next = 0;  // the index of the coupon that comes next, plus one; 0 at the end
    core::InstantMs now_ms = 0;
    int64_t fields = 0;  // of the bucket
  };
  // Where a chain is read: the wallet's key; the user, who matters where it begins; and `from`, as a cursor.
  struct ChainPlace {
    std::string wallet;
    std::string_view user;
    std::string from;
  };
  async::Task<core::Result<Stretch>> ReadChain(ChainPlace place, int count, Deadline deadline) const;
  // All that come after a stretch, with the whole bucket; as of the stretch's time, or somewhat newer.
  async::Task<core::Result<Stretch>> ReadRest(std::string wallet, uint64_t next, core::InstantMs now_ms,
                                              Deadline deadline) const;

  // Adds the campaign to the page's if the partition judges by the version that is known. The page must
  // outlive the Task.
  async::Task<void> Check(uint32_t partition, KnownCampaignPtr known, Deadline deadline,
                          WalletPage* page) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
};

}  // namespace tessera::storage
