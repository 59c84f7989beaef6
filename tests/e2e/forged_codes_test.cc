// Codes that nobody made, against Redis' own counter of commands.

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <thread>

#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tests/support/wait_until.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/traffic.h"

namespace tessera::e2e {
namespace {

using testing::WaitUntil;

class ForgedCodesTest : public ::testing::Test {
 protected:
  // Nobody but the calls of the test talks to Redis.
  void Start(const std::string& per_user, const std::string& per_caller) {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kMemory;
    options.log_level = "warning";
    options.environment = {{"TESSERA_SWEEP_ENABLED", "false"},
                           {"TESSERA_STORAGE_CHECK_INTERVAL_MS", "60000"},
                           {"TESSERA_ATTEMPTS_PER_USER", per_user},
                           {"TESSERA_ATTEMPTS_PER_CALLER", per_caller}};
    deployment_ = std::make_unique<testing::Deployment>(options);
    client_ = std::make_unique<TesseraClient>(*deployment_);
    client_->Open("forged", load::PlainDefinition("Forged"));
    pb::ClaimCouponResponse claimed;
    ASSERT_TRUE(client_->Call(client_->ClaimOf("forged", "ada"), &claimed).ok());
    code_ = claimed.coupon().code();
    EXPECT_EQ(deployment_->issuer().Terminate(), 0);
    EXPECT_EQ(deployment_->analytics().Terminate(), 0);
  }

  std::map<std::string, std::string> Commands() {
    std::map<std::string, std::string> calls;
    std::istringstream lines(deployment_->redis().Command({"INFO", "commandstats"}));
    for (std::string line; std::getline(lines, line);) {
      const size_t colon = line.find(':');
      if (colon == std::string::npos || line.starts_with("cmdstat_info:")) continue;
      calls[line.substr(0, colon)] = line.substr(colon + 1, line.find(',') - colon - 1);
    }
    return calls;
  }
  // When what the start left to do is done.
  std::map<std::string, std::string> CommandsAtRest() {
    std::map<std::string, std::string> before;
    WaitUntil("Redis is left alone", [&] {
      before = Commands();
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      return Commands() == before;
    });
    EXPECT_FALSE(before.empty());
    return before;
  }

  // Every code that differs from the genuine one in one symbol, and `forged` that nobody ever saw.
  std::vector<std::string> WrongCodes(int64_t forged) const {
    std::vector<std::string> wrong;
    for (size_t i = 0; i < code_.size(); ++i) {
      for (const char symbol : std::string("0123456789ABCDEFGHJKMNPQRSTVWXYZ")) {
        if (code_[i] == '-' || symbol == code_[i]) continue;
        wrong.push_back(code_);
        wrong.back()[i] = symbol;
      }
    }
    for (int64_t i = 0; i < forged; ++i) {
      load::ForgedTraffic::ForgeCode(7, static_cast<uint64_t>(i), &wrong.emplace_back());
    }
    return wrong;
  }

  static std::string ReasonOf(const grpc::Status& status) {
    return status.ok() ? "OK" : load::RefusalOf(status).reason;
  }
  // Why the code is refused; `way` chooses the RPC.
  std::string Refusal(const std::string& code, size_t way, const std::string& user_id = "") {
    if (way % 3 == 0) {
      pb::RedeemCouponsRequest redeem = client_->RedeemOf(code, "order-1");
      redeem.set_user_id(user_id);
      pb::RedeemCouponsResponse response;
      return ReasonOf(client_->Call(redeem, &response));
    }
    if (way % 3 == 1) {
      pb::ReserveCouponsRequest reserve = client_->ReserveOf(code, "order-1");
      reserve.set_user_id(user_id);
      pb::ReserveCouponsResponse response;
      return ReasonOf(client_->Call(reserve, &response));
    }
    pb::ValidateCouponsRequest validate;
    validate.set_user_id(user_id);
    validate.add_coupons()->set_code(code);
    *validate.mutable_order() = TesseraClient::OrderOf("order-1");
    pb::ValidateCouponsResponse response;
    const grpc::Status status = client_->Call(validate, &response);
    if (!status.ok() || !response.verdicts(0).has_refusal()) return ReasonOf(status);
    return pb::ErrorReason_Name(response.verdicts(0).refusal().reason()).substr(13);
  }

  std::unique_ptr<testing::Deployment> deployment_;
  std::unique_ptr<TesseraClient> client_;
  std::string code_;
};

// A forged or mistyped code ends in the redeemer, where wrong codes are not counted.
TEST_F(ForgedCodesTest, CostRedisNothingWithoutABudget) {
  Start("0", "0");
  const std::vector<std::string> wrong = WrongCodes(Trials(500, 20'000));
  const auto before = CommandsAtRest();
  for (size_t i = 0; i < wrong.size(); ++i) EXPECT_EQ(Refusal(wrong[i], i), "INVALID_CODE") << wrong[i];
  EXPECT_EQ(Commands(), before);
  EXPECT_EQ(Refusal(code_, 0), "OK");
  EXPECT_NE(Commands(), before) << "a genuine code does reach Redis";
  std::printf("%zu wrong codes, no command\n", wrong.size());
}

// Where they are counted, each costs a script until the budget is spent, and then none, whether right or
// wrong.
TEST_F(ForgedCodesTest, CostRedisNothingOnceABudgetIsSpent) {
  Start("5", "20");
  const std::vector<std::string> wrong = WrongCodes(Trials(500, 20'000));
  const auto idle = CommandsAtRest();
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(Refusal(wrong[i], i, "ada"), "INVALID_CODE");
  EXPECT_NE(Commands(), idle);
  EXPECT_EQ(Refusal(wrong[5], 5, "ada"), "ATTEMPTS_EXHAUSTED");
  const auto user_spent = CommandsAtRest();
  for (size_t i = 0; i < wrong.size(); ++i)
    EXPECT_EQ(Refusal(wrong[i], i, "ada"), "ATTEMPTS_EXHAUSTED") << wrong[i];
  for (size_t way = 0; way < 3; ++way) EXPECT_EQ(Refusal(code_, way, "ada"), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(Commands(), user_spent);
  for (size_t i = 0; i < 15; ++i) EXPECT_EQ(Refusal(wrong[i], i), "INVALID_CODE");
  EXPECT_EQ(Refusal(wrong[15], 15), "ATTEMPTS_EXHAUSTED");
  const auto caller_spent = CommandsAtRest();
  for (size_t i = 0; i < wrong.size(); ++i)
    EXPECT_EQ(Refusal(wrong[i], i, i % 2 == 0 ? "" : "bob"), "ATTEMPTS_EXHAUSTED") << wrong[i];
  EXPECT_EQ(Commands(), caller_spent);
  std::printf("%zu codes refused by spent budgets, no command\n", 2 * wrong.size() + 3);
}

}  // namespace
}  // namespace tessera::e2e
