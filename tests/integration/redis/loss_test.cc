// What the client says and does when the server dies, is emptied, does not replicate, or answers nonsense.
#include <gtest/gtest.h>

#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <thread>

#include "tests/integration/redis/client_harness.h"
#include "tests/integration/redis/script_for_test.h"
#include "tests/support/await_replica.h"
#include "tests/support/redis_server.h"

namespace tessera::redis {
namespace {

using testing::RedisDurability;
using testing::RedisServer;
using testing::RedisServerOptions;

struct Tally {
  int64_t acknowledged = 0;
  int64_t unknown = 0;
  int64_t refused = 0;
  bool stop = false;
  int running = 0;
  std::string odd;
};

async::Task<void> Count(Client& client, Tally* tally) {
  ++tally->running;
  while (!tally->stop) {
    const Result<Reply> reply =
        co_await client.Execute(Command("INCR").Key("k"), async::After(milliseconds(1000)));
    if (reply.ok()) {
      ++tally->acknowledged;
    } else if (reply.error().OutcomeUnknown()) {
      ++tally->unknown;
    } else {
      ++tally->refused;
      co_await async::Sleep(milliseconds(1));
    }
  }
  --tally->running;
}

async::Task<void> Finish(const Tally* tally) {
  do {
    co_await async::Sleep(milliseconds(5));
  } while (!tally->stop || tally->running > 0);
}

TEST(Loss, KillsAndRestartsLeaveEveryWriteAcknowledgedOrUnknown) {
  RedisServerOptions options;
  options.durability = RedisDurability::kFsync;
  options.note_syncs = true;
  RedisServer server(options);
  ClientHarness harness(ConfigFor(server.unix_address()));
  ASSERT_TRUE(harness.Start().ok());
  Tally tally;
  for (int i = 0; i < 16; ++i) harness.loop().Spawn(Count(harness.client(), &tally));
  constexpr int kKills = 5;
  std::thread killer([&] {
    for (int i = 0; i < kKills; ++i) {
      std::this_thread::sleep_for(milliseconds(100));
      if (i % 2 == 0) {
        server.Kill9();
      } else {
        server.Kill9DroppingUnsynced();
      }
      server.Start();
    }
    std::this_thread::sleep_for(milliseconds(700));
    harness.loop().Post([&tally] { tally.stop = true; });
  });
  harness.Run(Finish(&tally));
  killer.join();
  const int64_t counted = std::stoll(server.Command({"GET", "k"}));
  EXPECT_GE(counted, tally.acknowledged);
  EXPECT_LE(counted, tally.acknowledged + tally.unknown);
  EXPECT_GT(tally.acknowledged, 100);
  std::printf("%d kills: %lld acknowledged, %lld unknown, %lld refused, %lld counted\n", kKills,
              static_cast<long long>(tally.acknowledged), static_cast<long long>(tally.unknown),
              static_cast<long long>(tally.refused), static_cast<long long>(counted));
}

TEST(Loss, TheFixtureReallyLosesWhatWasNotSynced) {
  for (const RedisDurability durability : {RedisDurability::kEverysec, RedisDurability::kFsync}) {
    RedisServerOptions options;
    options.durability = durability;
    options.note_syncs = true;
    // Every second means, for this test, never.
    if (durability == RedisDurability::kEverysec) options.config_lines = {"appendfsync no"};
    RedisServer server(options);
    for (int i = 0; i < 500; ++i) server.Command({"INCR", "k"});
    const uint64_t bytes = server.Kill9DroppingUnsynced();
    server.Start();
    const std::string left = server.Command({"GET", "k"});
    std::printf("%llu bytes dropped, %s of 500 left\n", static_cast<unsigned long long>(bytes), left.c_str());
    EXPECT_EQ(left, durability == RedisDurability::kFsync ? "500" : "(nil)");
  }
}

TEST(Loss, IsBackWithinASecondAfterARestart) {
  RedisServer server;
  const ScriptForTest script(server, "return redis.call('INCR', KEYS[1])");
  ClientHarness harness(ConfigFor(server.unix_address()));
  ASSERT_TRUE(harness.Start().ok());
  server.Kill9();
  harness.Run(async::Sleep(milliseconds(1500)));
  const auto refused_at = async::Clock::now();
  const Result<Reply> refused = harness.Execute(Command(script.script).Key("k"));
  EXPECT_LT(async::Clock::now() - refused_at, milliseconds(100))
      << "a Redis that stays away is refused at once";
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kDisconnected);
  EXPECT_FALSE(refused.error().sent);
  server.Start();
  const auto begin = async::Clock::now();
  // The scripts are gone with the old process; nobody notices.
  Result<Reply> answer = harness.Execute(Command(script.script).Key("k"));
  while (!answer.ok() && async::Clock::now() - begin < milliseconds(1000)) {
    harness.Run(async::Sleep(milliseconds(10)));
    answer = harness.Execute(Command(script.script).Key("k"));
  }
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->integer(), 1);
}

TEST(Loss, WaitsForReplicasOncePerBatch) {
  RedisServerOptions options;
  options.tcp = true;
  RedisServer primary(options);
  options.config_lines = {"replicaof 127.0.0.1 " + std::to_string(primary.port())};
  RedisServer replica(options);
  testing::AwaitReplica(primary);
  Config config = ConfigFor(primary.unix_address());
  config.wait_replicas = 1;
  config.wait_timeout_ms = 500;
  ClientHarness harness(config);
  ASSERT_TRUE(harness.Start().ok());
  primary.Command({"CONFIG", "RESETSTAT"});
  int running = 50;
  auto call = [&](Client& client) -> async::Task<void> {
    for (int i = 0; i < 10; ++i) {
      const Result<Reply> reply =
          co_await client.Execute(Command("INCR").Key("k"), async::After(milliseconds(2000)));
      EXPECT_TRUE(reply.ok()) << reply.error().text;
    }
    --running;
  };
  for (int i = 0; i < 50; ++i) harness.loop().Spawn(call(harness.client()));
  auto until = [&]() -> async::Task<void> {
    while (running > 0) co_await async::Sleep(milliseconds(2));
  };
  harness.Run(until());
  // Acknowledged means replicated: the replica has it although nobody waited any further.
  EXPECT_EQ(replica.Command({"GET", "k"}), "500");
  const std::string waits = primary.redis().Info("cmdstat_wait");
  std::printf("500 writes, cmdstat_wait: %s\n", waits.c_str());
  EXPECT_LT(std::stoi(waits.substr(waits.find('=') + 1)), 200);

  replica.Stop();
  const Result<Reply> lonely = harness.Execute(Command("INCR").Key("k"));
  ASSERT_FALSE(lonely.ok());
  EXPECT_EQ(lonely.error().kind, ErrorKind::kNoReplicas) << lonely.error().text;
  EXPECT_TRUE(lonely.error().OutcomeUnknown());
  EXPECT_EQ(primary.Command({"GET", "k"}), "501");
  // A read needs no replica, and a refusal is passed on at once.
  EXPECT_TRUE(harness.Execute(Command("GET").ReadOnly().Key("k")).ok());
  EXPECT_EQ(harness.Execute(Command("LPUSH").Key("k").Arg("x")).error().kind, ErrorKind::kWrongType);
  replica.Cont();
}

// Answers every connection with the given bytes as soon as something was asked.
class NonsenseServer {
 public:
  explicit NonsenseServer(std::string answer)
      : answer_(std::move(answer)),
        acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
        port_(acceptor_.local_endpoint().port()),
        thread_([this] { Serve(); }) {}

  ~NonsenseServer() {
    stop_ = true;
    asio::ip::tcp::socket wake(context_);
    asio::error_code ignored;
    wake.connect(asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_), ignored);
    wake.close(ignored);
    thread_.join();
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void Serve() {
    while (!stop_) {
      asio::ip::tcp::socket socket(context_);
      asio::error_code error;
      acceptor_.accept(socket, error);
      ++connections_;
      char bytes[4096];
      // A PING is answered well, so that the nonsense reaches a command.
      if (!error && socket.read_some(asio::buffer(bytes), error) > 0) {
        asio::write(socket, asio::buffer(std::string("+PONG\r\n")), error);
      }
      if (!error && socket.read_some(asio::buffer(bytes), error) > 0)
        asio::write(socket, asio::buffer(answer_), error);
      // Left open until the client closes it.
      while (!error) socket.read_some(asio::buffer(bytes), error);
    }
  }

  const std::string answer_;
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  const uint16_t port_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

TEST(Loss, NonsenseIsAnErrorAndNeverACrash) {
  const std::string cases[] = {
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      std::string("\0\0\0\0", 4),
      "$99999999999999999999\r\n",
      "*2147483647\r\n",
      "*4000000000\r\n:1\r\n",
      "$-5\r\n",
      ":twelve\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
      "*3\r\n:1\r\n$3\r\nabcdef\r\n",
  };
  for (const std::string& answer : cases) {
    NonsenseServer server(answer);
    ClientHarness harness(ConfigFor(server.address()));
    ASSERT_TRUE(harness.Start().ok());
    const auto begin = async::Clock::now();
    const Result<Reply> reply = harness.Execute(Command("INCR").Key("k"), 400);
    EXPECT_LT(async::Clock::now() - begin, milliseconds(500));
    ASSERT_FALSE(reply.ok()) << answer << ": " << reply->ToString();
    EXPECT_TRUE(reply.error().OutcomeUnknown()) << answer << ": " << reply.error().text;
  }
}

TEST(Loss, AnAnswerToNothingEndsTheConnection) {
  NonsenseServer server(":1\r\n:2\r\n:3\r\n");
  ClientHarness harness(ConfigFor(server.address()));
  ASSERT_TRUE(harness.Start().ok());
  const Result<Reply> first = harness.Execute(Command("INCR").Key("k"), 400);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->integer(), 1);
  harness.Run(async::Sleep(milliseconds(100)));
  EXPECT_GE(server.connections(), 2);
}

TEST(Loss, AConnectionThatIsSilentForTooLongIsReplaced) {
  RedisServerOptions options;
  options.tcp = true;
  RedisServer server(options);
  Config config = ConfigFor(server.tcp_address());
  config.stall_timeout_ms = 300;
  ClientHarness harness(config);
  ASSERT_TRUE(harness.Start().ok());
  const std::shared_ptr<Session> before = harness.client().Primaries().front()->Pick();
  server.Stop();
  const Result<Reply> stalled = harness.Execute(Command("INCR").Key("k"), 2000);
  ASSERT_FALSE(stalled.ok());
  EXPECT_EQ(stalled.error().kind, ErrorKind::kDisconnected) << stalled.error().text;
  EXPECT_TRUE(stalled.error().OutcomeUnknown());
  EXPECT_FALSE(before->open());
  server.Cont();
  EXPECT_TRUE(harness.Start(1000).ok());
  EXPECT_TRUE(harness.Execute(Command("INCR").Key("k"), 1000).ok());
}

TEST(Loss, RepeatsOnlyWhatMayBeRepeated) {
  RedisServer server;
  ClientHarness harness(ConfigFor(server.unix_address()));
  ASSERT_TRUE(harness.Start().ok());
  auto kill_during = [&](Command command, Retry retry) {
    server.Stop();
    std::thread killer([&] {
      std::this_thread::sleep_for(milliseconds(50));
      server.Restart();
    });
    Result<Reply> reply = harness.Execute(std::move(command), 3000, retry);
    killer.join();
    EXPECT_TRUE(harness.Start().ok());
    return reply;
  };
  const Result<Reply> write = kill_during(Command("INCR").Key("k"), Retry::kSafe);
  ASSERT_FALSE(write.ok());
  EXPECT_EQ(write.error().kind, ErrorKind::kDisconnected);
  EXPECT_TRUE(write.error().OutcomeUnknown());
  EXPECT_TRUE(kill_during(Command("SET").Key("k").Arg("7"), Retry::kIdempotent).ok());
  const Result<Reply> read = kill_during(Command("GET").ReadOnly().Key("k"), Retry::kSafe);
  EXPECT_TRUE(read.ok()) << read.error().text;
}

}  // namespace
}  // namespace tessera::redis
