// The cap of a budget is raised and lowered while it is spent.

#include <charconv>

#include "api/definition_codec.h"
#include "spending_room.h"
#include "storage/redis/records.h"

namespace tessera::contract {
namespace {

using core::Reason;
using storage::Limit;

// The services' codec, with the budget written in front.
storage::DefinitionCodec BudgetCodec() {
  storage::DefinitionCodec codec;
  codec.encode = [](const core::CampaignDefinition& definition) {
    const std::optional<int64_t>& budget = definition.use_limits.budget_total_minor;
    return (budget.has_value() ? std::to_string(*budget) : "") + "|" + api::EncodeDefinition(definition);
  };
  codec.decode = [](std::string_view bytes) {
    const size_t bar = bytes.find('|');
    core::Result<core::CampaignDefinition> definition = api::DecodeDefinition(bytes.substr(bar + 1));
    int64_t budget = 0;
    std::from_chars(bytes.data(), bytes.data() + bar, budget);
    if (definition.ok() && bar > 0) definition->use_limits.budget_total_minor = budget;
    return definition;
  };
  return codec;
}

class BudgetChangingTest : public SpendingRoom {
 protected:
  void SetUp() override {
    RedisUnderTest::Options options;
    options.codec = BudgetCodec();
    OpenRoom(4, options);
  }

  std::string Active(int64_t budget, std::optional<int64_t> stock = std::nullopt) {
    core::CampaignDefinition definition = Definition();
    definition.use_limits.budget_total_minor = budget;
    definition.limits.stock_total = stock;
    return SpendingRoom::Active(definition);
  }
  // The budget as the definition stands.
  Limit Budget(const std::string& campaign) {
    return LimitOf(campaign, *Get(campaign).definition.use_limits.budget_total_minor);
  }
  auto SetBudget(const std::string& campaign, std::optional<int64_t> budget) {
    return Update(campaign, [budget](auto& d) { d.use_limits.budget_total_minor = budget; });
  }
  Call SpendAt(const std::string& campaign, uint32_t partition, int64_t amount) {
    return Await(Spend(&processes_[0], Budget(campaign), partition, amount));
  }
};

TEST_F(BudgetChangingTest, ARaisedBudgetIsSpent) {
  const std::string id = Active(100);
  EXPECT_TRUE(SpendAt(id, 0, 80).spent);
  EXPECT_EQ(SpendAt(id, 1, 30).left, 20);
  ASSERT_THAT(SetBudget(id, 150), Succeeds());
  EXPECT_TRUE(SpendAt(id, 1, 70).spent);
  EXPECT_TRUE(SpendAt(id, 2, 1).refused);
}

TEST_F(BudgetChangingTest, ALoweredBudgetIsExact) {
  const std::string id = Active(10'000);
  for (uint32_t p = 0; p < 4; ++p) EXPECT_TRUE(SpendAt(id, p, 10).spent);
  ASSERT_THAT(SetBudget(id, 100), Succeeds());
  EXPECT_EQ(SpendAt(id, 1, 61).left, 60);
  EXPECT_TRUE(SpendAt(id, 2, 60).spent);
  EXPECT_TRUE(SpendAt(id, 3, 1).refused);
}

TEST_F(BudgetChangingTest, ABudgetBelowWhatIsSpentIsRefused) {
  const std::string id = Active(1'000, 10);
  EXPECT_TRUE(SpendAt(id, 0, 300).spent);
  EXPECT_TRUE(SpendAt(id, 2, 100).spent);
  EXPECT_THAT(SetBudget(id, 399), RefusesWith(Reason::kBudgetBelowSpent, "spent", "400"));
  EXPECT_EQ(Get(id).definition.use_limits.budget_total_minor, 1'000);
  // Both limits change in one step or neither does.
  Coupon(id, 1);
  const auto both = [](core::CampaignDefinition& d) {
    d.limits.stock_total = 5;
    d.use_limits.budget_total_minor = 399;
  };
  EXPECT_THAT(Update(id, both), Refuses(Reason::kBudgetBelowSpent));
  for (uint32_t i = 2; i < 11; ++i) EXPECT_THAT(Claim(id, User(i)), Succeeds());
  EXPECT_THAT(Update(id, both), Refuses(Reason::kStockBelowIssued));
  ASSERT_THAT(SetBudget(id, 400), Succeeds());
  EXPECT_EQ(SpendAt(id, 1, 1).left, 0);
}

TEST_F(BudgetChangingTest, ABudgetNeitherAppearsNorGoesOnceActivated) {
  const std::string with = Active(100);
  EXPECT_THAT(SetBudget(with, std::nullopt), Refuses(Reason::kFieldImmutable));
  const std::string without = SpendingRoom::Active();
  EXPECT_THAT(SetBudget(without, 100), Refuses(Reason::kFieldImmutable));
}

}  // namespace
}  // namespace tessera::contract
