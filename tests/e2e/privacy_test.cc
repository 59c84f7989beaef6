// Nobody's name and no code in Redis, on disk, in logs or in metrics.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tests/support/wait_until.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Everything that the deployment has written or shows, by where it is.
std::map<std::string, std::string> EverythingWritten(testing::Deployment& deployment) {
  deployment.redis().Command({"SAVE"});
  std::map<std::string, std::string> texts;
  for (const auto& folder : {deployment.folder(), deployment.redis().folder().path()}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) texts[entry.path().string()] = ReadAll(entry.path());
    }
  }
  texts["issuer /metrics"] = deployment.issuer().Metrics();
  texts["redeemer /metrics"] = deployment.redeemer().Metrics();
  texts["analytics /metrics"] = deployment.analytics().Metrics();
  return texts;
}

TEST(PrivacyTest, WritesNoUserIdAndNoCodeAnywhere) {
  testing::DeploymentOptions options;
  options.log_level = "debug";
  // Uncompressed, so that a snapshot shows what it holds.
  options.redis_config_lines = {"rdbcompression no", "aof-use-rdb-preamble no"};
  testing::Deployment deployment(options);
  TesseraClient client(deployment);
  client.caller.tries_max = 1;
  pb::CampaignDefinition definition = load::PlainDefinition("Privacy");
  definition.mutable_limits()->set_per_user_total(1);
  client.Open("privacy", definition);
  const int64_t users = Trials(20, 500);
  std::vector<std::string> planted;
  for (int64_t i = 0; i < users; ++i) {
    const std::string user = "planted.person." + std::to_string(i) + "@example.org";
    planted.push_back(user);
    pb::ClaimCouponResponse claimed;
    ASSERT_TRUE(client.Call(client.ClaimOf("privacy", user), &claimed).ok());
    const std::string code = claimed.coupon().code();
    planted.push_back(code);
    std::string bare = code;
    bare.erase(std::remove(bare.begin(), bare.end(), '-'), bare.end());
    planted.push_back(bare);
    pb::ClaimCouponResponse refused;
    EXPECT_EQ(load::RefusalOf(client.Call(client.ClaimOf("privacy", user), &refused)).reason, "USER_QUOTA");
    auto foreign = client.RedeemOf(code, "order-" + std::to_string(i));
    foreign.set_user_id("planted.stranger@example.org");
    pb::RedeemCouponsResponse redeemed;
    EXPECT_EQ(load::RefusalOf(client.Call(foreign, &redeemed)).reason, "COUPON_OF_ANOTHER_USER");
    auto mistyped = client.RedeemOf("ZZZZ-" + code.substr(5), "order-" + std::to_string(i));
    client.Call(mistyped, &redeemed);
    planted.push_back("ZZZZ-" + code.substr(5));
    EXPECT_TRUE(client.Call(client.RedeemOf(code, "order-" + std::to_string(i)), &redeemed).ok());
    pb::ListUserCouponsRequest list;
    list.set_user_id(user);
    pb::ListUserCouponsResponse listed;
    EXPECT_TRUE(client.Call(list, &listed).ok());
  }
  planted.push_back("planted.stranger@example.org");
  planted.push_back(deployment.token("ADMIN"));
  client.SettledStats("privacy");

  const auto texts = EverythingWritten(deployment);
  size_t bytes = 0;
  bool found_aof = false, found_rdb = false, found_log = false;
  for (const auto& [where, text] : texts) {
    if (where.ends_with("/token-ADMIN")) continue;  // the test's own note of what it sends
    bytes += text.size();
    found_aof = found_aof || (where.ends_with(".aof") && text.find("privacy") != std::string::npos);
    found_rdb = found_rdb || (where.ends_with("dump.rdb") && text.find("privacy") != std::string::npos);
    found_log = found_log || (where.ends_with("issuer.log") && text.find("ClaimCoupon") != std::string::npos);
    const std::string lower = Lower(text);
    for (const std::string& secret : planted) {
      EXPECT_EQ(lower.find(Lower(secret)), std::string::npos) << secret << " stands in " << where;
    }
  }
  EXPECT_TRUE(found_aof && found_rdb && found_log) << "what should have been searched was not there";
  EXPECT_GT(bytes, 10'000u);
  PrintTrials("planted user ids and codes looked for", static_cast<int64_t>(planted.size()));
}

}  // namespace
}  // namespace tessera::e2e
