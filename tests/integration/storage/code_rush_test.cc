// Many users want one code at the same time.

#include "async/timer.h"
#include "async/when_all.h"
#include "store_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using core::CodeNumber;
using core::Reason;
using storage::Method;

constexpr uint32_t kUsers = 256;

class CodeRushTest : public StoreRoom {
 protected:
  void SetUp() override {
    Open(ConfigFor(server_.unix_address()), {}, {.partitions = 16, .buckets = 64});
    campaign_ = Active();
  }

  CodeNumber Code() {
    storage::GenerateCodesIntent intent;
    intent.op = NewOp(Method::kGenerateCodes);
    intent.campaign_id = campaign_;
    intent.count = 1;
    return {Await(store_->codes().GenerateCodes(intent))->numbers.first};
  }
  // One that is good so often.
  CodeNumber Code(uint32_t uses_max) {
    storage::ImportIntent intent;
    intent.op = NewOp(Method::kImportCodes);
    intent.campaign_id = campaign_;
    intent.codes_max = 1;
    intent.uses_max = uses_max;
    return {Await(redis_->store().OpenImport(intent))->numbers.first};
  }
  async::Task<void> RedeemInto(storage::UseIntent intent,
                               std::optional<core::Result<storage::Redemption>>* out) {
    *out = co_await store_->redemptions().Redeem(std::move(intent));
  }
  async::Task<void> BindInto(storage::BindIntent intent, std::optional<core::Result<storage::Issued>>* out) {
    *out = co_await store_->codes().Bind(std::move(intent));
  }
  // How many of all users had the code. Each bears his own name and order; every fourth sends his call twice.
  int WinnersOf(CodeNumber code, std::vector<async::Task<void>> besides = {}) {
    std::vector<std::optional<core::Result<storage::Redemption>>> answers(kUsers + kUsers / 4);
    std::vector<async::Task<void>> tasks = std::move(besides);
    for (uint32_t i = 0; i < kUsers; ++i) {
      storage::UseIntent intent = Use(Method::kRedeemCoupons, code, "order-" + std::to_string(i));
      intent.user = User(i);
      if (i % 4 == 0) tasks.push_back(RedeemInto(intent, &answers[kUsers + i / 4]));
      tasks.push_back(RedeemInto(std::move(intent), &answers[i]));
    }
    Await(async::WhenAll(std::move(tasks)));
    int winners = 0;
    for (uint32_t i = 0; i < kUsers; ++i) {
      const auto& answer = *answers[i];
      if (i % 4 == 0) {
        EXPECT_EQ(answer.ok(), answers[kUsers + i / 4]->ok()) << "one call, one answer";
      }
      winners += answer.ok() ? 1 : 0;
      if (!answer.ok()) {
        EXPECT_THAT(answer, ::testing::AnyOf(Refuses(Reason::kCouponOfAnotherUser),
                                             Refuses(Reason::kCodeUsedUp), Refuses(Reason::kContended)));
      }
    }
    return winners;
  }

  testing::RedisServer server_;
  std::string campaign_;
};

TEST_F(CodeRushTest, OneOf256UsersHasTheCode) {
  const int64_t rounds = testing::Trials(5, 100);
  for (int64_t round = 0; round < rounds; ++round) EXPECT_EQ(WinnersOf(Code()), 1);
  Sweep();
  EXPECT_EQ(Totals(campaign_).redeemed, rounds);
  ExpectVerified();
  testing::PrintTrials("256 users on one code, rounds", rounds);
}

TEST_F(CodeRushTest, AsManyOf256UsersAsTheLimitSaysHaveTheCode) {
  const int64_t rounds = testing::Trials(5, 100);
  for (int64_t round = 0; round < rounds; ++round) EXPECT_EQ(WinnersOf(Code(100)), 100);
  Sweep();
  EXPECT_EQ(Totals(campaign_).redeemed, 100 * rounds);
  ExpectVerified();
  testing::PrintTrials("256 users on one code that is good 100 times, rounds", rounds);
}

// Every third binds the code and the others use it at once: one of them all has it.
TEST_F(CodeRushTest, OneOf256WhoBindOrUseItHasTheCode) {
  const int64_t rounds = testing::Trials(5, 100);
  int64_t binders = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    const CodeNumber code = Code();
    std::vector<std::optional<core::Result<storage::Redemption>>> used(kUsers);
    std::vector<std::optional<core::Result<storage::Issued>>> bound(kUsers);
    std::vector<async::Task<void>> tasks;
    for (uint32_t i = 0; i < kUsers; ++i) {
      // So that now the one and now the other is first.
      if ((i + static_cast<uint32_t>(round)) % 3 == 0) {
        storage::BindIntent intent;
        intent.op = NewOp(Method::kBindCode);
        intent.code = code;
        intent.user = User(i);
        tasks.push_back(BindInto(std::move(intent), &bound[i]));
      } else {
        storage::UseIntent intent = Use(Method::kRedeemCoupons, code, "order-" + std::to_string(i));
        intent.user = User(i);
        tasks.push_back(RedeemInto(std::move(intent), &used[i]));
      }
    }
    Await(async::WhenAll(std::move(tasks)));
    int winners = 0;
    const auto refusal =
        ::testing::AnyOf(Refuses(Reason::kCouponOfAnotherUser), Refuses(Reason::kCodeAlreadyBound),
                         Refuses(Reason::kCouponAlreadyRedeemed), Refuses(Reason::kContended));
    const auto view = Await(store_->codes().GetCode(code, Soon()));
    ASSERT_TRUE(view.ok() && view->coupon.has_value());
    for (uint32_t i = 0; i < kUsers; ++i) {
      const bool has_it = used[i] ? used[i]->ok() : bound[i]->ok();
      winners += has_it ? 1 : 0;
      binders += has_it && bound[i] ? 1 : 0;
      if (has_it) {
        EXPECT_EQ(GetCoupon(*view->coupon)->user, User(i));
      }
      if (used[i] && !has_it) {
        EXPECT_THAT(*used[i], refusal);
      }
      if (bound[i] && !has_it) {
        EXPECT_THAT(*bound[i], refusal);
      }
      // He who has bound it may use it, once.
      if (bound[i] && has_it) {
        EXPECT_THAT(Redeem(*view->coupon, "order"), Succeeds());
      }
    }
    EXPECT_EQ(winners, 1) << "round " << round;
  }
  Sweep();
  EXPECT_EQ(Totals(campaign_).issued_of_codes, rounds);
  EXPECT_EQ(Totals(campaign_).redeemed, rounds);
  ExpectVerified();
  testing::PrintTrials("256 users who bind or use one code, rounds", rounds);
  testing::PrintTrials("of them won by one who binds", binders);
}

// One rush after the other on one code, with a rollback in between.
TEST_F(CodeRushTest, AFreedCodeIsHadOnceMore) {
  const CodeNumber code = Code();
  for (int round = 0; round < 5; ++round) {
    ASSERT_EQ(WinnersOf(code), 1);
    const auto view = Await(store_->codes().GetCode(code, Soon()));
    const auto coupon = GetCoupon(*view->coupon);
    ASSERT_TRUE(coupon->redemption.has_value());
    ASSERT_THAT(Rollback(*coupon->redemption), Succeeds());
  }
  const auto totals = Totals(campaign_);
  EXPECT_EQ(totals.redeemed, 5);
  EXPECT_EQ(totals.rolled_back, 5);
  EXPECT_EQ(totals.redeemed_now, 0);
  ExpectVerified();
}

// The judge itself: a home that forgets who took the code, as one without takes would, lets several have it.
class ForgetfulHomeTest : public CodeRushTest {
 protected:
  async::Task<void> ForgetOn(std::string key, int64_t times) {
    redis::Client& client = redis_->store().client();
    for (int64_t i = 0; i < times; ++i) {
      redis::Command forget("DEL");
      forget.Key(key);
      co_await client.Execute(std::move(forget), Soon());
    }
  }
};

TEST_F(ForgetfulHomeTest, IsCaught) {
  const CodeNumber code = Code();
  std::vector<async::Task<void>> saboteur;
  saboteur.push_back(ForgetOn(redis_->keys().Code(code), 200));
  EXPECT_GT(WinnersOf(code, std::move(saboteur)), 1);
}

TEST_F(ForgetfulHomeTest, IsCaughtWithALimit) {
  const CodeNumber code = Code(100);
  std::vector<async::Task<void>> saboteur;
  saboteur.push_back(ForgetOn(redis_->keys().UsesTaken(code), 200));
  EXPECT_GT(WinnersOf(code, std::move(saboteur)), 100);
}

}  // namespace
}  // namespace tessera::contract
