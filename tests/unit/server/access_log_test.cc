#include "server/access_log.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace tessera::server {
namespace {

class AccessLogTest : public ::testing::Test {
 protected:
  AccessLog Make(LogConfig config) {
    log_.SetLevel(config.level);
    return AccessLog(config, log_);
  }

  std::ostringstream text_;
  Log log_{"issuer", LogLevel::kInfo,
           std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_))};
};

int Wanted(AccessLog& access, bool ok, bool failure, int times) {
  int wanted = 0;
  for (int i = 0; i < times; ++i) wanted += access.Wants(ok, failure) ? 1 : 0;
  return wanted;
}

TEST_F(AccessLogTest, SuccessesAreNotWrittenUnlessAskedFor) {
  AccessLog quiet = Make({});
  EXPECT_EQ(Wanted(quiet, true, false, 10), 0);
  LogConfig config;
  config.access_ok = LogLevel::kInfo;
  AccessLog loud = Make(config);
  EXPECT_EQ(Wanted(loud, true, false, 10), 10);
}

TEST_F(AccessLogTest, SuccessesAreSampled) {
  LogConfig config;
  config.access_ok = LogLevel::kInfo;
  config.access_ok_one_in = 100;
  AccessLog sampled = Make(config);
  EXPECT_EQ(Wanted(sampled, true, false, 1000), 10);
}

TEST_F(AccessLogTest, RefusalsAreBoundedPerSecond) {
  LogConfig config;
  config.refusals_per_second_max = 5;
  AccessLog access = Make(config);
  // Two seconds may be touched, but not three.
  const int wanted = Wanted(access, false, false, 1000);
  EXPECT_GE(wanted, 5);
  EXPECT_LE(wanted, 10);
}

TEST_F(AccessLogTest, ALineHoldsWhatIsKnown) {
  const AccessLog access = Make({});
  const CallContext::LogFields notes = {{"campaign_id", "spring"}};
  AccessEntry entry;
  entry.method = "p.S/M";
  entry.caller = "checkout";
  entry.code = "ResourceExhausted";
  entry.reason = "STOCK";
  entry.request_id =
      std::string_view("0123456789012345678901234567890123456789012345678901234567890123-beyond");
  entry.took = std::chrono::microseconds(1500);
  entry.notes = &notes;
  access.Write(entry);
  const auto line = nlohmann::json::parse(text_.str());
  EXPECT_EQ(line.at("msg"), "rpc");
  EXPECT_EQ(line.at("level"), "info");
  EXPECT_EQ(line.at("campaign_id"), "spring");
  EXPECT_EQ(line.at("duration_ms"), 1.5);
  EXPECT_EQ(line.at("reason"), "STOCK");
  EXPECT_EQ(std::string(line.at("request_id")).size(), 64U);
  EXPECT_FALSE(line.contains("cause"));
}

}  // namespace
}  // namespace tessera::server
