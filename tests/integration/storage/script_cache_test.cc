// Redis may forget its scripts at any time: nobody who calls the store notices.

#include <array>
#include <atomic>
#include <thread>

#include "store_room.h"

namespace tessera::contract {
namespace {

// Counts what became of the client's commands.
class Counting final : public redis::Observer {
 public:
  void OnCommand(const redis::Command&, std::chrono::nanoseconds, const redis::Error* error) override {
    ++commands;
    if (error != nullptr) ++failed;
  }
  void OnRetry(const redis::Command&, const redis::Error& error) override {
    if (error.kind == redis::ErrorKind::kNoScript) ++unknown_scripts;
  }
  int commands = 0;
  int failed = 0;
  int unknown_scripts = 0;
};

class ScriptCacheTest : public StoreRoom {
 protected:
  explicit ScriptCacheTest() : server_(Options()) {
    redis::Config config = ConfigFor(server_.unix_address());
    // A restart takes as long as it takes on this machine.
    config.unavailable_grace_ms = 20'000;
    RedisUnderTest::Options options;
    options.observer = &counting_;
    Open(config, options);
  }

  static testing::RedisServerOptions Options() {
    testing::RedisServerOptions options;
    options.durability = testing::RedisDurability::kEverysec;
    return options;
  }

  // A call of every script that a service runs on its callers' behalf; `forget` runs before each.
  void LiveOnce(const std::function<void()>& forget) {
    core::CampaignDefinition definition = Definition();
    definition.limits.stock_total = 50;
    forget();
    const std::string campaign = Draft(definition);
    forget();
    ASSERT_THAT(Move(campaign, core::Transition::kActivate), Succeeds());
    forget();
    const auto first = Claim(campaign, User(1));
    ASSERT_THAT(first, Succeeds());
    forget();
    const auto reserved = Reserve(first->number, "order-1");
    ASSERT_THAT(reserved, Succeeds());
    forget();
    ASSERT_THAT(Release(reserved->ref), Succeeds());
    const auto again = Reserve(first->number, "order-1");
    ASSERT_THAT(again, Succeeds());
    forget();
    const auto committed = Commit(*again);
    ASSERT_THAT(committed, Succeeds());
    forget();
    ASSERT_THAT(Rollback(committed->ref), Succeeds());
    forget();
    ASSERT_THAT(Validate(first->number, "order-2"), Succeeds());
    forget();
    ASSERT_THAT(Redeem(first->number, "order-2"), Succeeds());
    forget();
    EXPECT_EQ(Wallet(User(1)).size(), 1u);
    const auto second = Claim(campaign, User(2));
    ASSERT_THAT(second, Succeeds());
    forget();
    ASSERT_THAT(Revoke(second->number, storage::ReservedPolicy::kWait, true), Succeeds());
    forget();
    EXPECT_EQ(Totals(campaign).issued, 2);
    forget();
    Sweep();
    forget();
    ExpectVerified();
  }

  Counting counting_;
  testing::RedisServer server_;
};

TEST_F(ScriptCacheTest, NobodyNoticesThatEveryScriptIsForgottenBeforeEachCall) {
  LiveOnce([&] { server_.Command({"SCRIPT", "FLUSH"}); });
  EXPECT_EQ(counting_.failed, 0);
  EXPECT_GT(counting_.unknown_scripts, 12);
  std::printf("%d commands, %d met a Redis that did not know the script\n", counting_.commands,
              counting_.unknown_scripts);
}

TEST_F(ScriptCacheTest, NobodyNoticesARestartBeforeEachCall) {
  LiveOnce([&] { server_.Restart(); });
  EXPECT_EQ(counting_.failed, 0);
  EXPECT_GT(counting_.unknown_scripts, 12);
}

TEST_F(ScriptCacheTest, NobodyNoticesScriptsForgottenInALoopUnderLoad) {
  const std::string campaign = Active();
  std::atomic<bool> stop{false};
  int64_t flushes = 0;
  std::thread forgetful([&] {
    testing::BlockingRedis other(server_.unix_address());
    while (!stop) {
      other.Command({"SCRIPT", "FLUSH"});
      ++flushes;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  });
  int64_t claims = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < end) {
    storage::IssueIntent intent;
    intent.campaign_id = campaign;
    intent.deadline = Soon();
    for (uint32_t i = 0; i < 64; ++i) intent.items.push_back({NewOp(storage::Method::kClaimCoupon), User(i)});
    for (const auto& issued : Issue(std::move(intent))) {
      EXPECT_THAT(issued, Succeeds());
      ++claims;
    }
  }
  stop = true;
  forgetful.join();
  EXPECT_EQ(counting_.failed, 0);
  EXPECT_GT(counting_.unknown_scripts, 0);
  EXPECT_EQ(Totals(campaign).issued, claims);
  std::printf("%lld claims, %lld flushes, %d scripts met unknown\n", static_cast<long long>(claims),
              static_cast<long long>(flushes), counting_.unknown_scripts);
}

}  // namespace
}  // namespace tessera::contract
