// Many orders want overlapping stacks of the same coupons and codes at the same time.

#include <map>
#include <random>
#include <set>

#include "async/when_all.h"
#include "stack_contract.h"
#include "store_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using core::CodeNumber;
using core::CouponNumber;
using core::Reason;
using storage::Method;

constexpr size_t kOrders = 64;
constexpr size_t kCoupons = 20;
constexpr size_t kCodes = 16;

class StackRushTest : public RoomFor<StackFixture> {
 protected:
  struct Order {
    storage::UseIntent intent;
    std::optional<core::Result<storage::Redemption>> answer;
  };

  void SetUp() override {
    Open(ConfigFor(server_.unix_address()), {}, {.partitions = 16, .buckets = 64});
    for (int32_t i = 0; i < 4; ++i) Off(10, i);
  }

  // The coupons of User(1), codes, and orders on both. Every fourth order is another user's, for codes alone.
  void Prepare() {
    coupons_.clear();
    codes_.clear();
    orders_.clear();
    for (size_t i = 0; i < kCoupons; ++i) coupons_.push_back(Coupon(campaigns_[i % 4], 1));
    for (size_t i = 0; i < kCodes; ++i) WatchedCode(campaigns_[i % 4]);
    for (size_t i = 0; i < kOrders; ++i) {
      const bool mine = i % 4 != 0;
      Names names;
      const auto draw = [&](const auto& pool, size_t count) {
        std::vector<core::CouponName> drawn(pool.begin(), pool.end());
        std::shuffle(drawn.begin(), drawn.end(), random_);
        names.insert(names.end(), drawn.begin(), drawn.begin() + static_cast<int64_t>(count));
      };
      if (mine) draw(coupons_, 1 + random_() % 4);
      draw(codes_, mine ? random_() % 3 : 2 + random_() % 2);
      std::shuffle(names.begin(), names.end(), random_);
      Order& order = orders_.emplace_back();
      order.intent = Use(Method::kRedeemCoupons, names, mine ? 1 : 100 + static_cast<uint32_t>(i),
                         "order-" + std::to_string(++orders_made_));
    }
  }

  virtual async::Task<core::Result<storage::Redemption>> RedeemOne(storage::UseIntent intent) {
    return store_->redemptions().Redeem(std::move(intent));
  }
  async::Task<void> RedeemInto(Order* order) { order->answer = co_await RedeemOne(order->intent); }

  void Rush() {
    std::vector<async::Task<void>> tasks;
    for (Order& order : orders_) tasks.push_back(RedeemInto(&order));
    Await(async::WhenAll(std::move(tasks)));
    // Those who were in each other's way ask again, one after the other.
    for (Order& order : orders_) {
      if (order.answer->ok()) continue;
      order.intent.op.deadline = Soon();
      order.answer = Await(RedeemOne(order.intent));
    }
  }

  // The coupon that a name means, if it was used.
  std::optional<CouponNumber> Used(const core::CouponName& name) {
    if (const auto* code = std::get_if<CodeNumber>(&name)) return View(*code)->coupon;
    const auto number = std::get<CouponNumber>(name);
    if (StateOf(number) != storage::CouponState::kRedeemed) return std::nullopt;
    return number;
  }

  // What is wrong with the outcome of a rush.
  std::vector<std::string> Wrongs() {
    std::vector<std::string> wrongs;
    std::map<core::CouponName, int> uses;
    for (const Order& order : orders_) {
      if (!order.answer->ok()) continue;
      const storage::Redemption& redemption = **order.answer;
      std::set<core::CouponName> used;
      for (const core::AppliedCoupon& applied : redemption.coupons) used.insert(applied.key.name);
      bool whole = used.size() == order.intent.coupons.size();
      for (const core::CouponName& name : order.intent.coupons) {
        ++uses[name];
        const std::optional<CouponNumber> coupon = Used(name);
        whole = whole && coupon && used.contains(*coupon) && GetCoupon(*coupon)->redemption == redemption.ref;
      }
      if (!whole) wrongs.push_back(redemption.order_id + " has not all of its coupons");
    }
    Names pool(coupons_.begin(), coupons_.end());
    pool.insert(pool.end(), codes_.begin(), codes_.end());
    for (const core::CouponName& name : pool) {
      if (uses[name] > 1) wrongs.emplace_back("a coupon was used twice");
      if (uses[name] == 0 && Used(name))
        wrongs.emplace_back("a coupon was used by an order that was refused");
    }
    for (const Order& order : orders_) {
      const Names& names = order.intent.coupons;
      if (order.answer->ok()) continue;
      const bool rightly =
          std::any_of(names.begin(), names.end(), [&](const auto& name) { return uses[name] > 0; });
      if (!rightly) wrongs.push_back(order.intent.order.order_id + " was refused what nobody has");
    }
    return wrongs;
  }
  int64_t Winners() {
    return std::count_if(orders_.begin(), orders_.end(),
                         [](const Order& order) { return order.answer->ok(); });
  }

  testing::RedisServer server_;
  std::mt19937_64 random_{7};
  std::vector<CouponNumber> coupons_;
  std::vector<Order> orders_;
  int orders_made_ = 0;
};

TEST_F(StackRushTest, EachCouponIsUsedOnceAndEachStackAsAWholeOrNotAtAll) {
  const int64_t rounds = testing::Trials(4, 60);
  int64_t winners = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    Prepare();
    Rush();
    EXPECT_THAT(Wrongs(), ::testing::IsEmpty()) << "round " << round;
    winners += Winners();
    for (const Order& order : orders_) {
      if (order.answer->ok()) continue;
      EXPECT_THAT(*order.answer, ::testing::AnyOf(Refuses(Reason::kCouponAlreadyRedeemed),
                                                  Refuses(Reason::kCouponOfAnotherUser)));
    }
  }
  EXPECT_GT(winners, 4 * rounds);
  Sweep();
  ExpectVerified();
  testing::PrintTrials("64 orders on stacks of the same 20 coupons and 16 codes, rounds", rounds);
}

// The judge itself: a store that uses the coupons of a stack one after the other.
class OneByOneTest : public StackRushTest {
 protected:
  async::Task<core::Result<storage::Redemption>> RedeemOne(storage::UseIntent intent) override {
    std::optional<core::Result<storage::Redemption>> all;
    for (const core::CouponName& name : intent.coupons) {
      storage::UseIntent one = intent;
      one.coupons = {name};
      one.op = NewOp(Method::kRedeemCoupons);
      auto redemption = co_await store_->redemptions().Redeem(std::move(one));
      if (!redemption.ok()) co_return std::move(redemption).error();
      if (all)
        redemption->coupons.insert(redemption->coupons.end(), (*all)->coupons.begin(), (*all)->coupons.end());
      all = std::move(redemption);
    }
    co_return std::move(*all);
  }
};

TEST_F(OneByOneTest, IsCaught) {
  Prepare();
  Rush();
  const std::vector<std::string> wrongs = Wrongs();
  EXPECT_THAT(wrongs, ::testing::Contains("a coupon was used by an order that was refused"));
}

}  // namespace
}  // namespace tessera::contract
