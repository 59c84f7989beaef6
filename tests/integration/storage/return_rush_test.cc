// Many return the same pieces of one redemption at the same time.

#include "async/when_all.h"
#include "stack_contract.h"
#include "store_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using core::Reason;
using storage::Method;

constexpr size_t kCallers = 16;

class ReturnRushTest : public RoomFor<StackFixture> {
 protected:
  using Answer = std::optional<core::Result<storage::RolledBack>>;

  void SetUp() override {
    Open(ConfigFor(server_.unix_address()), {}, {.partitions = 4, .buckets = 8});
    Off(500, 1, [](core::CampaignDefinition& d) { d.use_limits.budget_total_minor = 500; });
    Off(0, 2, [](core::CampaignDefinition& d) { d.offer.benefit = core::PercentOff{1'000, std::nullopt}; });
  }

  // Both campaigns' coupons on ten of 1500 and one of 2000.
  storage::Redemption Redeemed() {
    storage::UseIntent intent = Stack({Coupon(campaigns_[0], 1), Coupon(campaigns_[1], 1)}, "order-1");
    intent.order.lines[0].quantity = 10;
    Buy(intent, intent.order);
    const auto redemption = Redeem(intent);
    EXPECT_THAT(redemption, Succeeds());
    return redemption.ok() ? *redemption : storage::Redemption();
  }
  storage::RollbackIntent Part(const core::OpRef& redemption, std::vector<storage::ReturnedLine> lines) {
    storage::RollbackIntent intent;
    intent.op = NewOp(Method::kRollbackRedemption);
    intent.redemption = redemption;
    intent.lines = std::move(lines);
    return intent;
  }
  async::Task<void> ReturnInto(storage::RollbackIntent intent, Answer* answer) {
    *answer = co_await store_->redemptions().Rollback(std::move(intent));
  }
  // All at once.
  std::vector<Answer> Rush(const std::vector<storage::RollbackIntent>& calls,
                           std::vector<async::Task<void>> besides = {}) {
    std::vector<Answer> answers(calls.size());
    std::vector<async::Task<void>> tasks = std::move(besides);
    for (size_t i = 0; i < calls.size(); ++i) tasks.push_back(ReturnInto(calls[i], &answers[i]));
    Await(async::WhenAll(std::move(tasks)));
    return answers;
  }
  static int64_t Successes(const std::vector<Answer>& answers) {
    return std::count_if(answers.begin(), answers.end(), [](const Answer& answer) { return answer->ok(); });
  }
  static int64_t Refunded(const std::vector<Answer>& answers) {
    int64_t minor = 0;
    for (const Answer& answer : answers) {
      if (answer->ok()) minor += (*answer)->refund_minor - (*answer)->due_minor;
    }
    return minor;
  }
  std::vector<storage::RolledBack> Returns(const storage::Redemption& redemption) {
    return Await(store_->redemptions().GetRedemption(redemption.ref, Soon()))->returns;
  }
  static int64_t Paid(const storage::Redemption& redemption) {
    return redemption.subtotal_minor + redemption.shipping_minor - redemption.discount_minor;
  }
  // As many calls of their own.
  std::vector<storage::RollbackIntent> Each(const core::OpRef& redemption,
                                            const storage::ReturnedLine& line) {
    std::vector<storage::RollbackIntent> calls;
    for (size_t i = 0; i < kCallers; ++i) calls.push_back(Part(redemption, {line}));
    return calls;
  }

  testing::RedisServer server_;
};

TEST_F(ReturnRushTest, ThereIsOnlySoMuchToReturn) {
  const int64_t rounds = testing::Trials(5, 100);
  for (int64_t round = 0; round < rounds; ++round) {
    const storage::Redemption redemption = Redeemed();
    const std::vector<Answer> of_one = Rush(Each(redemption.ref, {"2", 1}));
    EXPECT_EQ(Successes(of_one), 1);
    const std::vector<Answer> of_ten = Rush(Each(redemption.ref, {"1", 1}));
    EXPECT_EQ(Successes(of_ten), 10);
    for (const auto& answers : {of_one, of_ten}) {
      for (const Answer& answer : answers) {
        if (!answer->ok()) {
          EXPECT_THAT(*answer, RefusesWith(Reason::kInvalidField, "field", "lines[0].quantity"));
        }
      }
    }
    EXPECT_EQ(Returns(redemption).size(), 11u);
    const auto rest = Rollback(redemption.ref);
    ASSERT_THAT(rest, Succeeds());
    EXPECT_EQ(rest->refund_minor, 500) << "the shipping";
    EXPECT_EQ(Refunded(of_one) + Refunded(of_ten) + rest->refund_minor, Paid(redemption));
  }
  EXPECT_EQ(Totals(campaigns_[0]).discount_minor, 0);
  EXPECT_EQ(Totals(campaigns_[0]).rolled_back, rounds);
  ExpectVerified();
  testing::PrintTrials("16 return the same piece, and ten pieces, rounds", rounds);
}

TEST_F(ReturnRushTest, OneCallThatIsSentOftenReturnsOnce) {
  const int64_t rounds = testing::Trials(5, 100);
  for (int64_t round = 0; round < rounds; ++round) {
    const storage::Redemption redemption = Redeemed();
    const std::vector<Answer> answers =
        Rush(std::vector<storage::RollbackIntent>(kCallers, Part(redemption.ref, {{"1", 3}})));
    for (const Answer& answer : answers) {
      ASSERT_THAT(*answer, Succeeds());
      EXPECT_EQ(**answer, **answers.front());
    }
    EXPECT_EQ(Returns(redemption), std::vector{**answers.front()});
    ASSERT_THAT(Rollback(redemption.ref), Succeeds());
  }
  ExpectVerified();
  testing::PrintTrials("one return is sent 16 times, rounds", rounds);
}

// Parts, and the whole of what is left by then.
TEST_F(ReturnRushTest, TheWholeComesBackOnceBesidesParts) {
  const int64_t rounds = testing::Trials(5, 100);
  for (int64_t round = 0; round < rounds; ++round) {
    const storage::Redemption redemption = Redeemed();
    std::vector<storage::RollbackIntent> calls = Each(redemption.ref, {"1", 1});
    for (size_t i = 1; i < calls.size(); i += 2) calls[i].lines.clear();
    const std::vector<Answer> answers = Rush(calls);
    const std::vector<storage::RolledBack> returns = Returns(redemption);
    ASSERT_FALSE(returns.empty());
    EXPECT_TRUE(returns.back().whole);
    int64_t refunded = 0;
    for (const storage::RolledBack& back : returns) refunded += back.refund_minor - back.due_minor;
    EXPECT_EQ(refunded, Paid(redemption));
    int64_t parts = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
      if (i % 2 == 0 && answers[i]->ok()) ++parts;
      if (i % 2 == 0 && !answers[i]->ok()) {
        EXPECT_THAT(*answers[i], Refuses(Reason::kRedemptionRolledBack));
      }
      if (i % 2 == 1) {
        EXPECT_EQ(**answers[i], returns.back());
      }
    }
    EXPECT_EQ(static_cast<size_t>(parts) + 1, returns.size());
  }
  ExpectVerified();
  testing::PrintTrials("8 return a piece and 8 the whole, rounds", rounds);
}

// The judge itself: a record that forgets what was returned, as one that is written without a look would.
class ForgetfulRecordTest : public ReturnRushTest {
 protected:
  async::Task<void> ForgetOn(core::OpRef redemption, int64_t times) {
    redis::Client& client = redis_->store().client();
    const std::string key = redis_->keys().Operation(redemption);
    const std::string field(redemption.field.begin(), redemption.field.end());
    redis::Command read("HGET");
    read.Key(key).Arg(field);
    const auto before = co_await client.Execute(std::move(read), Soon());
    for (int64_t i = 0; i < times; ++i) {
      redis::Command forget("HSET");
      forget.Key(key).Arg(field).Arg(before->text());
      co_await client.Execute(std::move(forget), Soon());
    }
  }
};

TEST_F(ForgetfulRecordTest, IsCaught) {
  const storage::Redemption redemption = Redeemed();
  std::vector<async::Task<void>> saboteur;
  saboteur.push_back(ForgetOn(redemption.ref, 100));
  EXPECT_GT(Successes(Rush(Each(redemption.ref, {"2", 1}), std::move(saboteur))), 1);
}

}  // namespace
}  // namespace tessera::contract
