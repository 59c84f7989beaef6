#include "services/program/code_reader.h"

#include "async/timer.h"
#include "async/when_all.h"
#include "tests/unit/services/handler_bench.h"

namespace tessera::program {
namespace {

using core::Reason;

constexpr char kForged[] = "0000-0000-0000-0000";

// The model, with a count of what it was asked and a way to be away.
class CountingAttempts final : public storage::AttemptStore {
 public:
  explicit CountingAttempts(storage::AttemptStore& store) : store_(store) {}

  async::Task<core::Result<storage::AttemptSpent>> Spend(storage::AttemptSubject subject,
                                                         storage::AttemptLimit limit,
                                                         storage::Deadline deadline) override {
    ++spends;
    // The answer takes its time, as Redis' does: others come in between.
    co_await async::Sleep(std::chrono::milliseconds(1));
    if (away) co_return core::Error(Reason::kStoreUnreachable, "away");
    co_return co_await store_.Spend(subject, limit, deadline);
  }
  async::Task<core::Status> Return(storage::AttemptSubject subject, core::InstantMs window_end_ms,
                                   storage::Deadline deadline) override {
    ++returns;
    return store_.Return(subject, window_end_ms, deadline);
  }

  int spends = 0;
  int returns = 0;
  bool away = false;

 private:
  storage::AttemptStore& store_;
};

class CodeReaderTest : public HandlerBench {
 protected:
  // A reader as a process of its own has one.
  std::unique_ptr<CodeReader> MakeReader() {
    registries_.push_back(std::make_unique<prometheus::Registry>());
    return std::make_unique<CodeReader>(counting_, dictionary_, tools_, config_, *registries_.back());
  }
  void Configure(int64_t per_user, int64_t per_caller, int64_t window_seconds = 600) {
    config_ = {per_user, per_caller, window_seconds};
    codes_ = MakeReader();
  }

  static api::TypedCode Typed(const std::string& code) { return {code, "coupons[0].code"}; }

  core::Result<core::CouponName> Read(CodeReader& reader, const std::string& code,
                                      const std::string& user_id) {
    const server::CallContext context(info_, caller_,
                                      std::chrono::steady_clock::now() + std::chrono::seconds(5), {});
    const api::TypedCode typed = Typed(code);
    return loop_.RunUntilDone(reader.ReadCode(typed, user_id, context));
  }
  core::Result<core::CouponName> Read(const std::string& code, const std::string& user_id) {
    return Read(*codes_, code, user_id);
  }
  std::string ReasonOf(const core::Result<core::CouponName>& read) {
    return read.ok() ? "OK" : std::string(core::ReasonName(read.error().reason));
  }
  std::string Guess(const std::string& user_id) { return ReasonOf(Read(kForged, user_id)); }

  double Refused(const std::string& subject) const {
    for (const auto& family : registries_.back()->Collect()) {
      if (family.name != "coupon_attempts_refused_total") continue;
      for (const auto& metric : family.metric) {
        if (metric.label.at(0).value == subject) return metric.counter.value;
      }
    }
    return -1;
  }

  CountingAttempts counting_{store_};
  AttemptConfig config_;
  std::vector<std::unique_ptr<prometheus::Registry>> registries_;
  std::unique_ptr<CodeReader> codes_ = MakeReader();
};

TEST_F(CodeReaderTest, RightCodesAndIdsAskNoStore) {
  const auto read = Read(api::CodeOf(77), "ada");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, core::CouponName(core::CouponNumber{77}));
  EXPECT_EQ(*Read(api::CodeOf(78, core::CodeKind::kUnbound), ""), core::CouponName(core::CodeNumber{78}));
  EXPECT_EQ(counting_.spends, 0);
}

TEST_F(CodeReaderTest, WrongCodesSpendTheUsersBudget) {
  Configure(3, 0);
  for (int i = 0; i < 3; ++i) {
    const auto read = Read(kForged, "ada");
    EXPECT_EQ(ReasonOf(read), "INVALID_CODE");
    EXPECT_EQ(api::FieldOf(read.error()), "coupons[0].code");
    EXPECT_TRUE(Read(api::CodeOf(77), "ada").ok()) << "a right one neither spends nor gives back";
  }
  const auto refused = Read(kForged, "ada");
  EXPECT_EQ(ReasonOf(refused), "ATTEMPTS_EXHAUSTED");
  const std::pair<std::string, std::string> retry("retry_after_ms", "600000");
  EXPECT_EQ(refused.error().metadata, std::vector{retry});
  EXPECT_EQ(counting_.spends, 4);
  EXPECT_EQ(Guess("bob"), "INVALID_CODE");
  EXPECT_EQ(Guess(""), "INVALID_CODE") << "nobody's budget is no user's";
  EXPECT_EQ(Refused("user"), 1);
  EXPECT_EQ(Refused("caller"), 0);
}

TEST_F(CodeReaderTest, AfterThatItRefusesByItselfRightCodesToo) {
  Configure(1, 0);
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("ada"), "ATTEMPTS_EXHAUSTED");
  const int asked = counting_.spends;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Guess("ada"), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(ReasonOf(Read(api::CodeOf(77), "ada")), "ATTEMPTS_EXHAUSTED");
  EXPECT_TRUE(Read(api::CodeOf(77), "bob").ok());
  EXPECT_EQ(counting_.spends, asked);
  EXPECT_EQ(Refused("user"), 102);
}

TEST_F(CodeReaderTest, AnIdIsUnderNoBudget) {
  Configure(1, 1);
  while (Guess("ada") != "ATTEMPTS_EXHAUSTED") continue;
  const server::CallContext context(info_, caller_,
                                    std::chrono::steady_clock::now() + std::chrono::seconds(5), {});
  const api::TypedCoupon by_id = core::CouponNumber{77};
  EXPECT_TRUE(loop_.RunUntilDone(codes_->Read(by_id, "ada", context)).ok());
  const api::TypedCoupon by_code = Typed(api::CodeOf(77));
  EXPECT_EQ(ReasonOf(loop_.RunUntilDone(codes_->Read(by_code, "ada", context))), "ATTEMPTS_EXHAUSTED");
}

TEST_F(CodeReaderTest, EachCallerHasABudgetOverAllUsers) {
  Configure(0, 3);
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("bob"), "INVALID_CODE");
  EXPECT_EQ(Guess(""), "INVALID_CODE");
  EXPECT_EQ(Guess("cyd"), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(ReasonOf(Read(api::CodeOf(77), "")), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(Refused("caller"), 2);
  caller_.name = "another shop";
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_TRUE(Read(api::CodeOf(77), "ada").ok());
}

TEST_F(CodeReaderTest, AUserOfTheCallersNameIsAnotherSubject) {
  Configure(2, 2);
  EXPECT_EQ(Guess(caller_.name), "INVALID_CODE");
  EXPECT_EQ(Guess(caller_.name), "INVALID_CODE") << "one key for both would be spent by now";
  EXPECT_EQ(Guess(caller_.name), "ATTEMPTS_EXHAUSTED");
}

TEST_F(CodeReaderTest, WhomTheUsersBudgetRefusesTheCallerDoesNotPayFor) {
  Configure(2, 4);
  // Three processes, so that each has to ask the store whether ada's budget is spent.
  const auto other = MakeReader();
  const auto third = MakeReader();
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("ada"), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(ReasonOf(Read(*other, kForged, "ada")), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(ReasonOf(Read(*third, kForged, "ada")), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(Guess("bob"), "INVALID_CODE");
  EXPECT_EQ(Guess("bob"), "INVALID_CODE");
  EXPECT_EQ(Guess("cyd"), "ATTEMPTS_EXHAUSTED");
}

TEST_F(CodeReaderTest, WhomTheCallersBudgetRefusesTheUserDoesNotPay) {
  Configure(1, 1);
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("bob"), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(counting_.returns, 1);
  caller_.name = "another shop";
  EXPECT_EQ(Guess("bob"), "INVALID_CODE") << "bob's guess was never judged";
  EXPECT_EQ(Guess("ada"), "ATTEMPTS_EXHAUSTED") << "ada's was, and another caller does not change that";
}

TEST_F(CodeReaderTest, WithoutLimitsNoStoreIsAsked) {
  Configure(0, 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(counting_.spends, 0);
}

TEST_F(CodeReaderTest, AGuessThatCannotBeChargedIsNotAnswered) {
  Configure(3, 3);
  counting_.away = true;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Guess("ada"), "STORE_UNREACHABLE");
  EXPECT_TRUE(Read(api::CodeOf(77), "ada").ok()) << "a right one needs no store";
  counting_.away = false;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("ada"), "ATTEMPTS_EXHAUSTED");
}

TEST_F(CodeReaderTest, OfGuessesAtTheSameTimeAsManyAreJudgedAsTheBudgetAllows) {
  Configure(5, 0);
  const auto other = MakeReader();
  const server::CallContext context(info_, caller_,
                                    std::chrono::steady_clock::now() + std::chrono::seconds(30), {});
  const api::TypedCode typed = Typed(kForged);
  std::map<std::string, int> answers;
  const auto guess = [&](CodeReader& reader) -> async::Task<void> {
    const auto read = co_await reader.ReadCode(typed, "ada", context);
    ++answers[ReasonOf(read)];
  };
  std::vector<async::Task<void>> tasks;
  for (int i = 0; i < 200; ++i) tasks.push_back(guess(i % 2 == 0 ? *codes_ : *other));
  loop_.RunUntilDone(async::WhenAll(std::move(tasks)));
  EXPECT_EQ(answers, (std::map<std::string, int>{{"INVALID_CODE", 5}, {"ATTEMPTS_EXHAUSTED", 195}}));
}

TEST_F(CodeReaderTest, AllAttemptsAreLeftAgainAfterTheWindow) {
  Configure(1, 0, 1);
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("ada"), "ATTEMPTS_EXHAUSTED");
  now_ms_ += 1'000;
  loop_.RunUntilDone(async::Sleep(std::chrono::milliseconds(1'010)));
  EXPECT_TRUE(Read(api::CodeOf(77), "ada").ok());
  EXPECT_EQ(Guess("ada"), "INVALID_CODE");
  EXPECT_EQ(Guess("ada"), "ATTEMPTS_EXHAUSTED");
}

TEST_F(CodeReaderTest, AGuessThatTurnsOutRightIsGivenBack) {
  prometheus::Registry registry;
  const AttemptConfig config{.per_user = 1, .per_caller = 1};
  AttemptBudget budget(counting_, tools_.users, config, registry);
  Guesser ada;
  ada.user_id = "ada";
  ada.caller = "shop";
  const storage::Deadline soon = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const auto charge = loop_.RunUntilDone(budget.Charge(ada, soon));
  ASSERT_TRUE(charge.ok());
  EXPECT_FALSE(loop_.RunUntilDone(budget.Charge(ada, soon)).ok());
  EXPECT_TRUE(budget.Refusal(ada).has_value());
  loop_.RunUntilDone(budget.GiveBack(*charge, soon));
  EXPECT_FALSE(budget.Refusal(ada).has_value()) << "an attempt is left again";
  EXPECT_TRUE(loop_.RunUntilDone(budget.Charge(ada, soon)).ok());
}

TEST(AttemptConfig, IsReadFromItsSection) {
  AttemptConfig config;
  server::ConfigBinder binder;
  Bind(binder.Section("attempts", "The budget of wrong codes."), config);
  ASSERT_TRUE(
      binder.Load("attempts:\n  per_user: 5\n  per_caller: 0\n  window_seconds: 60\n", "test", {}).ok());
  EXPECT_EQ(config.per_user, 5);
  EXPECT_EQ(config.per_caller, 0);
  EXPECT_EQ(config.window_seconds, 60);
  for (const char* bad : {"per_user: -1", "window_seconds: 0", "window_seconds: 86401"}) {
    AttemptConfig spoiled;
    server::ConfigBinder other;
    Bind(other.Section("attempts", "The budget of wrong codes."), spoiled);
    EXPECT_FALSE(other.Load(std::string("attempts:\n  ") + bad + "\n", "test", {}).ok()) << bad;
  }
}

TEST_F(CodeReaderTest, AStoredCodeIsLookedUpAndCostsNothing) {
  Configure(2, 0);
  dictionary_.numbers[tools_.stored_codes.KeysOf("SPR1NG2026").front()] = core::CodeNumber{77};
  for (const char* typed : {"SPRING2026", "spring-2026", "Spr ing 2O26", "sprlng2026"}) {
    const auto read = Read(typed, "ada");
    ASSERT_TRUE(read.ok()) << typed;
    EXPECT_EQ(std::get<core::CodeNumber>(*read).value, 77u);
  }
  EXPECT_EQ(counting_.spends, 4);
  EXPECT_EQ(counting_.returns, 4);
  EXPECT_EQ(ReasonOf(Read("SPRING2027", "ada")), "COUPON_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Read("SPRING2028", "ada")), "COUPON_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Read("SPRING2029", "ada")), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(ReasonOf(Read("SPRING2026", "ada")), "ATTEMPTS_EXHAUSTED");
}

TEST_F(CodeReaderTest, WhatCanBeNoStoredCodeIsNotLookedUp) {
  for (const char* typed : {kForged, "abc", "no/slash"}) {
    EXPECT_EQ(ReasonOf(Read(typed, "ada")), "INVALID_CODE") << typed;
  }
  EXPECT_EQ(dictionary_.looks, 0);
}

}  // namespace
}  // namespace tessera::program
