// What operators see: /metrics of the three real programs while they work, fail and forget.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "scripts.h"
#include "tests/e2e/metric_names.h"
#include "tests/e2e/tessera_client.h"
#include "tests/support/http_get.h"
#include "tests/support/temp_folder.h"
#include "tests/support/wait_until.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

using testing::MetricValue;
using testing::WaitUntil;

class MetricsTest : public ::testing::Test {
 protected:
  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kMemory;
    options.log_level = "warning";
    options.environment = {{"TESSERA_CAMPAIGN_SERIES_INTERVAL_MS", "200"}};
    return options;
  }

  template <class Response, class Request>
  static Response Must(TesseraClient& client, const Request& request) {
    Response response;
    const grpc::Status status = client.Call(request, &response);
    EXPECT_TRUE(status.ok()) << Request::descriptor()->name() << ": " << load::RefusalLabel(status);
    return response;
  }
  template <class Response, class Request>
  static std::string ReasonOf(TesseraClient& client, const Request& request) {
    Response response;
    const grpc::Status status = client.Call(request, &response);
    return status.ok() ? "OK" : load::RefusalOf(status).reason;
  }

  // What promtool itself says of a page, "" when nothing; MetricNames knows its rules besides.
  static std::string Promtool(const std::string& page) {
    const testing::TempFolder folder("tsp");
    std::ofstream(folder.path() / "page") << page;
    const std::string command = "promtool check metrics < " + (folder.path() / "page").string() + " > " +
                                (folder.path() / "says").string() + " 2>&1";
    const bool clean = std::system(command.c_str()) == 0;
    std::ifstream says(folder.path() / "says");
    return (clean ? "" : "not clean: ") + std::string(std::istreambuf_iterator<char>(says), {});
  }

  // The values of all series of a family, by their labels as they stand on the page.
  static std::map<std::string, double> Series(const std::string& page, const std::string& name) {
    std::map<std::string, double> series;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      const bool is_one = line.starts_with(name) && (line[name.size()] == '{' || line[name.size()] == ' ');
      if (is_one)
        series[line.substr(name.size(), line.rfind(' ') - name.size())] =
            std::stod(line.substr(line.rfind(' ')));
    }
    return series;
  }
  static double Sum(const std::string& page, const std::string& name) {
    double sum = 0;
    for (const auto& [labels, value] : Series(page, name)) sum += value;
    return sum;
  }
};

// Rate, errors and duration of each RPC, Redis' latency and connections, the process, business and
// invariants: by the names that dashboards and alerts use.
TEST_F(MetricsTest, HasEverySeriesByItsName) {
  testing::Deployment deployment(Options());
  TesseraClient client(deployment);
  client.Open("names", load::PlainDefinition("Names"));
  const std::string code =
      Must<pb::ClaimCouponResponse>(client, client.ClaimOf("names", "ada")).coupon().code();
  Must<pb::RedeemCouponsResponse>(client, client.RedeemOf(code, "order-1"));
  client.SettledStats("names");
  const std::set<std::string> of_all = {
      "grpc_server_started_total", "grpc_server_handled_total",  "grpc_server_handling_seconds",
      "grpc_server_in_flight",     "redis_command_seconds",      "redis_command_failures_total",
      "redis_retries_total",       "redis_connections",          "redis_disconnects_total",
      "redis_script_info",         "process_cpu_seconds_total",  "process_resident_memory_bytes",
      "process_open_fds",          "process_start_time_seconds", "tessera_store_closed"};
  const std::set<std::string> issuing = {"coupon_issue_total", "coupon_swept_total",
                                         "coupon_attempts_refused_total"};
  const std::set<std::string> redeeming = {"coupon_redeem_total", "coupon_validate_total",
                                           "coupon_swept_total", "coupon_attempts_refused_total"};
  const std::set<std::string> counting = {"coupon_analytics_lag_seconds", "coupon_analytics_events_total",
                                          "coupon_invariant_differences", "coupon_invariant_checks_total",
                                          "coupon_campaign_coupons",      "coupon_campaign_amount_minor"};
  const std::pair<testing::ServiceProcess*, std::set<std::string>> services[] = {
      {&deployment.issuer(), issuing},
      {&deployment.redeemer(), redeeming},
      {&deployment.analytics(), counting}};
  WaitUntil("the campaign's series are there", [&] {
    return deployment.analytics().Metrics().find("coupon_campaign_amount_minor{") != std::string::npos;
  });
  int families = 0;
  for (const auto& [service, own] : services) {
    const std::string page = service->Metrics();
    const MetricNames names(page);
    for (const std::set<std::string>& wanted : {of_all, own}) {
      for (const std::string& name : wanted) EXPECT_TRUE(names.has(name)) << name;
    }
    EXPECT_EQ(names.Mistakes(), "") << "what promtool check metrics would say";
    EXPECT_EQ(Promtool(page), "");
    EXPECT_GT(Sum(page, "redis_connections"), 0);
    families += names.count();
  }
  std::printf("%d families on three pages\n", families);
  const std::string page = deployment.issuer().Metrics();
  const std::string claims =
      "grpc_method=\"ClaimCoupon\",grpc_service=\"coupon.v1.IssuerService\",grpc_type=\"unary\"}";
  EXPECT_EQ(MetricValue(page, "grpc_server_handled_total{grpc_code=\"OK\"," + claims), 1);
  EXPECT_EQ(MetricValue(page, "grpc_server_handling_seconds_count{" + claims), 1);
  EXPECT_GT(MetricValue(page, "redis_command_seconds_count{command=\"issue\"}"), 0);
}

TEST_F(MetricsTest, NamesEveryScriptWithItsDigest) {
  testing::Deployment deployment(Options());
  TesseraClient client(deployment);
  client.Open("scripts", load::PlainDefinition("Scripts"));
  Must<pb::ClaimCouponResponse>(client, client.ClaimOf("scripts", "ada"));
  for (testing::ServiceProcess* service :
       {&deployment.issuer(), &deployment.redeemer(), &deployment.analytics()}) {
    const std::map<std::string, double> info = Series(service->Metrics(), "redis_script_info");
    EXPECT_EQ(info.size(), std::size(storage::redis_scripts::kAll));
    for (const redis::Script* script : storage::redis_scripts::kAll) {
      const std::string labels =
          "{script=\"" + std::string(script->name) + "\",sha1=\"" + std::string(script->sha1) + "\"}";
      EXPECT_TRUE(info.contains(labels)) << script->name;
      // The digest is the one by which Redis knows it.
      EXPECT_EQ(deployment.redis().Command({"SCRIPT", "LOAD", std::string(script->source)}), script->sha1);
    }
  }
  // A Redis that forgot its scripts is told them again: seen here, and by no caller.
  deployment.redis().Command({"SCRIPT", "FLUSH"});
  client.caller.tries_max = 1;
  Must<pb::ClaimCouponResponse>(client, client.ClaimOf("scripts", "bob"));
  const std::string page = deployment.issuer().Metrics();
  EXPECT_GE(MetricValue(page, "redis_retries_total{kind=\"no_script\"}"), 1);
  EXPECT_EQ(MetricValue(page, "redis_command_failures_total{kind=\"no_script\"}"), 0);
}

TEST_F(MetricsTest, BoundsTheSeriesOfCampaigns) {
  constexpr int kCampaigns = 203;
  constexpr int kShown = 200;
  testing::DeploymentOptions options = Options();
  options.partitions = 4;
  testing::Deployment deployment(options);
  TesseraClient client(deployment);
  for (int i = 0; i < kCampaigns; ++i) {
    const std::string id = "campaign-" + std::to_string(i);
    client.Open(id, load::PlainDefinition("Bound"));
    Must<pb::ClaimCouponResponse>(client, client.ClaimOf(id, "ada"));
  }
  const auto issued = [&] {
    std::map<std::string, double> by_campaign;
    for (const auto& [labels, value] : Series(deployment.analytics().Metrics(), "coupon_campaign_coupons")) {
      if (labels.find("what=\"issued\"") != std::string::npos) by_campaign[labels] = value;
    }
    return by_campaign;
  };
  const auto total = [&] {
    double sum = 0;
    for (const auto& [labels, value] : issued()) sum += value;
    return sum;
  };
  WaitUntil("every claim is counted", [&] { return total() == kCampaigns; }, std::chrono::seconds(60));
  const std::map<std::string, double> series = issued();
  EXPECT_EQ(series.size(), kShown + 1);
  double others = 0;
  for (const auto& [labels, value] : series) {
    if (labels.find("campaign=\"_other\"") != std::string::npos) others = value;
  }
  EXPECT_EQ(others, kCampaigns - kShown);
}

// The gauge is 0 while all agrees, and tells within one cycle that something was deleted behind the back.
TEST_F(MetricsTest, TheInvariantGaugeTellsOfCorruption) {
  testing::DeploymentOptions options = Options();
  options.partitions = 4;
  options.buckets = 16;
  options.environment = {{"TESSERA_INVARIANTS_INTERVAL_MS", "300"},
                         {"TESSERA_INVARIANTS_WALLETS_EVERY", "1"}};
  testing::Deployment deployment(options);
  TesseraClient client(deployment);
  client.Open("invariants", load::PlainDefinition("Invariants"));
  for (int i = 0; i < 100; ++i) {
    Must<pb::ClaimCouponResponse>(client, client.ClaimOf("invariants", "user-" + std::to_string(i)));
  }
  client.SettledStats("invariants");
  const auto gauge = [&](const std::string& depth) {
    return MetricValue(deployment.analytics().Metrics(),
                       "coupon_invariant_differences{depth=\"" + depth + "\"}");
  };
  const auto checks = [&] {
    return MetricValue(deployment.analytics().Metrics(), "coupon_invariant_checks_total{outcome=\"ok\"}");
  };
  const auto wait_for_a_cycle = [&] {
    const double seen = checks();
    // The one under way, and a whole one after it; each of two depths.
    WaitUntil("a cycle is over", [&] { return checks() >= seen + 4; });
  };
  wait_for_a_cycle();
  EXPECT_EQ(gauge("counters"), 0);
  EXPECT_EQ(gauge("wallets"), 0);

  std::string wallet;
  std::string counters;
  for (const std::string& key : deployment.redis().redis().List({"KEYS", "*"})) {
    const std::string name = key.substr(key.rfind(':') + 1);
    if (std::regex_match(name, std::regex("u[0-9]+"))) wallet = key;
    if (std::regex_match(name, std::regex("c[0-9]+"))) counters = key;
  }
  ASSERT_FALSE(wallet.empty());
  ASSERT_FALSE(counters.empty());
  const std::pair<std::string, std::string> losses[] = {{wallet, "available: counter = wallets"},
                                                        {counters, "issued: ledger = counter"}};
  for (const auto& [key, term] : losses) {
    SCOPED_TRACE(term);
    EXPECT_EQ(deployment.redis().Command({"RENAME", key, "aside"}), "OK");
    wait_for_a_cycle();
    EXPECT_GT(gauge("wallets"), 0);
    if (key == counters) {
      EXPECT_GT(gauge("counters"), 0);
    }
    EXPECT_NE(client.Differences().find(term), std::string::npos) << client.Differences();
    EXPECT_EQ(deployment.redis().Command({"RENAME", "aside", key}), "OK");
    wait_for_a_cycle();
    EXPECT_EQ(gauge("counters"), 0);
    EXPECT_EQ(gauge("wallets"), 0);
  }
}

// The lag is 0 while the ledger is followed, grows while it cannot be, and is 0 again afterwards.
TEST_F(MetricsTest, TheLagGaugeGrowsWhileTheLedgerIsNotFollowed) {
  testing::Deployment deployment(Options());
  TesseraClient client(deployment);
  client.Open("lag", load::PlainDefinition("Lag"));
  const auto lag = [&] {
    return MetricValue(deployment.analytics().Metrics(), "coupon_analytics_lag_seconds");
  };
  Must<pb::ClaimCouponResponse>(client, client.ClaimOf("lag", "ada"));
  client.SettledStats("lag");
  EXPECT_LT(lag(), 1);
  deployment.redis().Stop();
  WaitUntil("the lag is told", [&] { return lag() > 2.5; });
  deployment.redis().Cont();
  WaitUntil("it is caught up", [&] { return lag() == 0; });
}

TEST_F(MetricsTest, NoServiceWondersAboutItsEnvironment) {
  ASSERT_NE(std::getenv("TESSERA_BIN_DIR"), nullptr);
  testing::DeploymentOptions options = Options();
  options.environment.clear();
  testing::Deployment deployment(options);
  for (testing::ServiceProcess* service :
       {&deployment.issuer(), &deployment.redeemer(), &deployment.analytics()}) {
    EXPECT_EQ(service->Log().find("names no field"), std::string::npos) << service->Log();
  }
}

}  // namespace
}  // namespace tessera::e2e
