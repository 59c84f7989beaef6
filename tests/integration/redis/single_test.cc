// The client against one real Redis.
#include <gtest/gtest.h>

#include "tests/integration/redis/client_harness.h"
#include "tests/support/redis_server.h"

namespace tessera::redis {
namespace {

using testing::RedisServer;
using testing::RedisServerOptions;

TEST(Single, AnswersOverUnixAndTcp) {
  RedisServerOptions options;
  options.tcp = true;
  RedisServer server(options);
  for (const std::string& address : {server.unix_address(), server.tcp_address()}) {
    ClientHarness harness(ConfigFor(address));
    ASSERT_TRUE(harness.Start().ok());
    const Result<Reply> set = harness.Execute(Command("SET").Key("k").Arg(std::string("a\0\r\nb", 5)));
    ASSERT_TRUE(set.ok()) << set.error().text;
    const Result<Reply> got = harness.Execute(Command("GET").ReadOnly().Key("k"));
    ASSERT_TRUE(got.ok()) << got.error().text;
    EXPECT_EQ(got->text(), std::string("a\0\r\nb", 5));
    const Result<Reply> wrong = harness.Execute(Command("INCR").Key("k"));
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().kind, ErrorKind::kOther);
  }
}

}  // namespace
}  // namespace tessera::redis
