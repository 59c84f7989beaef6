// The Redis adapter as a store under test: a namespace of its own on a real redis-server of the test
// program's.
#pragma once

#include <memory>
#include <optional>

#include "crypto/digest.h"
#include "crypto/key_file.h"
#include "storage/redis/keys.h"
#include "storage/redis/redis_store.h"
#include "store_under_test.h"

namespace tessera::contract {

class RedisUnderTest : public StoreUnderTest {
 public:
  struct Options {
    std::string name;  // of the namespace; "": a fresh one
    storage::Durability durability = storage::Durability::kMemory;
    int replicas = 0;
    std::chrono::milliseconds check_interval{2000};
    redis::Observer* observer = nullptr;
    std::optional<storage::DefinitionCodec> codec;  // nothing: the services' own
  };

  // Makes a fresh namespace of `shape`.
  RedisUnderTest(const redis::Config& redis, core::Shape shape) : RedisUnderTest(redis, shape, Options()) {}
  RedisUnderTest(const redis::Config& redis, core::Shape shape, const Options& options);
  ~RedisUnderTest() override;

  storage::CampaignStore& campaigns() override { return *store_; }
  storage::CouponStore& coupons() override { return *store_; }
  storage::CodeStore& codes() override { return *store_; }
  storage::RedemptionStore& redemptions() override { return *store_; }
  storage::AttemptStore& attempts() override { return *store_; }
  storage::LedgerStore& ledger() override { return *store_; }
  storage::Sweeper& sweeper() override { return *store_; }

  core::Shape shape() const override { return keys_.shape(); }
  uint32_t HomeOf(const std::string& campaign_id) const override { return keys_.Home(campaign_id); }
  // Redis runs on this machine and tells this machine's time.
  core::InstantMs Now() override;
  void WaitUntil(core::InstantMs t) override;

  const storage::Keys& keys() const { return keys_; }
  storage::RedisStore& store() { return *store_; }

 private:
  const std::string name_;
  const storage::Keys keys_;
  const crypto::RequestDigests digests_;
  std::unique_ptr<storage::RedisStore> store_;
};

// The keys that every store of the tests is given.
crypto::KeyFile TestKeys();

// Where the program's own redis-server listens; it is started by the first call and ends with the program.
redis::Config SingleRedis();

}  // namespace tessera::contract
