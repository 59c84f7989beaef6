// A configuration that takes a node of a Cluster for a lone Redis is refused before anything is written.

#include <gtest/gtest.h>

#include "api/definition_codec.h"
#include "async/timer.h"
#include "redis_under_test.h"
#include "tests/support/free_port.h"
#include "tests/support/redis_server.h"
#include "tests/support/refusals.h"

namespace tessera::storage {
namespace {

using core::Reason;

TEST(WrongTopologyTest, ANodeOfAClusterIsNoLoneRedis) {
  testing::RedisServerOptions options;
  options.tcp = true;
  options.config_lines = {"cluster-enabled yes", "cluster-port " + std::to_string(testing::FreePort())};
  testing::RedisServer server(options);
  const crypto::RequestDigests digests(contract::TestKeys());
  redis::Config redis;
  redis.addresses = {server.unix_address()};
  StoreConfig config;
  config.create = true;
  config.durability = Durability::kMemory;
  async::EventLoop loop;
  RedisStore store(loop, redis, config, {api::EncodeDefinition, api::DecodeDefinition}, digests);
  const core::Status started = loop.RunUntilDone(store.Start(async::After(std::chrono::seconds(10))));
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().reason, Reason::kStoreForeign);
  EXPECT_EQ(started.error().cause, "cluster_enabled is 1");
  NoteRefusal(core::ReasonName(started.error().reason));
  store.Close();
  loop.RunUntilDone(async::Sleep(std::chrono::milliseconds(20)));
  EXPECT_EQ(server.Command({"DBSIZE"}), "0");
}

}  // namespace
}  // namespace tessera::storage
