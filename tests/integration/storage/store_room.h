// StoreRoom is the Redis adapter on a redis-server of the test's own, which the test may break, with the
// port's calls in a few words each. Used by the test's thread alone.
#pragma once

#include "redis_under_test.h"
#include "store_contract.h"
#include "tests/support/redis_server.h"

namespace tessera::contract {

class StoreRoom : public StoreFixture {
 protected:
  void Open(const redis::Config& redis, const RedisUnderTest::Options& options = {},
            core::Shape shape = {.partitions = 4, .buckets = 8}) {
    auto store = std::make_unique<RedisUnderTest>(redis, shape, options);
    redis_ = store.get();
    store_ = std::move(store);
  }

  static redis::Config ConfigFor(const std::string& address) {
    redis::Config config;
    config.addresses = {address};
    return config;
  }

  RedisUnderTest* redis_ = nullptr;  // store_ as what it is
};

}  // namespace tessera::contract
