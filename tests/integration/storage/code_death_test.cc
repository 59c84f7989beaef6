// A process that dies between any two steps of taking a code, or of setting it free: others finish what it
// left.

#include "store_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using core::CodeNumber;
using core::Reason;
using storage::Method;

// Ends its store's connections when that has had so many answers: nothing more is asked, as when a process
// dies.
class Reaper : public redis::Observer {
 public:
  void KillAfter(redis::Client& client, int answers) {
    client_ = &client;
    left_ = answers;
  }
  // Whether it lived through.
  bool Lived() const { return left_ > 0; }

  void OnCommand(const redis::Command&, std::chrono::nanoseconds, const redis::Error*) override {
    if (client_ != nullptr && --left_ == 0) client_->Close();
  }

 private:
  redis::Client* client_ = nullptr;
  int left_ = 0;
};

// Runs `then` once, between the n-th answer and what is done about it.
class Interrupter : public redis::Observer {
 public:
  Interrupter(int answers, std::function<void()> then) : left_(answers), then_(std::move(then)) {}

  void Start() { started_ = true; }
  void OnCommand(const redis::Command&, std::chrono::nanoseconds, const redis::Error*) override {
    if (started_ && --left_ == 0) then_();
  }

 private:
  int left_;
  const std::function<void()> then_;
  bool started_ = false;
};

class CodeDeathTest : public StoreRoom {
 protected:
  void SetUp() override {
    Open(ConfigFor(server_.unix_address()));
    campaign_ = Active();
    // Every partition knows the campaign, so that each trial takes the same steps.
    for (uint32_t i = 0; i < 64; ++i) Coupon(campaign_, 100 + i);
  }

  CodeNumber Code() {
    storage::GenerateCodesIntent intent;
    intent.op = NewOp(Method::kGenerateCodes);
    intent.campaign_id = campaign_;
    intent.count = 1;
    return {Await(store_->codes().GenerateCodes(intent))->numbers.first};
  }
  storage::UseIntent By(uint32_t user, CodeNumber code) {
    storage::UseIntent intent = Use(Method::kRedeemCoupons, code, "order-" + std::to_string(user));
    intent.user = User(user);
    return intent;
  }
  storage::UseIntent StackBy(uint32_t user, std::vector<core::CouponName> coupons,
                             const std::string& order_id) {
    return Use(Method::kRedeemCoupons, std::move(coupons), user, order_id);
  }
  // It used these, and nothing else.
  void ExpectOf(const storage::Redemption& redemption, const std::vector<core::CouponName>& names) {
    EXPECT_EQ(redemption.coupons.size(), names.size());
    for (const core::CouponName& name : names) {
      const auto* code = std::get_if<CodeNumber>(&name);
      const auto coupon = code != nullptr ? Await(store_->codes().GetCode(*code, Soon()))->coupon
                                          : std::optional(std::get<core::CouponNumber>(name));
      ASSERT_TRUE(coupon.has_value());
      EXPECT_EQ(GetCoupon(*coupon)->redemption, redemption.ref);
    }
  }
  // Runs `call` on a process that dies after so many answers; true when it lived.
  template <class Call>
  bool RunDying(int answers, const Call& call) {
    Reaper reaper;
    RedisUnderTest dying(ConfigFor(server_.unix_address()), store_->shape(), OptionsWith(&reaper));
    Remember(dying);
    reaper.KillAfter(dying.store().client(), answers);
    call(dying);
    return reaper.Lived();
  }

  bool RedeemDying(int answers, storage::UseIntent intent) {
    return RunDying(answers, [&intent](RedisUnderTest& dying) {
      intent.op.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
      dying.loop().RunUntilDone(dying.redemptions().Redeem(intent));
    });
  }

  // The call on a process of its own.
  void RunWatched(Interrupter& interrupter, const storage::UseIntent& intent) {
    RedisUnderTest other(ConfigFor(server_.unix_address()), store_->shape(), OptionsWith(&interrupter));
    Remember(other);
    interrupter.Start();
    other.loop().RunUntilDone(other.redemptions().Redeem(intent));
  }

 private:
  RedisUnderTest::Options OptionsWith(redis::Observer* observer) {
    const std::string& prefix = redis_->keys().prefixes().front();
    RedisUnderTest::Options options;
    options.name = prefix.substr(0, prefix.find(':'));
    options.observer = observer;
    return options;
  }
  // What a process remembers is no part of the steps.
  void Remember(RedisUnderTest& process) {
    EXPECT_TRUE(process.loop().RunUntilDone(process.campaigns().Get(campaign_, Soon())).ok());
    EXPECT_TRUE(process.loop()
                    .RunUntilDone(process.redemptions().Validate(Use(Method::kRedeemCoupons, spare_, "x")))
                    .ok());
  }

 protected:
  testing::RedisServer server_;
  std::string campaign_;
  CodeNumber spare_;
};

// Whoever comes next, the same call again or another user, finds the code used by exactly one.
TEST_F(CodeDeathTest, ARedeemerMayDieAtEveryStep) {
  int64_t trials = 0;
  int committed = 0;
  int freed = 0;
  for (const bool retry_first : {true, false}) {
    for (int step = 1;; ++step) {
      spare_ = Code();
      const CodeNumber code = Code();
      const storage::UseIntent mine = By(1, code);
      const storage::UseIntent others = By(2, code);
      const bool lived = RedeemDying(step, mine);
      const auto first = Await(store_->redemptions().Redeem(retry_first ? mine : others));
      const auto second = Await(store_->redemptions().Redeem(retry_first ? others : mine));
      const auto& of_mine = retry_first ? first : second;
      const auto& of_others = retry_first ? second : first;
      EXPECT_NE(of_mine.ok(), of_others.ok()) << "step " << step;
      EXPECT_THAT(of_mine.ok() ? of_others : of_mine, Refuses(Reason::kCouponOfAnotherUser));
      const auto view = Await(store_->codes().GetCode(code, Soon()));
      EXPECT_EQ(view->coupon, NumberOf(of_mine.ok() ? *of_mine : *of_others));
      committed += of_mine.ok() ? 1 : 0;
      freed += of_mine.ok() ? 0 : 1;
      ++trials;
      if (lived) break;
    }
  }
  EXPECT_GT(committed, 4);
  EXPECT_GT(freed, 0);
  EXPECT_GT(trials, 8);
  Sweep();
  ExpectVerified();
  testing::PrintTrials("a redeemer of a code dies between two steps", trials);
}

// The same of the last use of a code that is good several times.
TEST_F(CodeDeathTest, AUserOfTheLastUseMayDieAtEveryStep) {
  int64_t trials = 0;
  int committed = 0;
  int freed = 0;
  for (int step = 1;; ++step) {
    spare_ = Code();
    storage::ImportIntent import;
    import.op = NewOp(Method::kImportCodes);
    import.campaign_id = campaign_;
    import.codes_max = 1;
    import.uses_max = 3;
    const CodeNumber code{Await(redis_->store().OpenImport(import))->numbers.first};
    for (const uint32_t user : {7, 8})
      ASSERT_THAT(Await(store_->redemptions().Redeem(By(user, code))), Succeeds());
    const storage::UseIntent mine = By(1, code);
    const bool lived = RedeemDying(step, mine);
    const auto of_others = Await(store_->redemptions().Redeem(By(2, code)));
    const auto of_mine = Await(store_->redemptions().Redeem(mine));
    EXPECT_NE(of_mine.ok(), of_others.ok()) << "step " << step;
    EXPECT_THAT(of_mine.ok() ? of_others : of_mine, Refuses(Reason::kCodeUsedUp));
    committed += of_mine.ok() ? 1 : 0;
    freed += of_others.ok() ? 1 : 0;
    ++trials;
    if (lived) break;
  }
  EXPECT_GT(committed, 1);
  EXPECT_GT(freed, 0);
  EXPECT_GT(trials, 4);
  Sweep();
  ExpectVerified();
  testing::PrintTrials("a user of a code's last use dies between two steps", trials);
}

// A budget that was dry for one process is filled again for another that has the same call, uses the code and
// dies: the first one, which is refused, must not free the code.
TEST_F(CodeDeathTest, ACallThatABudgetRefusesFreesNoCodeThatItUsesElsewhere) {
  core::CampaignDefinition definition = Definition();
  definition.use_limits.budget_total_minor = 1'000;  // two uses
  campaign_ = Active(definition);
  int64_t trials = 0;
  int used_elsewhere = 0;
  for (int at = 1;; ++at) {
    bool interrupted = false;
    for (int step = 1;; ++step) {
      spare_ = Code();
      const CodeNumber code = Code();
      std::vector<core::OpRef> spent;
      for (const uint32_t user : {7, 8}) {
        const auto redeemed = Await(store_->redemptions().Redeem(By(user, Code())));
        ASSERT_THAT(redeemed, Succeeds());
        spent.push_back(redeemed->ref);
      }
      const storage::UseIntent mine = By(1, code);
      bool lived = true;
      Interrupter interrupter(at, [&] {
        interrupted = true;
        for (const core::OpRef& redemption : spent) EXPECT_THAT(Rollback(redemption), Succeeds());
        lived = RedeemDying(step, mine);
      });
      RunWatched(interrupter, mine);
      if (!interrupted) {
        for (const core::OpRef& redemption : spent) EXPECT_THAT(Rollback(redemption), Succeeds());
      }
      const auto of_others = Await(store_->redemptions().Redeem(By(2, code)));
      const auto of_mine = Await(store_->redemptions().Redeem(mine));
      EXPECT_FALSE(of_mine.ok() && of_others.ok()) << "at " << at << " step " << step;
      used_elsewhere += of_mine.ok() ? 1 : 0;
      if (of_others.ok()) EXPECT_THAT(Rollback(of_others->ref), Succeeds());
      if (of_mine.ok()) EXPECT_THAT(Rollback(of_mine->ref), Succeeds());
      Sweep();
      ++trials;
      if (lived) break;
    }
    if (!interrupted) break;
  }
  EXPECT_GT(used_elsewhere, 10);
  testing::PrintTrials("a call is refused for money while another process uses its code and dies", trials);
}

// Whoever finds the code held and is refused himself leaves it free, and the first call fenced: sent again it
// takes the code under a higher attempt.
TEST_F(CodeDeathTest, AFencedCallTakesTheCodeAgain) {
  int64_t trials = 0;
  for (int step = 1;; ++step) {
    spare_ = Code();
    const CodeNumber code = Code();
    const storage::UseIntent mine = By(1, code);
    storage::UseIntent refused = By(2, code);
    refused.decide = Refusing(Reason::kMinimumSpendNotMet);
    const bool lived = RedeemDying(step, mine);
    EXPECT_FALSE(Await(store_->redemptions().Redeem(refused)).ok());
    EXPECT_THAT(Await(store_->redemptions().Redeem(mine)), Succeeds()) << "step " << step;
    ++trials;
    if (lived) break;
  }
  EXPECT_GT(trials, 4);
  Sweep();
  ExpectVerified();
  testing::PrintTrials("a redeemer of a code dies, and is fenced by one who is refused", trials);
}

TEST_F(CodeDeathTest, ABinderMayDieAtEveryStep) {
  int64_t trials = 0;
  for (int step = 1;; ++step) {
    spare_ = Code();
    storage::BindIntent mine;
    mine.op = NewOp(Method::kBindCode);
    mine.code = Code();
    mine.user = User(1);
    const bool lived = RunDying(step, [&](RedisUnderTest& dying) {
      storage::BindIntent intent = mine;
      intent.op.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
      dying.loop().RunUntilDone(dying.codes().Bind(intent));
    });
    storage::BindIntent others = mine;
    others.op = NewOp(Method::kBindCode);
    others.user = User(2);
    const auto of_others = Await(store_->codes().Bind(others));
    const auto of_mine = Await(store_->codes().Bind(mine));
    EXPECT_NE(of_mine.ok(), of_others.ok()) << "step " << step;
    EXPECT_THAT(of_mine.ok() ? of_others : of_mine, Refuses(Reason::kCodeAlreadyBound));
    ++trials;
    if (lived) break;
  }
  EXPECT_GT(trials, 4);
  Sweep();
  ExpectVerified();
  testing::PrintTrials("a binder of a code dies between two steps", trials);
}

// The rollback stands or it does not; once it stands a sweeper sets the code free, whoever died.
TEST_F(CodeDeathTest, ARollbackMayDieAtEveryStep) {
  int64_t trials = 0;
  for (int step = 1;; ++step) {
    spare_ = Code();
    const CodeNumber code = Code();
    const auto redemption = Await(store_->redemptions().Redeem(By(1, code)));
    ASSERT_THAT(redemption, Succeeds());
    storage::RollbackIntent rollback;
    rollback.op = NewOp(Method::kRollbackRedemption);
    rollback.redemption = redemption->ref;
    const bool lived = RunDying(step, [&](RedisUnderTest& dying) {
      storage::RollbackIntent intent = rollback;
      intent.op.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
      dying.loop().RunUntilDone(dying.redemptions().Rollback(intent));
    });
    Sweep();
    const auto view = Await(store_->redemptions().GetRedemption(redemption->ref, Soon()));
    ASSERT_THAT(view, Succeeds());
    EXPECT_EQ(Await(store_->codes().GetCode(code, Soon()))->coupon.has_value(), view->returns.empty());
    EXPECT_THAT(Await(store_->redemptions().Rollback(rollback)), Succeeds());
    EXPECT_THAT(Await(store_->redemptions().Redeem(By(2, code))), Succeeds());
    ++trials;
    if (lived) break;
  }
  EXPECT_GT(trials, 3);
  ExpectVerified();
  testing::PrintTrials("a rollback of a code's redemption dies between two steps", trials);
}

// A stack of two codes, of different homes, and a coupon: all of it belongs to one call or to none. Who comes
// next is the same call, another user who has both codes, the same user who has one of them with the coupon,
// or somebody who is refused.
TEST_F(CodeDeathTest, ARedeemerOfAStackMayDieAtEveryStep) {
  enum class Next : uint8_t { kSame, kAnotherUser, kAnotherOrder, kRefused };
  int64_t trials = 0;
  int committed = 0;
  int freed = 0;
  for (const Next next : {Next::kSame, Next::kAnotherUser, Next::kAnotherOrder, Next::kRefused}) {
    for (int step = 1;; ++step) {
      SCOPED_TRACE("next " + std::to_string(static_cast<int>(next)) + ", step " + std::to_string(step));
      spare_ = Code();
      const CodeNumber a = Code();
      const CodeNumber b = Code();
      ASSERT_NE(a.partition(store_->shape()), b.partition(store_->shape()));
      const core::CouponNumber coupon = Coupon(campaign_, 1);
      const storage::UseIntent mine = StackBy(1, {a, coupon, b}, "mine");
      const bool lived = RedeemDying(step, mine);
      storage::UseIntent others = StackBy(2, {b, a}, "others");
      if (next == Next::kAnotherOrder) others = StackBy(1, {b, coupon}, "another");
      if (next == Next::kRefused) others.decide = Refusing(Reason::kMinimumSpendNotMet);
      std::optional<core::Result<storage::Redemption>> of_others;
      if (next != Next::kSame) of_others = Await(store_->redemptions().Redeem(others));
      const auto of_mine = Await(store_->redemptions().Redeem(mine));
      if (next == Next::kSame) of_others = Await(store_->redemptions().Redeem(others));
      EXPECT_NE(of_mine.ok(), of_others->ok());
      const bool is_mine = of_mine.ok();
      if (next == Next::kSame || next == Next::kRefused) {
        EXPECT_THAT(of_mine, Succeeds());
      }
      if (is_mine) ExpectOf(*of_mine, {a, coupon, b});
      if (!is_mine && next == Next::kAnotherUser) {
        EXPECT_THAT(of_mine, Refuses(Reason::kCouponOfAnotherUser));
        ExpectOf(**of_others, {a, b});
        EXPECT_EQ(StateOf(coupon), storage::CouponState::kIssued);
      }
      if (!is_mine && next == Next::kAnotherOrder) {
        EXPECT_THAT(of_mine, Refuses(Reason::kCouponAlreadyRedeemed));
        ExpectOf(**of_others, {coupon, b});
        // What nobody uses is anybody's.
        EXPECT_THAT(Await(store_->redemptions().Redeem(By(3, a))), Succeeds());
      }
      (is_mine ? committed : freed) += 1;
      ++trials;
      if (lived) break;
    }
  }
  EXPECT_GT(committed, 8);
  EXPECT_GT(freed, 4);
  EXPECT_GT(trials, 24);
  Sweep();
  ExpectVerified();
  testing::PrintTrials("a redeemer of two codes and a coupon dies between two steps", trials);
}

}  // namespace
}  // namespace tessera::contract
