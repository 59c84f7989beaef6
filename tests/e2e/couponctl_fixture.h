// CouponctlTest is the fixture of tests that run couponctl as its users do: the real program against a
// deployment, by what it prints and how it exits.
#pragma once

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/calling_test.h"
#include "tests/support/temp_folder.h"

namespace tessera::e2e {

// What one run of a program gave.
struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline std::string ReadText(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

class CouponctlTest : public CallingTest {
 protected:
  // `words` after the program's name. The addresses and an ADMIN's token are in the environment.
  Outcome Ctl(const std::vector<std::string>& words, const std::string& variables = "") {
    std::string line;
    for (const auto& [name, value] : Addresses()) line += name + "=" + Quoted(value) + " ";
    line += variables + " " + Quoted(program());
    for (const std::string& word : words) line += " " + Quoted(word);
    return Shell(line);
  }
  Outcome Shell(const std::string& line) {
    const auto out = folder_.path() / "out";
    const auto err = folder_.path() / "err";
    const int status = std::system((line + " >" + out.string() + " 2>" + err.string()).c_str());
    return {WEXITSTATUS(status), ReadText(out), ReadText(err)};
  }
  // What a command answers with -o json; the test fails when it does not exit with 0.
  nlohmann::json Json(std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "json"});
    const Outcome outcome = Ctl(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out.empty() ? "{}" : outcome.out);
  }
  std::string File(const std::string& text) {
    const auto path = folder_.path() / "campaign.yaml";
    std::ofstream(path) << text;
    return path.string();
  }
  Outcome Apply(const std::string& text, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"campaign", "apply", "-f", File(text)};
    words.insert(words.end(), more.begin(), more.end());
    return Ctl(words);
  }
  std::string program() const { return std::string(std::getenv("TESSERA_BIN_DIR")) + "/couponctl"; }
  std::vector<std::pair<std::string, std::string>> Addresses() {
    return {{"COUPON_ISSUER", deployment_.issuer().grpc_address()},
            {"COUPON_REDEEMER", deployment_.redeemer().grpc_address()},
            {"COUPON_ANALYTICS", deployment_.analytics().grpc_address()},
            {"COUPON_TOKEN", deployment_.token("ADMIN")}};
  }
  // A campaign that takes 10 % off, with `state` and further lines of its definition.
  static std::string Spring(const std::string& state, const std::string& more = "") {
    return "campaign_id: spring\n" + (state.empty() ? "" : "state: " + state + "\n") +
           "definition:\n"
           "  display_name: 2026\n"
           "  currency_code: EUR\n"
           "  time_zone: Europe/Berlin\n"
           "  offer: {percent_off: {basis_points: 1000}}\n"
           "  claim_window: {start_time: '2026-01-01T00:00:00Z', end_time: '2100-01-01T00:00:00Z'}\n"
           "  use_window: {start_time: '2026-01-01T00:00:00Z', end_time: '2100-01-01T00:00:00Z'}\n" +
           more;
  }
  void OpenSpring() { ASSERT_EQ(Apply(Spring("ACTIVE")).exit_code, 0); }
  std::string Claim(const std::string& user) {
    return Json({"claim", "spring", user})["coupon"]["coupon_id"];
  }

  testing::TempFolder folder_;
};

}  // namespace tessera::e2e
