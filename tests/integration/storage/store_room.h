// A room is the Redis adapter on a redis-server of the test's own, which the test may break, with the calls
// of a fixture. Used by the test's thread alone.
#pragma once

#include "redis_under_test.h"
#include "store_contract.h"
#include "tests/support/redis_server.h"

namespace tessera::contract {

template <class Fixture>
class RoomFor : public Fixture {
 protected:
  void Open(const redis::Config& redis, const RedisUnderTest::Options& options = {},
            core::Shape shape = {.partitions = 4, .buckets = 8}) {
    auto store = std::make_unique<RedisUnderTest>(redis, shape, options);
    redis_ = store.get();
    this->store_ = std::move(store);
  }

  static redis::Config ConfigFor(const std::string& address) {
    redis::Config config;
    config.addresses = {address};
    return config;
  }

  RedisUnderTest* redis_ = nullptr;  // store_ as what it is
};
using StoreRoom = RoomFor<StoreFixture>;

}  // namespace tessera::contract
