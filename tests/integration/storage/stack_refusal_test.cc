// A refusal leaves no trace: of several coupons of which one can't be used, no key of Redis changes. Money
// alone may have moved, and is as much as before.

#include <map>
#include <set>
#include <thread>

#include "stack_contract.h"
#include "storage/redis/records.h"
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

  // Every key with all that it holds; what a partition has of a watched campaign's budgets by itself. Hashes
  // by their fields: in a large one their order changes by itself.
  Image Dump() {
    Image image;
    for (const std::string& key : server_.redis().List({"KEYS", "*"})) {
      if (server_.Command({"TYPE", key}) != "hash") {
        image[key] = server_.Command({"DUMP", key});
        continue;
      }
      for (const auto& [field, value] : Hash(key)) {
        if (campaign_keys_.contains(key)) {
          image[key + " " + field] = value;
        } else {
          image[key] += field + "=" + value + ";";
        }
      }
    }
    return image;
  }
  std::map<std::string, std::string> Hash(const std::string& key) {
    std::map<std::string, std::string> hash;
    const std::vector<std::string> reply = server_.redis().List({"HGETALL", key});
    for (size_t i = 0; i + 1 < reply.size(); i += 2) hash[reply[i]] = reply[i + 1];
    return hash;
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

  // A campaign of so much off with budgets, in all and of a day.
  std::string Budgeted(int64_t off_minor, std::optional<int64_t> total_minor,
                       std::optional<int64_t> day_minor) {
    std::string id = Off(off_minor, 0, [&](CampaignDefinition& d) {
      d.use_limits.budget_total_minor = total_minor;
      d.use_limits.budget_per_day_minor = day_minor;
    });
    for (uint32_t p = 0; p < store_->shape().partitions; ++p) {
      campaign_keys_.insert(redis_->keys().Campaign(p, Get(id).number));
    }
    budgeted_.push_back(id);
    return id;
  }
  // What may hold money: parts of partitions, and the books at home.
  std::set<std::string> PlacesOfMoney() {
    std::set<std::string> places;
    for (const std::string& key : campaign_keys_) {
      for (const char* field : {" b", " B"}) places.insert(key + field);
    }
    for (const std::string& id : budgeted_) {
      places.insert(redis_->keys().LimitBooks(id, storage::LimitKind::kBudget, 0));
      places.insert(redis_->keys().LimitBooks(id, storage::LimitKind::kBudgetPerDay, Today()));
    }
    return places;
  }
  // Of one budget: what is at hand anywhere, on its way there too, and what is spent.
  struct Money {
    int64_t left = 0;
    int64_t used = 0;
    bool operator==(const Money&) const = default;
  };
  Money MoneyOf(const std::string& id, storage::LimitKind kind) {
    const bool of_day = kind == storage::LimitKind::kBudgetPerDay;
    const auto books = Hash(redis_->keys().LimitBooks(id, kind, of_day ? Today() : 0));
    const auto booked = [&books](const std::string& field) {
      const auto found = books.find(field);
      return found == books.end() ? 0 : std::atoll(found->second.c_str());
    };
    const core::UseLimits limits = Get(id).definition.use_limits;
    Money money;
    money.left = books.contains("pool")
                     ? booked("pool")
                     : (of_day ? limits.budget_per_day_minor : limits.budget_total_minor).value_or(0);
    for (uint32_t p = 0; p < store_->shape().partitions; ++p) {
      const auto part = storage::OpenShare(
          server_.Command({"HGET", redis_->keys().Campaign(p, Get(id).number), of_day ? "B" : "b"}));
      const storage::StoredShare share = part.value_or(storage::StoredShare());
      const std::string place = std::to_string(p);
      money.left += share.share + booked("l" + place) - share.got + share.sent - booked("r" + place);
      money.used += share.used;
    }
    return money;
  }
  std::vector<Money> AllMoney() {
    std::vector<Money> all;
    for (const std::string& id : budgeted_) {
      for (const auto kind : {storage::LimitKind::kBudget, storage::LimitKind::kBudgetPerDay}) {
        all.push_back(MoneyOf(id, kind));
      }
    }
    return all;
  }
  // The days of these campaigns are UTC's.
  core::InstantMs Today() { return Now() / 86'400'000 * 86'400'000; }

  // Nothing but money may have moved, and records of refused calls that had taken a code.
  void ExpectMovedMoneyAlone(const Image& before, const std::vector<Money>& money,
                             const std::set<std::string>& records) {
    std::set<std::string> allowed = PlacesOfMoney();
    allowed.insert(records.begin(), records.end());
    EXPECT_THAT(Differences(before, Dump()), IsSubsetOf(allowed));
    EXPECT_EQ(AllMoney(), money);
  }

  testing::RedisServer server_;
  std::set<std::string> campaign_keys_;  // in every partition, of those with budgets
  std::vector<std::string> budgeted_;
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

TEST_F(StackRefusalTest, OfAUseQuota) {
  const auto limits = {&core::UseLimits::uses_per_user_total, &core::UseLimits::uses_per_user_per_day,
                       &core::UseLimits::uses_per_user_per_week, &core::UseLimits::uses_per_user_per_month};
  const Reason reasons[] = {Reason::kUseQuota, Reason::kUseQuotaPerDay, Reason::kUseQuotaPerWeek,
                            Reason::kUseQuotaPerMonth};
  const Reason* reason = reasons;
  for (const auto limit : limits) {
    const std::string id = Off(500, 0, [&](CampaignDefinition& d) { d.use_limits.*limit = 1; });
    ASSERT_THAT(Redeem(Stack({Coupon(id, 1)}, "order-0")), Succeeds());
    ExpectNoTrace(Coupon(id, 1), *reason++);
  }
}

TEST_F(StackRefusalTest, OfABudget) {
  for (const bool of_day : {false, true}) {
    // Money is needed of one, too, that has enough; of the other one, some is spent, and some lies about.
    const CouponNumber rich = Coupon(Budgeted(100, 10'000, 5'000), 1);
    const std::string id = of_day ? Budgeted(500, 9'000, 1'300) : Budgeted(500, 1'300, std::nullopt);
    const CouponNumber poor = Coupon(id, 1);
    const CouponNumber poor_too = Coupon(id, 1);
    const CodeNumber code = CodeOff(300, 2);
    for (const uint32_t user : {2, 3})
      ASSERT_THAT(Redeem(Use(Method::kRedeemCoupons, Names{Coupon(id, user)}, user, "order-0")), Succeeds());
    const std::vector<Money> money = AllMoney();
    EXPECT_EQ(money.at(money.size() - (of_day ? 1 : 2)), (Money{300, 1'000}));
    const Image before = Dump();
    const Reason reason = of_day ? Reason::kBudgetPerDay : Reason::kBudget;
    std::set<std::string> records;
    for (int i = 0; i < 3; ++i) {
      EXPECT_THAT(RedeemStack({rich, poor}, "order-1"), RefusesWith(reason, "coupon", "coupons[1]"));
      EXPECT_THAT(ReserveStack({poor_too, rich, poor}, "order-1"), Refuses(reason));
      const storage::UseIntent with_code = Stack({code, rich, poor}, "order-1");
      EXPECT_THAT(Redeem(with_code), RefusesWith(reason, "coupon", "coupons[2]"));
      records.insert(RecordKeyOf(with_code));
      EXPECT_THAT(Validate(with_code), Succeeds());
      ExpectMovedMoneyAlone(before, money, records);
      trials_ += 4;
    }
    EXPECT_EQ(View(code)->coupon, std::nullopt);
    // What has moved is as good as before: all of it can be spent.
    storage::UseIntent rest = Stack({poor}, "order-2");
    Buy(rest, 300);
    EXPECT_THAT(Redeem(rest), Succeeds());
    EXPECT_THAT(RedeemStack({rich, code}, "order-3"), Succeeds());
  }
  ExpectVerified();
}

TEST_F(StackRefusalTest, OfOneThatIsListedTwice) {
  const CouponNumber a = CouponOff(100);
  const CouponNumber b = CouponOff(200, 1);
  const std::string id = Off(300, 2);
  const CodeNumber bound = WatchedCode(id);
  const CodeNumber free = WatchedCode(id);
  const auto coupon = Bind(bound, 1);
  ASSERT_THAT(coupon, Succeeds());
  const Image before = Dump();
  for (const Names& names : {Names{a, b, a}, Names{b, coupon->number, bound}, Names{bound, b, coupon->number},
                             Names{free, a, free}}) {
    EXPECT_THAT(RedeemStack(names, "order-1"), RefusesWith(Reason::kListedTwice, "coupon", "coupons[2]"));
    EXPECT_FALSE(ReserveStack(names, "order-1").ok());
    EXPECT_THAT(Validate(Stack(names, "order-1")), Succeeds());
    trials_ += 3;
  }
  EXPECT_THAT(Differences(before, Dump()), IsEmpty());
}

TEST_F(StackRefusalTest, OfOneThatConflicts) {
  ExpectNoTrace(CouponOff(500, 9, [](CampaignDefinition& d) { d.offer.stacking.exclusive = true; }),
                Reason::kNotApplicable);
}

TEST_F(StackRefusalTest, OfACallThatWasFenced) {
  const Names names = {CouponOff(500), CodeOff(300), CouponOff(100)};
  for (const auto method : {Method::kRedeemCoupons, Method::kReserveCoupons}) {
    storage::UseIntent intent =
        Stack(method == Method::kRedeemCoupons ? names : Names{names[0], names[2]}, "order-1");
    intent.op = NewOp(method);
    storage::OperationQuery query;
    query.method = method;
    query.partition = User(1).partition(store_->shape());
    query.field = intent.op.field;
    query.id_time_ms = intent.op.id_time_ms;
    query.deadline = Soon();
    ASSERT_THAT(Await(store_->redemptions().FenceOperation(query)), Succeeds());
    const Image before = Dump();
    const auto refused = method == Method::kRedeemCoupons ? core::Status(Redeem(intent).error())
                                                          : core::Status(Reserve(intent).error());
    EXPECT_THAT(refused, Refuses(Reason::kOperationFenced));
    EXPECT_THAT(Differences(before, Dump()), IsEmpty());
    ++trials_;
  }
}

TEST_F(StackRefusalTest, OfACallThatIsLate) {
  const CouponNumber a = CouponOff(500);
  const CouponNumber b = CouponOff(100, 1);
  storage::UseIntent with_code = Stack({a, CodeOff(300), b}, "order-1");
  storage::UseIntent without = Stack({a, b}, "order-1");
  const Image before = Dump();
  with_code.op.deadline = without.op.deadline = Past();
  EXPECT_THAT(Redeem(with_code), Refuses(Reason::kDeadlinePassed));
  EXPECT_THAT(Redeem(without), Refuses(Reason::kDeadlinePassed));
  // Its time is over while it is judged.
  const auto slow = [](storage::UseIntent intent) {
    intent.op.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    intent.decide = [decide = intent.decide, deadline = intent.op.deadline](
                        std::span<const storage::Candidate> candidates, core::InstantMs now) {
      std::this_thread::sleep_until(deadline + std::chrono::milliseconds(50));
      return decide(candidates, now);
    };
    return intent;
  };
  EXPECT_THAT(Redeem(slow(with_code)), Refuses(Reason::kDeadlinePassed));
  EXPECT_THAT(Redeem(slow(without)), Refuses(Reason::kDeadlinePassed));
  without.op = NewOp(Method::kReserveCoupons);
  EXPECT_THAT(Reserve(slow(without)), Refuses(Reason::kDeadlinePassed));
  EXPECT_THAT(Differences(before, Dump()), IsEmpty());
  trials_ += 5;
}

// The judge itself: a use leaves traces, and spends.
TEST_F(StackRefusalTest, AUseIsSeen) {
  const storage::UseIntent intent = Stack({CouponOff(500), CodeOff(100)}, "order-1");
  const Image before = Dump();
  ASSERT_THAT(Redeem(intent), Succeeds());
  EXPECT_GE(Differences(before, Dump()).size(), 5u) << "record, wallet, ledger, two campaigns";
  const CouponNumber paid = Coupon(Budgeted(500, 9'000, 9'000), 1);
  EXPECT_EQ(AllMoney(), (std::vector<Money>{{9'000, 0}, {9'000, 0}}));
  ASSERT_THAT(RedeemStack({paid}, "order-2"), Succeeds());
  EXPECT_EQ(AllMoney(), (std::vector<Money>{{8'500, 500}, {8'500, 500}}));
}

}  // namespace
}  // namespace tessera::contract
