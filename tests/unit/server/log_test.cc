#include "server/log.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace tessera::server {
namespace {

class LogTest : public ::testing::Test {
 protected:
  // Each line, parsed; a line that is not JSON fails the test.
  std::vector<nlohmann::json> Lines() {
    std::vector<nlohmann::json> lines;
    std::istringstream text(text_.str());
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  std::ostringstream text_;
  Log log_{"issuer", LogLevel::kInfo,
           std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_))};
};

TEST_F(LogTest, ALineSaysWhenHowSevereWhoAndWhat) {
  log_.Warning("the store is away",
               {{"node", "127.0.0.1:6379"}, {"tries", 3}, {"ratio", 0.5}, {"final", false}});
  const auto line = Lines().at(0);
  EXPECT_EQ(line.at("level"), "warning");
  EXPECT_EQ(line.at("service"), "issuer");
  EXPECT_EQ(line.at("msg"), "the store is away");
  EXPECT_EQ(line.at("node"), "127.0.0.1:6379");
  EXPECT_EQ(line.at("tries"), 3);
  EXPECT_EQ(line.at("ratio"), 0.5);
  EXPECT_EQ(line.at("final"), false);
  const std::string time = line.at("time");
  EXPECT_EQ(time.size(), std::string("2026-11-21T20:14:30.123456Z").size());
  EXPECT_EQ(time[10], 'T');
  EXPECT_EQ(time.back(), 'Z');
}

TEST_F(LogTest, WhateverTheTextALineIsOneJsonObject) {
  const std::vector<std::string> texts = {
      "plain",
      "\"quoted\" and \\back\\slashed\\",
      "two\nlines\r\n\tand tabs",
      std::string("a null \0 inside", 15),
      "\x01\x1f\x7f control",
      "umlauts äöü and 🎟",
      "not UTF-8: \xff\xfe\xc3",
      "cut inside a character: \xf0\x9f\x8e",
      R"(","level":"error","forged":")",
      "%v %s {} {{}}",
      "",
  };
  for (const std::string& text : texts) log_.Info(text, {{"value", text}, {text, "key"}});
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(lines[i].at("level"), "info") << i;
    EXPECT_EQ(lines[i].at("msg"), lines[i].at("value")) << i;
    EXPECT_FALSE(lines[i].contains("forged"));
  }
  EXPECT_EQ(lines[1].at("msg"), texts[1]);
  EXPECT_EQ(lines[3].at("msg"), texts[3]);
  EXPECT_EQ(lines[5].at("msg"), texts[5]);
  EXPECT_EQ(std::string(lines[6].at("msg")).find("not UTF-8: \xEF\xBF\xBD"), 0U);
}

TEST_F(LogTest, NumbersThatJsonLacksAreNull) {
  log_.Info("m", {{"nan", std::numeric_limits<double>::quiet_NaN()},
                  {"inf", std::numeric_limits<double>::infinity()}});
  EXPECT_TRUE(Lines().at(0).at("nan").is_null());
  EXPECT_TRUE(Lines().at(0).at("inf").is_null());
}

TEST_F(LogTest, CarriesTheTrace) {
  const TraceContext trace = BeginSpan("");
  log_.Write(LogLevel::kInfo, "m", {}, &trace);
  EXPECT_EQ(Lines().at(0).at("trace_id"), trace.TraceIdHex());
  EXPECT_EQ(Lines().at(0).at("span_id"), trace.SpanIdHex());
}

TEST_F(LogTest, WritesNothingBelowItsLevel) {
  log_.Debug("m");
  EXPECT_TRUE(Lines().empty());
  log_.SetLevel(LogLevel::kOff);
  log_.Error("m");
  EXPECT_TRUE(Lines().empty());
  log_.SetLevel(LogLevel::kDebug);
  log_.Debug("m");
  EXPECT_EQ(Lines().size(), 1U);
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([this, i] {
      for (int j = 0; j < 500; ++j) log_.Info("m", {{"writer", i}, {"pad", std::string(200, 'x')}});
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(Lines().size(), 2000U);
}

}  // namespace
}  // namespace tessera::server
