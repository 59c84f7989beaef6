// No effect without its entry on the ledger, wherever Redis dies: its append-only file is cut at any byte,
// and what comes back from it must agree with its own ledger to the last coupon.

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "store_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using storage::VerifyDepth;

constexpr char kName[] = "cut";

class CutLogTest : public StoreRoom {
 protected:
  static testing::RedisServerOptions Options(bool start) {
    testing::RedisServerOptions options;
    options.durability = testing::RedisDurability::kFsync;
    options.start = start;
    return options;
  }
  void OpenOn(testing::RedisServer& server) {
    RedisUnderTest::Options options;
    options.name = kName;
    Open(ConfigFor(server.unix_address()), options);
  }

  // Everything that can happen to coupons, some of it twice at once.
  void Work(const std::string& campaign, uint32_t first) {
    std::vector<core::CouponNumber> coupons;
    for (uint32_t i = 0; i < 10; ++i) coupons.push_back(Coupon(campaign, first + i));
    storage::IssueIntent batch;
    batch.campaign_id = campaign;
    batch.deadline = Soon();
    for (uint32_t i = 0; i < 20; ++i)
      batch.items.push_back({NewOp(storage::Method::kIssueCoupon), User(first + i)});
    for (const auto& issued : Issue(std::move(batch))) EXPECT_THAT(issued, Succeeds());
    const auto redeemed = Redeem(coupons[0], "order-1");
    ASSERT_THAT(redeemed, Succeeds());
    EXPECT_THAT(Rollback(redeemed->ref), Succeeds());
    EXPECT_THAT(Redeem(coupons[1], "order-1"), Succeeds());
    const auto held = Reserve(coupons[2], "order-2");
    ASSERT_THAT(held, Succeeds());
    EXPECT_THAT(Commit(*held), Succeeds());
    const auto let_go = Reserve(coupons[3], "order-3");
    ASSERT_THAT(let_go, Succeeds());
    EXPECT_THAT(Release(let_go->ref), Succeeds());
    EXPECT_THAT(Reserve(coupons[4], "order-4"), Succeeds());
    EXPECT_THAT(Revoke(coupons[4], storage::ReservedPolicy::kBreak, true), Succeeds());
    EXPECT_THAT(Revoke(coupons[5], storage::ReservedPolicy::kWait, false), Succeeds());
    EXPECT_THAT(Reserve(coupons[6], "order-5", 1), Succeeds());
    ApplyAll();
    Sweep();
  }

  // The names of all terms that differ.
  std::set<std::string> Terms() {
    const auto verification = Await(store_->ledger().Verify("", VerifyDepth::kWallets, Soon()));
    if (!verification.ok()) return {verification.error().message + " " + verification.error().cause};
    std::set<std::string> terms;
    for (const storage::Difference& difference : verification->differences) terms.insert(difference.term);
    return terms;
  }

  // The file that Redis appends to.
  static std::filesystem::path Log(const testing::RedisServer& server) {
    for (const auto& entry : std::filesystem::directory_iterator(server.folder().path() / "appendonlydir")) {
      if (entry.path().string().find(".incr.") != std::string::npos) return entry.path();
    }
    throw std::runtime_error("there is no append-only file");
  }
};

TEST_F(CutLogTest, NoEffectIsWithoutItsEventWhereverTheLogIsCut) {
  testing::RedisServer first(Options(true));
  OpenOn(first);
  core::CampaignDefinition definition = Definition();
  definition.limits.stock_total = 500;
  definition.limits.stock_per_day = 400;
  definition.limits.per_user_total = 100;
  const std::string campaign = Active(definition);
  const uint64_t begin = std::filesystem::file_size(Log(first));
  for (uint32_t round = 0; round < 3; ++round) Work(campaign, round * 1000);
  EXPECT_THAT(Terms(), ::testing::IsEmpty());
  const storage::CampaignTotals whole = Totals(campaign);
  store_.reset();
  first.Kill9();
  const uint64_t end = std::filesystem::file_size(Log(first));
  ASSERT_GT(end, begin + 10'000);

  std::mt19937_64 random(20240521);
  const int64_t trials = testing::Trials(40, 1000);
  std::set<int64_t> issued;
  for (int64_t trial = 0; trial < trials; ++trial) {
    const uint64_t cut = trial == 0 ? end : std::uniform_int_distribution<uint64_t>(begin, end)(random);
    SCOPED_TRACE("cut at byte " + std::to_string(cut) + " of " + std::to_string(end));
    testing::RedisServer again(Options(false));
    std::filesystem::copy(first.folder().path() / "appendonlydir", again.folder().path() / "appendonlydir");
    std::filesystem::resize_file(Log(again), cut);
    again.Start();
    OpenOn(again);
    EXPECT_THAT(Terms(), ::testing::IsEmpty());
    const storage::CampaignTotals totals = Totals(campaign);
    EXPECT_EQ(totals.issued, totals.available_now + totals.reserved_now + totals.redeemed_now +
                                 totals.expired + totals.revoked);
    if (trial == 0) {
      EXPECT_EQ(totals, whole);
    }
    issued.insert(totals.issued);
    store_.reset();
  }
  EXPECT_GT(issued.size(), 10u) << "the cuts fell on different moments";
  testing::PrintTrials("append-only file cut at any byte", trials);
}

// The check above is worth something only if it sees an effect whose event is missing.
TEST_F(CutLogTest, AnEffectWithoutItsEventIsSeen) {
  testing::RedisServer server(Options(true));
  OpenOn(server);
  const std::string campaign = Active();
  const core::CouponNumber coupon = Coupon(campaign, 1);
  ASSERT_THAT(Redeem(coupon, "order-1"), Succeeds());
  ApplyAll();
  ASSERT_THAT(Terms(), ::testing::IsEmpty());
  const uint32_t partition = coupon.partition(redis_->keys().shape());
  const std::string ledger = redis_->keys().Ledger(partition);
  const auto newest = server.redis().List({"XREVRANGE", ledger, "+", "-", "COUNT", "1"});
  ASSERT_FALSE(newest.empty());
  EXPECT_EQ(server.Command({"XDEL", ledger, newest[0]}), "1");
  EXPECT_EQ(server.Command({"DEL", redis_->keys().Totals(partition)}), "1");
  EXPECT_THAT(Terms(), ::testing::Contains("redeemed: ledger = counter"));
}

}  // namespace
}  // namespace tessera::contract
