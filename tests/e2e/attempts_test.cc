// The budget of wrong codes, through the real services: exact while many guess at the same time, over three
// redeemers.

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "tests/e2e/guess_judge.h"
#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tests/support/http_get.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/traffic.h"

namespace tessera::e2e {
namespace {

constexpr int kWorkers = 64;
constexpr int kRedeemers = 3;

struct Budgets {
  int64_t per_user = 0;
  int64_t per_caller = 0;
  int64_t window_seconds = 600;
};

class AttemptsTest : public ::testing::Test {
 protected:
  // Three redeemers, and of each worker a connection to one of them.
  void Start(const Budgets& budgets) {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kMemory;
    options.buckets = kFewBuckets;
    options.log_level = "warning";
    options.environment = {{"TESSERA_ATTEMPTS_PER_USER", std::to_string(budgets.per_user)},
                           {"TESSERA_ATTEMPTS_PER_CALLER", std::to_string(budgets.per_caller)},
                           {"TESSERA_ATTEMPTS_WINDOW_SECONDS", std::to_string(budgets.window_seconds)}};
    deployment_ = std::make_unique<testing::Deployment>(options);
    addresses_ = {deployment_->redeemer().grpc_address()};
    for (int i = 1; i < kRedeemers; ++i) {
      replicas_.push_back(deployment_->Replica("redeemer", "redeemer-" + std::to_string(i)));
      replicas_.back()->Start();
      addresses_.push_back(replicas_.back()->grpc_address());
    }
    for (int i = 0; i < kWorkers; ++i) clients_.push_back(Client(i % kRedeemers, "ADMIN"));
    clients_.front()->Open("guess", load::PlainDefinition("Guess"));
  }

  std::unique_ptr<TesseraClient> Client(int redeemer, const std::string& role) {
    return std::make_unique<TesseraClient>(TesseraClient::Addresses{
        deployment_->issuer().grpc_address(), addresses_[static_cast<size_t>(redeemer)],
        deployment_->analytics().grpc_address(), deployment_->token(role)});
  }

  std::string CodeFor(const std::string& user_id) {
    pb::ClaimCouponResponse response;
    const auto status = clients_.front()->Call(clients_.front()->ClaimOf("guess", user_id), &response);
    EXPECT_TRUE(status.ok()) << load::RefusalLabel(status);
    return response.coupon().code();
  }

  // A refusal's reason; where a budget is spent, it must say for how long.
  static std::string ReasonOf(const grpc::Status& status) {
    if (status.ok()) return "OK";
    const load::RefusalInfo refusal = load::RefusalOf(status);
    if (refusal.reason != "ATTEMPTS_EXHAUSTED") return refusal.reason;
    const auto retry = refusal.metadata.find("retry_after_ms");
    const bool told = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
                      retry != refusal.metadata.end() && std::stoll(retry->second) > 0 &&
                      status.error_details().find("google.rpc.RetryInfo") != std::string::npos;
    return told ? refusal.reason : "ATTEMPTS_EXHAUSTED without RetryInfo";
  }

  static std::string Try(TesseraClient& client, const std::string& code, const std::string& user_id,
                         int64_t way) {
    if (way % 3 == 0) {
      pb::RedeemCouponsRequest redeem = client.RedeemOf(code, "order-1");
      redeem.set_user_id(user_id);
      pb::RedeemCouponsResponse response;
      return ReasonOf(client.Call(redeem, &response));
    }
    if (way % 3 == 1) {
      pb::ReserveCouponsRequest reserve = client.ReserveOf(code, "order-1");
      reserve.set_user_id(user_id);
      pb::ReserveCouponsResponse response;
      return ReasonOf(client.Call(reserve, &response));
    }
    pb::ValidateCouponsRequest validate;
    validate.set_user_id(user_id);
    validate.add_coupons()->set_code(code);
    *validate.mutable_order() = TesseraClient::OrderOf("order-1");
    pb::ValidateCouponsResponse response;
    const std::string reason = ReasonOf(client.Call(validate, &response));
    if (reason != "OK" || !response.verdicts(0).has_refusal()) return reason;
    return pb::ErrorReason_Name(response.verdicts(0).refusal().reason()).substr(13);
  }
  static std::string Guess(TesseraClient& client, const std::string& user_id, int64_t index) {
    std::string forged;
    load::ForgedTraffic::ForgeCode(11, static_cast<uint64_t>(index), &forged);
    return Try(client, forged, user_id, index);
  }
  // Everybody guesses, as the user that `user_of` names.
  GuessTally Rush(int64_t guesses, const std::function<std::string(int64_t)>& user_of) {
    return RunGuesses(kWorkers, guesses, [&](int64_t index, int worker) {
      return Guess(*clients_[static_cast<size_t>(worker)], user_of(index), index);
    });
  }
  // Until each redeemer knows that the user's or the caller's budget is spent.
  void Exhaust(const std::string& user_id) {
    for (int i = 0; i < kRedeemers; ++i) {
      while (Guess(*clients_[static_cast<size_t>(i)], user_id, 0) == "INVALID_CODE") continue;
    }
  }

  double RefusedBy(const std::string& subject) {
    double refused = testing::MetricValue(deployment_->redeemer().Metrics(),
                                          "coupon_attempts_refused_total{subject=\"" + subject + "\"}");
    for (const auto& replica : replicas_) {
      refused += testing::MetricValue(replica->Metrics(),
                                      "coupon_attempts_refused_total{subject=\"" + subject + "\"}");
    }
    return refused;
  }

  std::unique_ptr<testing::Deployment> deployment_;
  std::vector<std::unique_ptr<testing::ServiceProcess>> replicas_;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<TesseraClient>> clients_;
};

TEST_F(AttemptsTest, OfOneUsersGuessesAsManyAreJudgedAsTheBudgetAllows) {
  constexpr int64_t kBudget = 20;
  constexpr int64_t kGuesses = 640;
  Start({.per_user = kBudget});
  const int64_t users = Trials(4, 100);
  for (int64_t user = 0; user < users; ++user) {
    const std::string name = "user-" + std::to_string(user);
    const GuessTally tally = Rush(kGuesses, [&](int64_t) { return name; });
    EXPECT_EQ(JudgeGuesses(kGuesses, kBudget, tally), std::vector<std::string>());
  }
  EXPECT_EQ(RefusedBy("user"), static_cast<double>(users * (kGuesses - kBudget)));
  EXPECT_EQ(RefusedBy("caller"), 0);
  // Everybody else goes on, and whoever named no user never had a user's budget.
  EXPECT_EQ(Try(*clients_[1], CodeFor("ada"), "ada", 0), "OK");
  EXPECT_EQ(Guess(*clients_[2], "", 5), "INVALID_CODE");
  PrintTrials("wrong codes of one user over three redeemers", users * kGuesses);
}

TEST_F(AttemptsTest, OfOneCallersGuessesAsManyAreJudgedAsTheBudgetAllows) {
  constexpr int64_t kBudget = 300;
  const int64_t guesses = Trials(2'000, 20'000);
  Start({.per_user = 40, .per_caller = kBudget});
  // More users than the budget has room for, each with less than his own.
  const GuessTally tally =
      Rush(guesses, [&](int64_t index) { return "user-" + std::to_string(index % 600); });
  EXPECT_EQ(JudgeGuesses(guesses, kBudget, tally), std::vector<std::string>());
  EXPECT_EQ(RefusedBy("caller"), static_cast<double>(guesses - kBudget));
  const std::string code = CodeFor("ada");
  EXPECT_EQ(Try(*clients_[0], code, "ada", 0), "ATTEMPTS_EXHAUSTED") << "right codes too";
  const auto other_caller = Client(0, "REDEEMER");
  EXPECT_EQ(Try(*other_caller, code, "ada", 0), "OK");
  PrintTrials("wrong codes of one caller over three redeemers", guesses);
}

// Issuer and redeemers, and all ways to bring a code, spend the same budget.
TEST_F(AttemptsTest, ABudgetIsOneOverAllServices) {
  Start({.per_user = 2, .per_caller = 6});
  TesseraClient& client = *clients_[0];
  std::string forged;
  load::ForgedTraffic::ForgeCode(3, 0, &forged);
  const auto bind = [&] {
    pb::BindCodeRequest request;
    request.set_request_id(client.NextId());
    request.set_code(forged);
    request.set_user_id("ada");
    pb::BindCodeResponse response;
    return ReasonOf(client.Call(request, &response));
  };
  const auto get = [&] {
    pb::GetCouponRequest request;
    request.mutable_coupon()->set_code(forged);
    pb::GetCouponResponse response;
    return ReasonOf(client.Call(request, &response));
  };
  const auto revoke = [&] {
    pb::RevokeCouponRequest request;
    request.set_request_id(client.NextId());
    request.mutable_coupon()->set_code(forged);
    request.set_reason(pb::REVOKE_REASON_FRAUD);
    pb::RevokeCouponResponse response;
    return ReasonOf(client.Call(request, &response));
  };
  const auto ask = [&] {
    pb::GetOperationRequest request;
    request.mutable_operation()->set_request_id(client.NextId());
    request.mutable_operation()->set_method(pb::METHOD_REDEEM_COUPONS);
    request.mutable_operation()->mutable_coupon()->set_code(forged);
    pb::GetOperationResponse response;
    return ReasonOf(client.Call(request, &response));
  };
  EXPECT_EQ(bind(), "INVALID_CODE");
  EXPECT_EQ(Guess(client, "ada", 0), "INVALID_CODE");
  EXPECT_EQ(bind(), "ATTEMPTS_EXHAUSTED") << "ada has spent hers";
  EXPECT_EQ(get(), "INVALID_CODE");
  EXPECT_EQ(revoke(), "INVALID_CODE");
  EXPECT_EQ(ask(), "INVALID_CODE");
  // What is malformed is charged nothing, and refused as what it is.
  pb::RedeemCouponsRequest malformed = client.RedeemOf(forged, "order-1");
  malformed.clear_order();
  pb::RedeemCouponsResponse response;
  EXPECT_EQ(ReasonOf(client.Call(malformed, &response)), "INVALID_FIELD");
  EXPECT_EQ(get(), "INVALID_CODE");
  EXPECT_EQ(get(), "ATTEMPTS_EXHAUSTED") << "the caller has spent its own";
  EXPECT_EQ(ask(), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(revoke(), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(ReasonOf(client.Call(malformed, &response)), "INVALID_FIELD");
}

TEST_F(AttemptsTest, ARightCodeIsRefusedWithTheWrongOnesUntilTheWindowIsOver) {
  Start({.per_user = 5, .window_seconds = 5});
  const std::string code = CodeFor("ada");
  Exhaust("ada");
  for (int i = 0; i < kRedeemers; ++i) {
    EXPECT_EQ(Try(*clients_[static_cast<size_t>(i)], code, "ada", 0), "ATTEMPTS_EXHAUSTED");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(5'100));
  const GuessTally tally = Rush(200, [](int64_t) { return "ada"; });
  EXPECT_EQ(JudgeGuesses(200, 5, tally), std::vector<std::string>()) << "a new window, and all of it";
  std::this_thread::sleep_for(std::chrono::milliseconds(5'100));
  EXPECT_EQ(Try(*clients_[1], code, "ada", 0), "OK");
}

// The judge, tested: a budget that is looked at in one round trip and spent in another lets more guesses
// through.
class CheckThenSpend {
 public:
  explicit CheckThenSpend(int64_t budget) : budget_(budget) {
    for (int i = 0; i < kWorkers; ++i)
      connections_.push_back(std::make_unique<testing::BlockingRedis>(redis_.unix_address()));
  }
  std::string Guess(const std::string& user, int worker) {
    testing::BlockingRedis& redis = *connections_[static_cast<size_t>(worker)];
    const std::string spent = redis.Command({"GET", user});
    if (spent != "(nil)" && std::stoll(spent) >= budget_) return "ATTEMPTS_EXHAUSTED";
    redis.Command({"INCR", user});
    return "INVALID_CODE";
  }

 private:
  const int64_t budget_;
  testing::RedisServer redis_;
  std::vector<std::unique_ptr<testing::BlockingRedis>> connections_;
};

// What the judge says of one user after the other.
std::vector<std::string> JudgeUsers(int users,
                                    const std::function<std::string(const std::string&, int)>& guess) {
  std::vector<std::string> breaches;
  for (int user = 0; user < users; ++user) {
    const std::string name = "user-" + std::to_string(user);
    const GuessTally tally =
        RunGuesses(kWorkers, 640, [&](int64_t, int worker) { return guess(name, worker); });
    for (std::string& breach : JudgeGuesses(640, 20, tally))
      breaches.push_back(name + ": " + std::move(breach));
  }
  return breaches;
}

TEST(GuessJudgeTest, CatchesABudgetThatIsCheckedBeforeItIsSpent) {
  CheckThenSpend broken(20);
  const std::vector<std::string> breaches =
      JudgeUsers(20, [&](const std::string& user, int worker) { return broken.Guess(user, worker); });
  for (const std::string& breach : breaches) std::printf("%s\n", breach.c_str());
  EXPECT_FALSE(breaches.empty()) << "more than the budget was judged, unnoticed";
  PrintTrials("wrong codes of a check-then-spend variant", 20 * 640);
}

TEST(GuessJudgeTest, AcquitsTheSameWhenOnlyOneGuessesAtATime) {
  CheckThenSpend budget(20);
  std::mutex alone;
  const std::vector<std::string> breaches = JudgeUsers(5, [&](const std::string& user, int worker) {
    const std::lock_guard lock(alone);
    return budget.Guess(user, worker);
  });
  EXPECT_EQ(breaches, std::vector<std::string>());
}

}  // namespace
}  // namespace tessera::e2e
