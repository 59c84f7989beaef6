// Validating, as Redis counts it: not one command that writes.

#include <map>
#include <set>
#include <sstream>

#include "stack_contract.h"
#include "store_room.h"

namespace tessera::contract {
namespace {

using core::Reason;
using storage::Method;

class ValidateTest : public RoomFor<StackFixture> {
 protected:
  void SetUp() override { Open(ConfigFor(server_.unix_address())); }

  // How often each command that can write was called, by a script or without one.
  std::map<std::string, std::string> WritesSoFar() {
    std::map<std::string, std::string> writes;
    std::istringstream lines(server_.Command({"INFO", "commandstats"}));
    for (std::string line; std::getline(lines, line);) {
      const size_t colon = line.find(':');
      if (!line.starts_with("cmdstat_") || colon == std::string::npos) continue;
      const std::string name = line.substr(8, colon - 8);
      if (kReads.contains(name)) continue;
      writes[name] = line.substr(colon + 1, line.find(',') - colon - 1);
    }
    return writes;
  }

  const std::set<std::string> kReads = {
      "hget",     "hmget",      "hgetall", "evalsha",      "evalsha_ro",    "eval_ro",          "time",
      "info",     "config|get", "xrange",  "xinfo|stream", "zrangebyscore", "zrevrangebyscore", "zrange",
      "get",      "role",       "ping",    "script|load",  "hello",         "client|setname",   "exists",
      "smembers", "zscore",     "hlen",    "strlen"};
  testing::RedisServer server_;
};

TEST_F(ValidateTest, WritesNothingWhateverItSays) {
  const std::string budget = Off(500, 0, [](core::CampaignDefinition& d) {
    d.use_limits.budget_total_minor = 700;
    d.use_limits.uses_per_user_total = 3;
  });
  const core::CouponNumber used = Coupon(budget, 1);
  ASSERT_THAT(RedeemStack({used}, "order-1"), Succeeds());
  const core::CouponNumber too_much = Coupon(budget, 1);
  const core::CouponNumber good = CouponOff(300, 1);
  const core::CodeNumber code = CodeOff(200, 2);
  const core::CouponNumber held = CouponOff(100, 3);
  ASSERT_THAT(ReserveStack({held}, "order-2"), Succeeds());
  const Names all = {used, too_much, good, code, held, core::CouponNumber{7}};
  // Everything that is remembered once is remembered by then, and every script is loaded.
  ASSERT_TRUE(Await(store_->redemptions().Validate(Stack(all, "order-3"))).ok());

  const auto before = WritesSoFar();
  ASSERT_FALSE(before.empty());
  constexpr int kTimes = 20;
  for (int i = 0; i < kTimes; ++i) {
    const auto verdict = Await(store_->redemptions().Validate(Stack(all, "order-3")));
    ASSERT_TRUE(verdict.ok());
    EXPECT_EQ(Refused(verdict->coupons[0]), Reason::kCouponAlreadyRedeemed);
    EXPECT_EQ(Refused(verdict->coupons[1]), Reason::kBudget);
    EXPECT_NE(Applied(verdict->coupons[2]), nullptr);
    EXPECT_NE(Applied(verdict->coupons[3]), nullptr);
    EXPECT_EQ(Refused(verdict->coupons[4]), Reason::kCouponReserved);
    EXPECT_EQ(verdict->discount_minor, 500);
  }
  EXPECT_EQ(WritesSoFar(), before);

  // The count itself sees a write where there is one.
  ASSERT_THAT(RedeemStack({good, code}, "order-3"), Succeeds());
  EXPECT_NE(WritesSoFar(), before);
}

}  // namespace
}  // namespace tessera::contract
