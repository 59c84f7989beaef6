// What callers are told while Redis is in a state that it should not be in: every row of the table in
// ARCHITECTURE.md ("What a Redis that fails is told as"), with a real redis-server that really is in that
// state.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "storage/redis/keys.h"
#include "tests/e2e/tessera_client.h"
#include "tests/support/http_get.h"
#include "tests/support/wait_until.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

using testing::WaitUntil;

constexpr char kCampaign[] = "states";
constexpr char kFull[] = "RESOURCE_EXHAUSTED/STORAGE_FULL";
constexpr char kBelowPromise[] = "UNAVAILABLE/DURABILITY_BELOW_PROMISE";
constexpr char kReadOnly[] = "UNAVAILABLE/STORE_READ_ONLY";
constexpr char kLoading[] = "UNAVAILABLE/STORE_LOADING";
constexpr char kBusy[] = "UNAVAILABLE/STORE_BUSY";
constexpr char kEmpty[] = "UNAVAILABLE/STORE_EMPTY";
constexpr char kForeign[] = "UNAVAILABLE/STORE_FOREIGN";
constexpr char kUnreachable[] = "UNAVAILABLE/STORE_UNREACHABLE";
constexpr char kNonsense[] = "INTERNAL/STORE_NONSENSE";

// Services on a Redis that a test may break, and one coupon that is there already.
class Room {
 public:
  explicit Room(testing::RedisDurability durability = testing::RedisDurability::kEverysec)
      : deployment_(Options(durability)), client_(deployment_) {
    client_.Open(kCampaign, load::PlainDefinition("States"));
    pb::ClaimCouponResponse claimed;
    const grpc::Status status = client_.Call(client_.ClaimOf(kCampaign, "ada"), &claimed);
    if (!status.ok()) throw std::runtime_error("no coupon: " + status.error_message());
    coupon_id_ = claimed.coupon().coupon_id();
    client_.caller.tries_max = 1;
  }

  testing::RedisServer& redis() { return deployment_.redis(); }
  std::string Redis(const std::vector<std::string>& argv) { return deployment_.redis().Command(argv); }
  std::string Config(const std::string& name, const std::string& value) {
    return Redis({"CONFIG", "SET", name, value});
  }
  // Kills Redis and gives the services time to see it: what was sent before has another answer.
  void Kill() {
    redis().Kill9();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  int64_t InfoNumber(const std::string& field) {
    const std::string value = deployment_.redis().redis().Info(field);
    return value.empty() ? 0 : std::stoll(value);
  }

  // "OK", or status and reason of one claim, told once.
  std::string Claim() {
    pb::ClaimCouponResponse response;
    return Label(client_.Call(client_.ClaimOf(kCampaign, "user-" + std::to_string(++claims_)), &response));
  }
  std::string Read() {
    pb::GetCouponRequest request;
    request.mutable_coupon()->set_coupon_id(coupon_id_);
    pb::GetCouponResponse response;
    return Label(client_.Call(request, &response));
  }
  std::string ReadCampaign() {
    pb::GetCampaignRequest request;
    request.set_campaign_id(kCampaign);
    pb::GetCampaignResponse response;
    return Label(client_.Call(request, &response));
  }

  // Commands of the issuer that Redis itself refused in this way.
  int64_t RefusedByRedis(const std::string& kind) {
    const double count = testing::MetricValue(deployment_.issuer().Metrics(),
                                              "redis_command_failures_total{kind=\"" + kind + "\"}");
    return std::isnan(count) ? -1 : static_cast<int64_t>(count);
  }

  // A claim is told `label` because Redis itself answered an error of `kind`, and not because the guard saw
  // the state first; after `leave`, claims succeed again within 3 s.
  void ExpectTold(const std::function<void()>& enter, const std::function<void()>& leave,
                  const std::string& kind, const std::string& label) {
    bool refused_by_redis = false;
    for (int attempt = 0; attempt < 5 && !refused_by_redis; ++attempt) {
      const int64_t before = RefusedByRedis(kind);
      ASSERT_GE(before, 0) << kind;
      enter();
      EXPECT_EQ(Claim(), label);
      refused_by_redis = RefusedByRedis(kind) > before;
      leave();
      ExpectBack();
    }
    EXPECT_TRUE(refused_by_redis) << "Redis never answered " << kind;
  }

  // The guard closes for `label` within the 5 s of the promise.
  void ExpectClosed(const std::string& label) {
    std::string told;
    const auto begin = std::chrono::steady_clock::now();
    while ((told = Claim()) != label && std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)) {
      // A claim that was written when the guard closed is not confirmed any more.
      EXPECT_THAT(told, ::testing::AnyOf("OK", "UNAVAILABLE/OUTCOME_UNKNOWN"));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(told, label);
  }

  void ExpectBack() {
    std::string told;
    const auto begin = std::chrono::steady_clock::now();
    while ((told = Claim()) != "OK" && std::chrono::steady_clock::now() - begin < std::chrono::seconds(3)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(told, "OK");
  }

 private:
  static testing::DeploymentOptions Options(testing::RedisDurability durability) {
    testing::DeploymentOptions options;
    options.durability = durability;
    options.log_level = "error";
    options.environment = {{"TESSERA_STORAGE_CHECK_INTERVAL_MS", "400"}};
    // Some keys take long to read, so that a restart is seen loading.
    options.redis_config_lines = {"key-load-delay 100"};
    return options;
  }
  static std::string Label(const grpc::Status& status) {
    return status.ok() ? "OK" : load::RefusalLabel(status);
  }

  testing::Deployment deployment_;
  TesseraClient client_;
  std::string coupon_id_;
  int claims_ = 0;
};

// One room for all cases that put Redis back into order.
class StoreStateTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // A file that may not grow is then an error of write(), as on a full disk.
    signal(SIGXFSZ, SIG_IGN);
    room_ = std::make_unique<Room>();
  }
  static void TearDownTestSuite() { room_.reset(); }

  static std::unique_ptr<Room> room_;
};

std::unique_ptr<Room> StoreStateTest::room_;

TEST_F(StoreStateTest, OutOfMemory) {
  room_->ExpectTold([] { room_->Config("maxmemory", "1mb"); }, [] { room_->Config("maxmemory", "0"); }, "oom",
                    kFull);
}

TEST_F(StoreStateTest, NearItsMemoryLimit) {
  // In pieces so small that what Redis needs to read one of them does not count.
  for (int i = 0; i < 400; ++i) {
    room_->Redis({"SET", "ballast" + std::to_string(i), std::string(1 << 16, 'x')});
  }
  const int64_t refused = room_->RefusedByRedis("oom");
  room_->Config("maxmemory", std::to_string(room_->InfoNumber("used_memory") * 100 / 97));
  room_->ExpectClosed(kFull);
  EXPECT_EQ(room_->Read(), "OK");
  EXPECT_EQ(room_->RefusedByRedis("oom"), refused) << "the guard closes before Redis does";
  EXPECT_EQ(room_->Redis({"SET", "room", "1"}), "OK") << "Redis itself has room";
  room_->Config("maxmemory", "0");
  room_->ExpectBack();
  for (int i = 0; i < 400; ++i) room_->Redis({"DEL", "ballast" + std::to_string(i)});
}

TEST_F(StoreStateTest, SnapshotFailed) {
  const std::filesystem::path in_the_way = room_->redis().folder().path() / "dump.rdb";
  const auto enter = [&] {
    std::filesystem::create_directory(in_the_way);
    room_->Config("save", "3600 1000000");
    room_->Redis({"BGSAVE"});
    WaitUntil("the snapshot failed",
              [&] { return room_->redis().redis().Info("rdb_last_bgsave_status") == "err"; });
  };
  const auto leave = [&] {
    room_->Config("save", "");
    std::filesystem::remove(in_the_way);
  };
  room_->ExpectTold(enter, leave, "misconf", kBelowPromise);
}

TEST_F(StoreStateTest, AppendOnlyFileCannotGrow) {
  const auto limit_files = [&](rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    ASSERT_EQ(prlimit(static_cast<pid_t>(room_->InfoNumber("process_id")), RLIMIT_FSIZE, &limit, nullptr), 0);
  };
  const auto enter = [&] {
    limit_files(1);
    room_->Redis({"SET", "lost", "1"});
    WaitUntil("a write to the file failed",
              [&] { return room_->redis().redis().Info("aof_last_write_status") == "err"; });
  };
  const auto leave = [&] {
    limit_files(RLIM_INFINITY);
    WaitUntil("the file is written again",
              [&] { return room_->redis().redis().Info("aof_last_write_status") == "ok"; });
  };
  room_->ExpectTold(enter, leave, "misconf", kBelowPromise);
}

TEST_F(StoreStateTest, ReadOnlyReplica) {
  const auto enter = [] { room_->Redis({"REPLICAOF", "127.0.0.1", "1"}); };
  const auto leave = [] { room_->Redis({"REPLICAOF", "NO", "ONE"}); };
  room_->ExpectTold(enter, leave, "read_only", kReadOnly);
}

TEST_F(StoreStateTest, ReplicaWithoutItsPrimary) {
  const auto enter = [] {
    room_->Config("replica-serve-stale-data", "no");
    room_->Redis({"REPLICAOF", "127.0.0.1", "1"});
  };
  const auto leave = [] {
    room_->Redis({"REPLICAOF", "NO", "ONE"});
    room_->Config("replica-serve-stale-data", "yes");
  };
  room_->ExpectTold(enter, leave, "master_down", kReadOnly);
}

TEST_F(StoreStateTest, TooFewReplicas) {
  room_->ExpectTold([] { room_->Config("min-replicas-to-write", "1"); },
                    [] { room_->Config("min-replicas-to-write", "0"); }, "no_replicas", kBelowPromise);
}

TEST_F(StoreStateTest, StuckInAScript) {
  room_->Config("busy-reply-threshold", "20");
  std::thread stuck;
  const auto enter = [&] {
    stuck = std::thread([] {
      testing::BlockingRedis other(room_->redis().unix_address());
      other.Command({"EVAL", "while true do end", "0"});
    });
    WaitUntil("Redis says so", [] { return room_->Redis({"PING"}).starts_with("BUSY"); });
  };
  const auto leave = [&] {
    room_->Redis({"SCRIPT", "KILL"});
    stuck.join();
  };
  room_->ExpectTold(enter, leave, "busy", kBusy);
}

TEST_F(StoreStateTest, NotAllowed) {
  room_->ExpectTold([] { room_->Redis({"ACL", "SETUSER", "default", "-evalsha"}); },
                    [] { room_->Redis({"ACL", "SETUSER", "default", "+evalsha"}); }, "no_perm", kUnreachable);
}

TEST_F(StoreStateTest, Gone) {
  room_->ExpectTold([] { room_->Kill(); }, [] { room_->redis().Start(); }, "disconnected", kUnreachable);
}

TEST_F(StoreStateTest, LessDurableThanPromised) {
  const std::pair<const char*, std::pair<const char*, const char*>> weakenings[] = {
      {"appendonly", {"no", "yes"}},
      {"appendfsync", {"no", "everysec"}},
      {"maxmemory-policy", {"allkeys-lru", "noeviction"}}};
  for (const auto& [name, values] : weakenings) {
    SCOPED_TRACE(name);
    EXPECT_EQ(room_->Config(name, values.first), "OK");
    room_->ExpectClosed(kBelowPromise);
    EXPECT_EQ(room_->Read(), "OK") << "what is there can still be read";
    EXPECT_EQ(room_->Config(name, values.second), "OK");
    room_->ExpectBack();
  }
}

TEST_F(StoreStateTest, AnotherNamespaceOrShape) {
  const storage::Keys keys("tessera", {.partitions = 64, .buckets = 2048});
  const std::string own = room_->Redis({"GET", keys.Marker(63)});
  EXPECT_EQ(own, "tessera/64/2048/63");
  for (const char* other : {"tessera/64/4096/63", "another/64/2048/63"}) {
    room_->Redis({"SET", keys.Marker(63), other});
    room_->ExpectClosed(kForeign);
    EXPECT_EQ(room_->Read(), kForeign);
    room_->Redis({"SET", keys.Marker(63), own});
    room_->ExpectBack();
  }
}

TEST_F(StoreStateTest, DataThatIsNoneOfOurs) {
  const storage::Keys keys("tessera", {.partitions = 64, .buckets = 2048});
  const std::string key = keys.Definition(kCampaign);
  room_->Redis({"COPY", key, "kept"});
  room_->Redis({"HSET", key, "definition", "\xff\xff"});
  EXPECT_EQ(room_->ReadCampaign(), kNonsense);
  room_->Redis({"SET", key, "a string where a hash should be"});
  EXPECT_EQ(room_->ReadCampaign(), kNonsense);
  EXPECT_GT(room_->RefusedByRedis("wrong_type"), 0);
  room_->Redis({"COPY", "kept", key, "REPLACE"});
  EXPECT_EQ(room_->ReadCampaign(), "OK");
}

// These leave a Redis behind that is not put back into order.

TEST(StoreRestartTest, ReadsItsData) {
  Room room;
  // So many keys that reading them takes about two seconds.
  room.Redis({"EVAL", "for i = 1, 12000 do redis.call('SET', 'ballast' .. i, '') end", "0"});
  const auto enter = [&] {
    room.redis().Kill9();
    room.redis().Launch();
    WaitUntil("it reads its data", [&] { return room.Redis({"PING"}).starts_with("LOADING"); });
  };
  const auto leave = [&] { WaitUntil("it is ready", [&] { return room.redis().redis().Ping(); }); };
  room.ExpectTold(enter, leave, "loading", kLoading);
}

TEST(StoreRestartTest, ComesBackEmpty) {
  Room room;
  room.Kill();
  EXPECT_EQ(room.Claim(), kUnreachable);
  std::filesystem::remove_all(room.redis().folder().path() / "appendonlydir");
  room.redis().Start();
  WaitUntil("the services noticed", [&] { return room.Claim() != kUnreachable; });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(room.Claim(), kEmpty);
    EXPECT_EQ(room.Read(), kEmpty);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(room.Redis({"DBSIZE"}), "0") << "a namespace that was there is never made anew";
}

TEST(StoreRestartTest, IsEmptiedWhileItServes) {
  Room room;
  room.Redis({"FLUSHALL"});
  room.ExpectClosed(kEmpty);
}

}  // namespace
}  // namespace tessera::e2e
