// The Redis adapter as a store under test: a namespace of its own on a real redis-server of the test
// program's.
#pragma once

#include <memory>

#include "crypto/digest.h"
#include "storage/redis/keys.h"
#include "storage/redis/redis_store.h"
#include "store_under_test.h"

namespace tessera::contract {

class RedisUnderTest : public StoreUnderTest {
 public:
  // Makes a fresh namespace of `shape`.
  RedisUnderTest(const redis::Config& redis, core::Shape shape);
  ~RedisUnderTest() override;

  storage::CampaignStore& campaigns() override { return *store_; }
  storage::CouponStore& coupons() override { return *store_; }
  storage::RedemptionStore& redemptions() override { return *store_; }
  storage::LedgerStore& ledger() override { return *store_; }
  storage::Sweeper& sweeper() override { return *store_; }

  core::Shape shape() const override { return keys_.shape(); }
  uint32_t HomeOf(const std::string& campaign_id) const override { return keys_.Home(campaign_id); }
  // Redis runs on this machine and tells this machine's time.
  core::InstantMs Now() override;
  void WaitUntil(core::InstantMs t) override;

 private:
  const std::string name_;
  const storage::Keys keys_;
  const crypto::RequestDigests digests_;
  std::unique_ptr<storage::RedisStore> store_;
};

// Where the program's own redis-server listens; it is started by the first call and ends with the program.
redis::Config SingleRedis();

}  // namespace tessera::contract
