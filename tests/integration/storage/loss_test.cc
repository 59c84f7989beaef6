// What the adapter says when Redis' answer is lost, is not confirmed, or is no answer at all.

#include "async/timer.h"
#include "store_room.h"
#include "tests/support/await_replica.h"
#include "tests/support/nonsense_proxy.h"

namespace tessera::contract {
namespace {

using core::Reason;
using storage::Method;
using testing::RedisServer;
using testing::RedisServerOptions;

class LossTest : public StoreRoom {
 protected:
  // Runs the loop while a condition of the outside world is waited for.
  void Pass(int64_t ms) { Await(async::Sleep(std::chrono::milliseconds(ms))); }
};

TEST_F(LossTest, AWriteThatTooFewReplicasConfirmHasAnUnknownOutcome) {
  RedisServerOptions options;
  options.tcp = true;
  options.durability = testing::RedisDurability::kEverysec;
  RedisServer primary(options);
  options.config_lines = {"replicaof 127.0.0.1 " + std::to_string(primary.port())};
  RedisServer replica(options);
  testing::AwaitReplica(primary);
  redis::Config config = ConfigFor(primary.unix_address());
  config.wait_timeout_ms = 300;
  RedisUnderTest::Options store;
  store.durability = storage::Durability::kReplicated;
  store.replicas = 1;
  Open(config, store);
  const std::string campaign = Active();
  replica.Stop();
  const storage::Operation op = NewOp(Method::kClaimCoupon);
  EXPECT_THAT(Claim(campaign, User(1), op), Refuses(Reason::kOutcomeUnknown));
  replica.Cont();
  const auto claimed = Claim(campaign, User(1), op);
  ASSERT_THAT(claimed, Succeeds());
  EXPECT_EQ(Wallet(User(1)).size(), 1u) << "it had taken effect the first time";
}

TEST_F(LossTest, AnAnswerLostToARedisThatStaysAwayHasAnUnknownOutcome) {
  RedisServer server;
  testing::NonsenseProxy proxy(server.unix_address());
  Open(ConfigFor(proxy.address()));
  const std::string campaign = Active();
  ASSERT_THAT(Claim(campaign, User(1)), Succeeds());
  const storage::Operation op = NewOp(Method::kClaimCoupon);
  proxy.LeaveAtNextAnswer();
  // The repetition finds nobody: yet this is not "there was no effect".
  EXPECT_THAT(Claim(campaign, User(2), op), Refuses(Reason::kOutcomeUnknown));
  EXPECT_THAT(Claim(campaign, User(3)), Refuses(Reason::kStoreUnreachable)) << "this one was never sent";
  proxy.Return();
  Pass(1500);
  EXPECT_EQ(Wallet(User(2)).size(), 1u) << "it had taken effect";
  ASSERT_THAT(Claim(campaign, User(2), op), Succeeds());
  EXPECT_EQ(Wallet(User(2)).size(), 1u);
  EXPECT_EQ(Wallet(User(3)).size(), 0u);
}

// A second charge would take a guess from somebody, and a second return would give one away.
TEST_F(LossTest, AnAttemptWhoseAnswerIsLostIsNeitherChargedNorGivenBackTwice) {
  RedisServer server;
  testing::NonsenseProxy proxy(server.unix_address());
  RedisUnderTest::Options options;
  options.check_interval = std::chrono::minutes(1);  // the answers that are lost are to be those of this test
  Open(ConfigFor(proxy.address()), options);
  Pass(300);
  storage::AttemptLimit limit;
  limit.attempts_max = 3;
  limit.window = std::chrono::minutes(10);
  const auto spend = [&] { return Await(store_->attempts().Spend(User(1), limit, Soon())); };
  const auto come_back = [&] {
    proxy.Return();
    Pass(1500);
  };
  ASSERT_TRUE(spend()->allowed);
  proxy.LeaveAtNextAnswer();
  EXPECT_THAT(spend(), Refuses(Reason::kOutcomeUnknown));
  come_back();
  const auto third = spend();
  ASSERT_TRUE(third.ok());
  EXPECT_TRUE(third->allowed) << "the lost one was charged once";
  EXPECT_FALSE(spend()->allowed);
  const auto give_back = [&] {
    return Await(store_->attempts().Return(User(1), third->window_end_ms, Soon()));
  };
  // Redis has that script too, from here on.
  ASSERT_THAT(give_back(), Succeeds());
  EXPECT_TRUE(spend()->allowed);
  proxy.LeaveAtNextAnswer();
  EXPECT_THAT(give_back(), Refuses(Reason::kOutcomeUnknown));
  come_back();
  EXPECT_TRUE(spend()->allowed) << "it was given back";
  EXPECT_FALSE(spend()->allowed) << "once";
}

// What Redis may answer if something stands in front of it that changes its answers.
TEST_F(LossTest, NonsenseIsNoAnswer) {
  RedisServer server;
  testing::NonsenseProxy proxy(server.unix_address());
  // Its handshake passes; what it answers to commands does not.
  const std::string cases[] = {"+OK\r\n",
                               "-\r\n",
                               ":7\r\n",
                               "*0\r\n",
                               "$-1\r\n",
                               "*-1\r\n",
                               "*1\r\n:5\r\n",
                               "*2\r\n$4\r\nWHAT\r\n:1\r\n",
                               "*2\r\n$2\r\nOK\r\n:1\r\n"};
  for (const std::string& answer : cases) {
    SCOPED_TRACE(answer);
    RedisUnderTest::Options options;
    options.check_interval = std::chrono::minutes(1);
    Open(ConfigFor(proxy.address()), options);
    const std::string campaign = Active();
    ASSERT_THAT(Claim(campaign, User(1)), Succeeds());
    proxy.AnswerInstead(answer);
    EXPECT_THAT(Claim(campaign, User(2)), Refuses(Reason::kStoreNonsense));
    proxy.AnswerInstead("");
    ASSERT_THAT(Claim(campaign, User(3)), Succeeds()) << "the next call finds Redis as it is";
  }
}

TEST_F(LossTest, BytesThatAreNoAnswerEndTheConnection) {
  RedisServer server;
  testing::NonsenseProxy proxy(server.unix_address());
  RedisUnderTest::Options options;
  options.check_interval = std::chrono::minutes(1);
  Open(ConfigFor(proxy.address()), options);
  const std::string campaign = Active();
  ASSERT_THAT(Claim(campaign, User(1)), Succeeds());
  for (const std::string& bytes : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
                                   std::string("*99999999999\r\n"), std::string(64, '\0')}) {
    proxy.AnswerInstead(bytes);
    EXPECT_THAT(Claim(campaign, User(2)), Refuses(Reason::kOutcomeUnknown));
    proxy.AnswerInstead("");
    Pass(1500);
    ASSERT_THAT(Claim(campaign, User(3)), Succeeds());
  }
}

}  // namespace
}  // namespace tessera::contract
