// VerifyInvariants names what differs when something in Redis is changed or deleted behind the services'
// back.

#include <functional>
#include <set>

#include "storage/redis/records.h"
#include "store_room.h"

namespace tessera::contract {
namespace {

using storage::VerifyDepth;
using ::testing::Contains;
using ::testing::IsEmpty;

class CorruptionTest : public StoreRoom {
 protected:
  // A campaign in which everything has happened: 24 coupons issued, of them one redeemed, one held, one
  // revoked.
  void SetUp() override {
    Open(ConfigFor(server_.unix_address()));
    core::CampaignDefinition definition = Definition();
    definition.limits.stock_total = 1000;
    campaign_ = Active(definition);
    for (uint32_t i = 0; i < 24; ++i) coupons_.push_back(Coupon(campaign_, i));
    ASSERT_THAT(Redeem(coupons_[0], "order-1"), Succeeds());
    ASSERT_THAT(Reserve(coupons_[1], "order-2"), Succeeds());
    ASSERT_THAT(Revoke(coupons_[2], storage::ReservedPolicy::kWait, false), Succeeds());
    ApplyAll();
    ExpectVerified();
    ASSERT_THAT(Terms(VerifyDepth::kWallets), IsEmpty());
  }

  std::string Redis(const std::vector<std::string>& argv) { return server_.Command(argv); }
  const storage::Keys& keys() const { return redis_->keys(); }
  core::CampaignNumber number() { return Get(campaign_).number; }
  // Of the coupon that is redeemed.
  uint32_t partition() const { return coupons_[0].partition(keys().shape()); }
  // Of what that partition has of the campaign.
  std::string PartKey() { return keys().Campaign(partition(), number()); }

  std::set<std::string> Terms(VerifyDepth depth) {
    const auto verification = Await(store_->ledger().Verify("", depth, Soon()));
    if (!verification.ok()) return {verification.error().message + " " + verification.error().cause};
    std::set<std::string> terms;
    for (const storage::Difference& difference : verification->differences) {
      EXPECT_NE(difference.expected, difference.found) << difference.term;
      terms.insert(difference.term);
    }
    return terms;
  }
  void ExpectNamed(VerifyDepth depth, const std::string& term) { EXPECT_THAT(Terms(depth), Contains(term)); }

  testing::RedisServer server_;
  std::string campaign_;
  std::vector<core::CouponNumber> coupons_;
};

TEST_F(CorruptionTest, ACouponGone) {
  const core::CouponNumber coupon = coupons_[5];
  const std::string wallet = keys().Wallet(coupon);
  EXPECT_EQ(Redis({"HDEL", wallet, storage::CouponField(coupon.index(keys().shape()))}), "1");
  ExpectNamed(VerifyDepth::kWallets, "available: counter = wallets");
}

TEST_F(CorruptionTest, AWalletGone) {
  EXPECT_EQ(Redis({"DEL", keys().Wallet(coupons_[0])}), "1");
  ExpectNamed(VerifyDepth::kWallets, "redeemed: counter = wallets");
}

TEST_F(CorruptionTest, ACounterChanged) {
  const std::pair<const char*, const char*> counters[] = {{"r", "reserved: ledger = counter"},
                                                          {"x", "redeemed: ledger = counter"},
                                                          {"e", "expired: ledger = counter"},
                                                          {"k", "revoked: ledger = counter"}};
  const std::string key = PartKey();
  for (const auto& [field, term] : counters) {
    Redis({"HINCRBY", key, field, "1"});
    EXPECT_THAT(Terms(VerifyDepth::kCounters), Contains(term));
    Redis({"HINCRBY", key, field, "-1"});
    EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
  }
}

TEST_F(CorruptionTest, ACampaignsCountersGone) {
  EXPECT_EQ(Redis({"DEL", PartKey()}), "1");
  const std::set<std::string> terms = Terms(VerifyDepth::kCounters);
  EXPECT_THAT(terms, Contains("issued: ledger = counter"));
  EXPECT_THAT(terms, Contains("redeemed: ledger = counter"));
  EXPECT_THAT(terms, Contains("stock: issued - of codes - returned = used"));
}

TEST_F(CorruptionTest, ASumChanged) {
  Redis({"HINCRBY", keys().Totals(partition()), std::to_string(number().value) + ":i", "1"});
  ExpectNamed(VerifyDepth::kCounters, "issued: ledger = counter");
}

TEST_F(CorruptionTest, SumsGoneAreMadeAnewFromTheLedger) {
  const storage::CampaignTotals before = Totals(campaign_);
  for (uint32_t p = 0; p < 4; ++p) Redis({"DEL", keys().Totals(p)});
  EXPECT_THAT(Terms(VerifyDepth::kWallets), IsEmpty());
  EXPECT_EQ(Totals(campaign_), before);
}

TEST_F(CorruptionTest, ALedgerGone) {
  EXPECT_EQ(Redis({"DEL", keys().Ledger(partition())}), "1");
  const std::set<std::string> terms = Terms(VerifyDepth::kCounters);
  EXPECT_THAT(terms, Contains("ledger: ends no earlier than what was applied"));
  EXPECT_THAT(terms, Contains("ledger: entries added at least those applied"));
}

TEST_F(CorruptionTest, ALedgerGoneAndBegunAnew) {
  EXPECT_EQ(Redis({"DEL", keys().Ledger(partition())}), "1");
  const auto redeemed = Redeem(coupons_[0], "order-1");
  for (uint32_t i = 3; i < 24; ++i) {
    if (coupons_[i].partition(keys().shape()) != partition()) continue;
    ASSERT_THAT(Redeem(coupons_[i], "order-3"), Succeeds());
    break;
  }
  ASSERT_NE(Redis({"XLEN", keys().Ledger(partition())}), "0");
  ExpectNamed(VerifyDepth::kCounters, "ledger: entries added at least those applied");
}

TEST_F(CorruptionTest, AnEventGone) {
  const std::string ledger = keys().Ledger(partition());
  const std::vector<std::string> first = server_.redis().List({"XRANGE", ledger, "-", "+", "COUNT", "1"});
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(Redis({"XDEL", ledger, first[0]}), "1");
  ExpectNamed(VerifyDepth::kCounters, "ledger: entries there = entries added");
}

TEST_F(CorruptionTest, TheBooksOfAStockChanged) {
  Redis({"HINCRBY", keys().LimitBooks(campaign_, storage::LimitKind::kStock, 0), "pool", "1"});
  ExpectNamed(VerifyDepth::kCounters, "stock: pool + away = cap");
}

TEST_F(CorruptionTest, TheBooksOfAStockGone) {
  EXPECT_EQ(Redis({"DEL", keys().LimitBooks(campaign_, storage::LimitKind::kStock, 0)}), "1");
  ExpectNamed(VerifyDepth::kCounters, "stock: got at most leased");
}

TEST_F(CorruptionTest, ADefinitionGone) {
  EXPECT_EQ(Redis({"DEL", keys().Definition(campaign_)}), "1");
  ExpectNamed(VerifyDepth::kCounters, "definition: can be read");
}

TEST_F(CorruptionTest, ADefinitionThatCannotBeRead) {
  Redis({"HSET", keys().Definition(campaign_), "definition", "\xff\xff"});
  ExpectNamed(VerifyDepth::kCounters, "definition: can be read");
}

TEST_F(CorruptionTest, AListOfCampaignsGone) {
  const uint32_t home = keys().Home(campaign_);
  for (const std::string& list : {keys().Ids(home), keys().Numbers(home)}) {
    EXPECT_EQ(Redis({"COPY", list, "kept", "REPLACE"}), "1");
    EXPECT_EQ(Redis({"DEL", list}), "1");
    ExpectNamed(VerifyDepth::kCounters, "campaigns: by id = by number");
    EXPECT_EQ(Redis({"COPY", "kept", list}), "1");
    EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
  }
}

// Of a campaign with a budget: 1500 of 9000 spent by three users, and shares where they are.
class BudgetCorruptionTest : public CorruptionTest {
 protected:
  void SetUp() override {
    CorruptionTest::SetUp();
    core::CampaignDefinition definition = Definition();
    definition.use_limits.budget_total_minor = 9'000;
    campaign_ = Active(definition);
    coupons_.clear();
    for (uint32_t i = 0; i < 3; ++i) {
      coupons_.push_back(Coupon(campaign_, i));
      ASSERT_THAT(Redeem(coupons_.back(), "order-1"), Succeeds());
    }
    ApplyAll();
    ASSERT_THAT(Terms(VerifyDepth::kWallets), IsEmpty());
  }

  storage::StoredShare Part() { return *storage::OpenShare(Redis({"HGET", PartKey(), "b"})); }
  void Write(const storage::StoredShare& part) {
    std::string value;
    for (const int64_t n : {part.issued, part.share, part.used, part.got, part.sent}) {
      value += storage::PackNumber(static_cast<uint64_t>(n), 7);
    }
    Redis({"HSET", PartKey(), "b", value + storage::PackNumber(0, 6) + storage::PackNumber(0, 6)});
  }
  std::string Books() { return keys().LimitBooks(campaign_, storage::LimitKind::kBudget, 0); }
  // What is named when the partition's part is changed so, and nothing once it is as before.
  std::set<std::string> TermsWith(const std::function<void(storage::StoredShare&)>& change) {
    const storage::StoredShare before = Part();
    storage::StoredShare changed = before;
    change(changed);
    Write(changed);
    std::set<std::string> terms = Terms(VerifyDepth::kCounters);
    Write(before);
    EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
    return terms;
  }
};

TEST_F(BudgetCorruptionTest, MoneySpentThatNoDiscountTookOff) {
  EXPECT_EQ(TermsWith([](auto& part) {
              part.used += 1;
              part.got += 1;
            }),
            (std::set<std::string>{"budget: discounts that stand = used", "budget: got at most leased"}));
  EXPECT_THAT(TermsWith([](auto& part) { part.used -= 1; }), Contains("budget: discounts that stand = used"));
}

TEST_F(BudgetCorruptionTest, MoneyThatCameFromNowhere) {
  EXPECT_EQ(TermsWith([](auto& part) { part.share += 1; }),
            std::set<std::string>{"budget: share + used + sent = got"});
  EXPECT_EQ(TermsWith([](auto& part) { part.sent += 1; }),
            std::set<std::string>{"budget: share + used + sent = got"});
  EXPECT_THAT(TermsWith([](auto& part) { part.got -= 1; }), Contains("budget: share + used + sent = got"));
  // Had as if it were leased, and never was.
  EXPECT_EQ(TermsWith([](auto& part) {
              part.share += 1;
              part.got += 1;
            }),
            std::set<std::string>{"budget: got at most leased"});
}

TEST_F(BudgetCorruptionTest, APartGone) {
  const std::string before = Redis({"HGET", PartKey(), "b"});
  EXPECT_EQ(Redis({"HDEL", PartKey(), "b"}), "1");
  ExpectNamed(VerifyDepth::kCounters, "budget: discounts that stand = used");
  Redis({"HSET", PartKey(), "b", before});
  EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
}

TEST_F(BudgetCorruptionTest, TheBooksChanged) {
  for (const std::string& field : {std::string("pool"), "l" + std::to_string(partition())}) {
    Redis({"HINCRBY", Books(), field, "1"});
    ExpectNamed(VerifyDepth::kCounters, "budget: pool + away = cap");
    Redis({"HINCRBY", Books(), field, "-1"});
    EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
  }
}

TEST_F(BudgetCorruptionTest, TheBooksGone) {
  EXPECT_EQ(Redis({"DEL", Books()}), "1");
  ExpectNamed(VerifyDepth::kCounters, "budget: got at most leased");
}

// Of a campaign with a stock and a budget for each day, and a limit of uses: two of five uses are left.
class DayCorruptionTest : public CorruptionTest {
 protected:
  void SetUp() override {
    CorruptionTest::SetUp();
    core::CampaignDefinition definition = Definition();
    definition.limits.stock_per_day = 100;
    definition.use_limits.budget_per_day_minor = 9'000;
    definition.use_limits.uses_per_user_total = 5;
    campaign_ = Active(definition);
    coupons_.clear();
    for (int i = 0; i < 3; ++i) coupons_.push_back(Coupon(campaign_, 1));
    storage::UseIntent use = Use(storage::Method::kRedeemCoupons, {coupons_[0]}, 1, "order-1");
    ASSERT_THAT(Redeem(use), Succeeds());
    use = Use(storage::Method::kReserveCoupons, {coupons_[1]}, 1, "order-2");
    ASSERT_THAT(Reserve(use), Succeeds());
    use = Use(storage::Method::kRedeemCoupons, {coupons_[2]}, 1, "order-3");
    const auto given_back = Redeem(use);
    ASSERT_THAT(given_back, Succeeds());
    ASSERT_THAT(Rollback(given_back->ref), Succeeds());
    ApplyAll();
    ASSERT_THAT(Terms(VerifyDepth::kWallets), IsEmpty());
  }

  // Changes one of the 7 bytes' numbers of a part, and names what is found.
  std::set<std::string> TermsWith(const std::string& field, size_t place, int64_t more) {
    const std::string before = Redis({"HGET", PartKey(), field});
    std::string changed = before;
    int64_t number = 0;
    for (size_t i = 0; i < 7; ++i) number = number << 8 | static_cast<uint8_t>(before[7 * place + i]);
    changed.replace(7 * place, 7, storage::PackNumber(static_cast<uint64_t>(number + more), 7));
    Redis({"HSET", PartKey(), field, changed});
    std::set<std::string> terms = Terms(VerifyDepth::kCounters);
    Redis({"HSET", PartKey(), field, before});
    EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
    return terms;
  }
};

TEST_F(DayCorruptionTest, UnitsOfADayThatCameFromNowhere) {
  constexpr size_t kShare = 1;
  constexpr size_t kGot = 3;
  for (const auto& [field, limit] : {std::pair("D", "stock of a day"), std::pair("B", "budget of a day")}) {
    const std::string name = limit;
    EXPECT_THAT(TermsWith(field, kShare, 1), Contains(name + ": share + used + sent = got"));
    EXPECT_THAT(TermsWith(field, kGot, 1'000'000), Contains(name + ": got at most leased"));
  }
}

TEST_F(DayCorruptionTest, TheBooksOfADayChanged) {
  const storage::LimitKind kinds[] = {storage::LimitKind::kStockPerDay, storage::LimitKind::kBudgetPerDay};
  for (const storage::LimitKind kind : kinds) {
    const std::string part = Redis({"HGET", PartKey(), std::string(storage::FieldOf(kind))});
    const std::string books = keys().LimitBooks(campaign_, kind, storage::OpenShare(part)->window);
    Redis({"HINCRBY", books, "pool", "1"});
    EXPECT_EQ(Terms(VerifyDepth::kCounters).size(), 1u);
    Redis({"HINCRBY", books, "pool", "-1"});
    EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
    EXPECT_EQ(Redis({"COPY", books, "kept", "REPLACE"}), "1");
    EXPECT_EQ(Redis({"DEL", books}), "1");
    EXPECT_EQ(Terms(VerifyDepth::kCounters).size(), 1u);
    EXPECT_EQ(Redis({"COPY", "kept", books}), "1");
    EXPECT_THAT(Terms(VerifyDepth::kCounters), IsEmpty());
  }
}

TEST_F(DayCorruptionTest, UsesThatNobodyHad) {
  const std::string wallet = keys().Wallet(coupons_[0]);
  const std::string field = std::string(User(1).view()) + storage::PackNumber(number().value, 4) + "u";
  const std::string before = Redis({"HGET", wallet, field});
  ASSERT_EQ(storage::OpenUses(field, before)->total, 2);
  Redis({"HSET", wallet, field, storage::PackNumber(3, 4) + before.substr(4)});
  EXPECT_EQ(Terms(VerifyDepth::kWallets), std::set<std::string>{"uses: reserved and redeemed = counted"});
  EXPECT_EQ(Redis({"HDEL", wallet, field}), "1");
  ExpectNamed(VerifyDepth::kWallets, "uses: reserved and redeemed = counted");
}

}  // namespace
}  // namespace tessera::contract
