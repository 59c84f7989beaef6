// A refusal leaves no trace: of several coupons of which one can't be used, no key of Redis changes.

#include <map>
#include <set>

#include "stack_contract.h"
#include "store_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::Reason;
using storage::Method;
using storage::ReservedPolicy;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;

class StackRefusalTest : public RoomFor<StackFixture> {
 protected:
  using Image = std::map<std::string, std::string>;

  void SetUp() override { Open(ConfigFor(server_.unix_address())); }

  // Every key with all that it holds.
  Image Dump() {
    Image image;
    for (const std::string& key : server_.redis().List({"KEYS", "*"})) {
      image[key] = server_.Command({"DUMP", key});
    }
    return image;
  }
  static std::vector<std::string> Differences(const Image& before, const Image& after) {
    std::set<std::string> keys;
    for (const auto& [key, value] : before) {
      const auto found = after.find(key);
      if (found == after.end() || found->second != value) keys.insert(key);
    }
    for (const auto& [key, value] : after) {
      if (!before.contains(key)) keys.insert(key);
    }
    return {keys.begin(), keys.end()};
  }
  // Where the record of the operation stands, if it has one.
  std::string RecordKeyOf(const storage::UseIntent& intent) {
    core::OpRef ref;
    ref.partition = intent.user->partition(store_->shape());
    ref.retention = core::Retention::kLong;
    const int64_t kept_ms = redis_->store().config().retention_long.count();
    ref.period = static_cast<uint32_t>(*intent.op.id_time_ms / kept_ms);
    ref.field = intent.op.field;
    return redis_->keys().Operation(ref);
  }

  // `bad` beside good coupons, and then with a code too. Whatever is asked, it is refused for `bad`.
  void ExpectNoTrace(const core::CouponName& bad, Reason reason, std::optional<Reason> held = {}) {
    const CouponNumber a = CouponOff(100);
    const CouponNumber b = CouponOff(200, 1);
    const CodeNumber code = CodeOff(300, 2);
    const Image before = Dump();
    for (const bool partial : {false, true}) {
      storage::UseIntent intent = Stack({a, bad, b}, "order-1");
      intent.partial = partial;
      EXPECT_THAT(Validate(intent), Succeeds());
      if (partial) intent.decide = Refusing(Reason::kNotApplicable);
      EXPECT_THAT(Redeem(intent), Refuses(partial ? Reason::kNotApplicable : reason));
      EXPECT_THAT(Reserve(intent), Refuses(partial ? Reason::kNotApplicable : held.value_or(reason)));
    }
    EXPECT_THAT(Differences(before, Dump()), IsEmpty());
    // A code that was taken for the call is free again, and all that stays is that this attempt at it is
    // over.
    const storage::UseIntent with_code = Stack({a, code, bad, b}, "order-1");
    EXPECT_THAT(Redeem(with_code), Refuses(reason));
    EXPECT_THAT(Differences(before, Dump()), IsSubsetOf({RecordKeyOf(with_code)}));
    EXPECT_EQ(View(code)->coupon, std::nullopt);
    trials_ += 6;
  }
  void TearDown() override { testing::PrintTrials("refused stacks that left no trace", trials_); }

  testing::RedisServer server_;
  int64_t trials_ = 0;
};

TEST_F(StackRefusalTest, OfOneThatIsNotTheirs) {
  const CouponNumber coupon = CouponOff(500);
  ExpectNoTrace(CouponNumber::Of(store_->shape(), coupon.partition(store_->shape()),
                                 coupon.bucket(store_->shape()), 1'000),
                Reason::kCouponNotFound);
  ExpectNoTrace(Coupon(campaigns_[0], 2), Reason::kCouponOfAnotherUser);
  ExpectNoTrace(Claim(campaigns_[0], UserBeside(1))->number, Reason::kCouponOfAnotherUser);
}

TEST_F(StackRefusalTest, OfOneThatIsUsedRevokedOrHeld) {
  const CouponNumber redeemed = CouponOff(500);
  ASSERT_THAT(Redeem(redeemed, "order-0"), Succeeds());
  ExpectNoTrace(redeemed, Reason::kCouponAlreadyRedeemed);
  const CouponNumber revoked = CouponOff(500);
  ASSERT_THAT(Revoke(revoked, ReservedPolicy::kWait, false), Succeeds());
  ExpectNoTrace(revoked, Reason::kCouponRevoked);
  const CouponNumber held = CouponOff(500);
  ASSERT_THAT(Reserve(held, "order-0"), Succeeds());
  ExpectNoTrace(held, Reason::kCouponReserved);
}

TEST_F(StackRefusalTest, OfOneOutOfItsTime) {
  const core::InstantMs end = Now() + 2'500;
  const CouponNumber late = CouponOff(500, 0, [&](CampaignDefinition& d) { d.use_window.end_ms = end; });
  const CouponNumber early =
      CouponOff(500, 0, [&](CampaignDefinition& d) { d.use_window.start_ms = end + 600'000; });
  ExpectNoTrace(early, Reason::kCouponNotYetValid);
  store_->WaitUntil(end);
  ExpectNoTrace(late, Reason::kCouponExpired);
}

TEST_F(StackRefusalTest, OfOneWhoseCampaignIsPaused) {
  const CouponNumber coupon =
      CouponOff(500, 0, [](CampaignDefinition& d) { d.pause_scope = core::PauseScope::kIssueAndRedeem; });
  ASSERT_THAT(Move(campaigns_.back(), core::Transition::kPause), Succeeds());
  ExpectNoTrace(coupon, Reason::kCampaignPaused);
}

TEST_F(StackRefusalTest, OfOneThatTheOrderRefuses) {
  ExpectNoTrace(CouponOff(500, 0, [](CampaignDefinition& d) { d.offer.minimum_spend_minor = 100'000; }),
                Reason::kMinimumSpendNotMet);
}

TEST_F(StackRefusalTest, OfACode) {
  const std::string id = Off(500, 0, [](CampaignDefinition& d) { d.limits.per_user_total = 1; });
  ASSERT_THAT(Claim(id, User(1)), Succeeds());
  const CodeNumber beyond_quota = WatchedCode(id);
  ExpectNoTrace(beyond_quota, Reason::kUserQuota, Reason::kCodeNotBound);
  ASSERT_THAT(RedeemBy(2, beyond_quota, "order-0"), Succeeds());
  ExpectNoTrace(beyond_quota, Reason::kCouponOfAnotherUser);
  const CodeNumber revoked = WatchedCode(id);
  ASSERT_THAT(Revoke(revoked, ReservedPolicy::kWait, false), Succeeds());
  ExpectNoTrace(revoked, Reason::kCouponRevoked);
  ExpectNoTrace(CodeNumber{revoked.value + uint64_t{store_->shape().partitions} * 1'000'000},
                Reason::kCouponNotFound);
}

// The judge itself: a use leaves traces.
TEST_F(StackRefusalTest, AUseIsSeen) {
  const storage::UseIntent intent = Stack({CouponOff(500), CodeOff(100)}, "order-1");
  const Image before = Dump();
  ASSERT_THAT(Redeem(intent), Succeeds());
  EXPECT_GE(Differences(before, Dump()).size(), 5u) << "record, wallet, ledger, two campaigns";
}

}  // namespace
}  // namespace tessera::contract
