// The client against one real Redis: addresses, users, scripts, batches, and what a lost answer means.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "tests/integration/redis/client_harness.h"
#include "tests/integration/redis/script_for_test.h"
#include "tests/support/redis_server.h"

namespace tessera::redis {
namespace {

using testing::RedisServer;
using testing::RedisServerOptions;

TEST(Single, AnswersOverUnixAndTcp) {
  RedisServerOptions options;
  options.tcp = true;
  RedisServer server(options);
  for (const std::string& address :
       {server.unix_address(), server.tcp_address(), "localhost:" + std::to_string(server.port())}) {
    ClientHarness harness(ConfigFor(address));
    ASSERT_TRUE(harness.Start().ok()) << address;
    const std::string bytes("a\0\r\nb", 5);
    const Result<Reply> set = harness.Execute(Command("SET").Key("k").Arg(bytes));
    ASSERT_TRUE(set.ok()) << set.error().text;
    const Result<Reply> got = harness.Execute(Command("GET").ReadOnly().Key("k"));
    ASSERT_TRUE(got.ok()) << got.error().text;
    EXPECT_EQ(got->text(), bytes);
    const Result<Reply> wrong = harness.Execute(Command("LPUSH").Key("k").Arg("x"));
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().kind, ErrorKind::kWrongType);
    EXPECT_FALSE(wrong.error().OutcomeUnknown());
  }
}

TEST(Single, CarriesLargeCommandsAndReplies) {
  RedisServer server;
  ClientHarness harness(ConfigFor(server.unix_address()));
  ASSERT_TRUE(harness.Start().ok());
  const std::string large(20'000'000, 'x');
  ASSERT_TRUE(harness.Execute(Command("SET").Key("k").Arg(large), 10'000).ok());
  const Result<Reply> got = harness.Execute(Command("GET").ReadOnly().Key("k"), 10'000);
  ASSERT_TRUE(got.ok()) << got.error().text;
  EXPECT_TRUE(got->text() == large);
  Command push("RPUSH");
  push.Key("list");
  for (int i = 0; i < 50'000; ++i) push.Arg(i);
  ASSERT_TRUE(harness.Execute(push, 10'000).ok());
  const Result<Reply> list = harness.Execute(Command("LRANGE").ReadOnly().Key("list").Arg(0).Arg(-1), 10'000);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 50'000u);
  EXPECT_EQ((*list)[49'999].text(), "49999");
}

TEST(Single, LogsInAsAnAclUserAndSaysWhenItMayNot) {
  RedisServerOptions options;
  options.acl_users = {"app on >secret ~app:* +@all"};
  RedisServer server(options);
  Config config = ConfigFor(server.unix_address());
  config.user = "app";
  config.password = "secret";
  config.database = 3;
  {
    ClientHarness harness(config);
    ASSERT_TRUE(harness.Start().ok());
    EXPECT_EQ(harness.Execute(Command("ACL").Arg("WHOAMI"))->text(), "app");
    ASSERT_TRUE(harness.Execute(Command("SET").Key("app:k").Arg("1")).ok());
    EXPECT_EQ(harness.Execute(Command("SET").Key("k").Arg("1")).error().kind, ErrorKind::kNoPerm);
    server.Command({"SELECT", "3"});
    EXPECT_EQ(server.Command({"GET", "app:k"}), "1");
  }
  config.password = "guess";
  ClientHarness harness(config);
  const Result<void> started = harness.Start(300);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().kind, ErrorKind::kWrongPass) << started.error().text;
  const Result<Reply> answer = harness.Execute(Command("GET").Key("app:k"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kWrongPass);
  EXPECT_FALSE(answer.error().sent);
}

TEST(Single, ReportsABadConfigurationAtStart) {
  for (const auto& addresses :
       {std::vector<std::string>{}, {"here"}, {"a:1", "b:2"}, {"a:0"}, {"unix:redis.sock"}}) {
    Config config;
    config.addresses = addresses;
    ClientHarness harness(config);
    const Result<void> started = harness.Start();
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().kind, ErrorKind::kOther);
    EXPECT_TRUE(started.error().text.starts_with("addresses: ")) << started.error().text;
    EXPECT_FALSE(harness.Execute(Command("PING")).ok());
  }
}

TEST(Single, RunsTheHookOnEveryConnectAndStaysAwayWhileItRefuses) {
  RedisServer server;
  int runs = 0;
  ClientHarness harness(
      ConfigFor(server.unix_address()), [&runs](Session& session) -> async::Task<Result<void>> {
        ++runs;
        Command get("GET");
        get.ReadOnly().Key("open");
        const Result<Reply> open = co_await session.Call(std::move(get), async::After(milliseconds(500)));
        if (!open.ok()) co_return open.error();
        if (open->text() == "yes") co_return Result<void>();
        co_return Error(ErrorKind::kOther, false, "closed by the hook");
      });
  EXPECT_FALSE(harness.Start(200).ok());
  EXPECT_GT(runs, 1);
  EXPECT_EQ(harness.Execute(Command("INCR").Key("k")).error().text, "closed by the hook");
  server.Command({"SET", "open", "yes"});
  ASSERT_TRUE(harness.Start(2000).ok());
  ASSERT_TRUE(harness.Execute(Command("INCR").Key("k")).ok());
  const int before = runs;
  server.Command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  ASSERT_TRUE(harness.Execute(Command("GET").ReadOnly().Key("k")).ok());
  EXPECT_EQ(runs, before + 1);
}

async::Task<void> RunOften(Client& client, const Script& script, int times, int* running, int* failures,
                           std::string* first) {
  for (int i = 0; i < times; ++i) {
    Command command(script);
    command.Key("k").Arg(1);
    const Result<Reply> reply =
        co_await client.Execute(std::move(command), async::After(milliseconds(10'000)));
    if (reply.ok() && (*reply)[0].text() == "ok") continue;
    if ((*failures)++ == 0) *first = reply.ok() ? reply->ToString() : reply.error().text;
  }
  --*running;
}

async::Task<void> Until(const int* running) {
  while (*running > 0) co_await async::Sleep(milliseconds(5));
}

TEST(Single, LoadsScriptsAgainWithoutTheCallerNoticing) {
  RedisServer server;
  const ScriptForTest script(server, "redis.call('INCRBY', KEYS[1], ARGV[1]) return {'ok'}");
  server.Command({"SCRIPT", "FLUSH"});
  ClientHarness harness(ConfigFor(server.unix_address()));
  ASSERT_TRUE(harness.Start().ok());
  constexpr int kCallers = 32;
  constexpr int kCalls = 200;
  int running = kCallers;
  int failures = 0;
  std::string first;
  std::atomic<bool> stop = false;
  int flushes = 0;
  for (int i = 0; i < kCallers; ++i) {
    harness.loop().Spawn(RunOften(harness.client(), script.script, kCalls, &running, &failures, &first));
  }
  std::thread flusher([&] {
    for (; !stop; ++flushes) server.Command({"SCRIPT", "FLUSH"});
  });
  harness.Run(Until(&running));
  stop = true;
  flusher.join();
  EXPECT_EQ(failures, 0) << first;
  EXPECT_EQ(server.Command({"GET", "k"}), std::to_string(kCallers * kCalls));
  std::printf("%d calls, %d flushes between them\n", kCallers * kCalls, flushes);
  EXPECT_GT(flushes, 10);
}

TEST(Single, SaysWhenAScriptIsBroken) {
  RedisServer server;
  const std::string digest(40, 'a');
  const Script broken{"broken", "this is no Lua", digest};
  ClientHarness harness(ConfigFor(server.unix_address()));
  ASSERT_TRUE(harness.Start().ok());
  const Result<Reply> answer = harness.Execute(Command(broken).Key("k"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kNoScript);
}

TEST(Single, SendsWhatIsReadyTogetherInOneWrite) {
  RedisServer server;
  ClientHarness harness(ConfigFor(server.unix_address()));
  ASSERT_TRUE(harness.Start().ok());
  const std::shared_ptr<Session> session = harness.client().Primaries().front()->Pick();
  const uint64_t before = session->pipeline().batches();
  int running = 100;
  auto call = [](Client& client, int* left) -> async::Task<void> {
    for (int i = 0; i < 10; ++i) {
      const Result<Reply> reply =
          co_await client.Execute(Command("INCR").Key("k"), async::After(milliseconds(5000)));
      EXPECT_TRUE(reply.ok());
    }
    --*left;
  };
  for (int i = 0; i < 100; ++i) harness.loop().Spawn(call(harness.client(), &running));
  harness.Run(Until(&running));
  EXPECT_EQ(server.Command({"GET", "k"}), "1000");
  const uint64_t batches = session->pipeline().batches() - before;
  std::printf("1000 commands of 100 callers went out in %llu writes\n",
              static_cast<unsigned long long>(batches));
  EXPECT_GE(batches, 10u);
  EXPECT_LE(batches, 200u);
}

TEST(Single, KeepsItsDeadlinesWhileRedisStandsStillAndGoesOnAtOnce) {
  RedisServerOptions options;
  options.tcp = true;
  RedisServer server(options);
  ClientHarness harness(ConfigFor(server.tcp_address()));
  ASSERT_TRUE(harness.Start().ok());
  server.Stop();
  constexpr int kCallers = 64;
  int running = kCallers;
  int64_t latest_ms = 0;
  int calls = 0;
  int wrong = 0;
  const async::Deadline end = async::After(milliseconds(1500));
  auto call = [&](Client& client) -> async::Task<void> {
    while (async::Clock::now() < end) {
      const async::Deadline deadline = async::After(milliseconds(100));
      const Result<Reply> reply = co_await client.Execute(Command("INCR").Key("k"), deadline);
      const auto late = std::chrono::duration_cast<milliseconds>(async::Clock::now() - deadline).count();
      latest_ms = std::max<int64_t>(latest_ms, late);
      ++calls;
      if (reply.ok() || reply.error().kind != ErrorKind::kTimeout || !reply.error().OutcomeUnknown()) ++wrong;
    }
    --running;
  };
  for (int i = 0; i < kCallers; ++i) harness.loop().Spawn(call(harness.client()));
  harness.Run(Until(&running));
  EXPECT_EQ(wrong, 0);
  // A machine that stands still itself for a moment is no fault of the client.
  EXPECT_LT(latest_ms, 500);
  server.Cont();
  const auto begin = async::Clock::now();
  const Result<Reply> answer = harness.Execute(Command("INCR").Key("k"), 1000);
  const auto took = std::chrono::duration_cast<milliseconds>(async::Clock::now() - begin).count();
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  // The abandoned writes were executed all the same, and no answer was given to the wrong caller.
  EXPECT_EQ(answer->integer(), calls + 1);
  std::printf("%d calls timed out, %lld ms after their deadline at most; %lld ms to recover\n", calls,
              static_cast<long long>(latest_ms), static_cast<long long>(took));
}

TEST(Single, RefusesAtOnceWhenTooMuchIsInFlight) {
  RedisServer server;
  Config config = ConfigFor(server.unix_address());
  config.commands_in_flight_max = 10;
  ClientHarness harness(config);
  ASSERT_TRUE(harness.Start().ok());
  server.Stop();
  int running = 30;
  std::map<ErrorKind, int> kinds;
  auto call = [&](Client& client) -> async::Task<void> {
    const Result<Reply> reply =
        co_await client.Execute(Command("INCR").Key("k"), async::After(milliseconds(300)));
    ++kinds[reply.error().kind];
    if (reply.error().kind == ErrorKind::kOverloaded) {
      EXPECT_FALSE(reply.error().sent);
    }
    --running;
  };
  for (int i = 0; i < 30; ++i) harness.loop().Spawn(call(harness.client()));
  harness.Run(Until(&running));
  EXPECT_EQ(kinds[ErrorKind::kTimeout], 10);
  EXPECT_EQ(kinds[ErrorKind::kOverloaded], 20);
  // What was abandoned still fills the queue until Redis has answered it.
  server.Cont();
  const async::Deadline give_up = async::After(milliseconds(1000));
  Result<Reply> answer = harness.Execute(Command("GET").ReadOnly().Key("k"));
  while (!answer.ok() && async::Clock::now() < give_up)
    answer = harness.Execute(Command("GET").ReadOnly().Key("k"));
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->text(), "10");
}

}  // namespace
}  // namespace tessera::redis
