// couponctl as its users run it: the real program against the real services, by what it prints and how it
// exits.

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/calling_test.h"
#include "tests/support/temp_folder.h"
#include "tests/support/wait_until.h"
#include "tools/load/request_ids.h"

namespace tessera::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What one run of a program gave.
struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

std::string ReadText(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string Quoted(const std::string& word) {
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
    return "campaign_id: spring\n" + (state.empty() ? "" : "state: CAMPAIGN_STATE_" + state + "\n") +
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

const std::vector<std::string> kOrder = {"--order-id",    "o-1",    "--line",
                                         "teapot=1x3900", "--line", "cup=2x1250"};

std::vector<std::string> With(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_F(CouponctlTest, BringsACampaignToWhatAFileSays) {
  const Outcome planned = Apply(Spring("ACTIVE", "  limits: {stock_total: 100}\n"), {"--dry-run"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("spring: new"));
  EXPECT_THAT(planned.out, HasSubstr("+ limits: {stock_total: 100}"));
  EXPECT_EQ(Ctl({"campaign", "get", "spring"}).exit_code, 1) << "--dry-run made it";
  const Outcome made = Apply(Spring("ACTIVE", "  limits: {stock_total: 100}\n"));
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("state: DRAFT -> ACTIVE"));
  EXPECT_THAT(made.out, HasSubstr("applied, version 2"));
  EXPECT_EQ(Apply(Spring("ACTIVE", "  limits: {stock_total: 100}\n")).out, "spring: as it is wanted\n");
  const Outcome changed = Apply(Spring("PAUSED", "  limits: {stock_total: 200, per_user_total: 1}\n"));
  EXPECT_EQ(changed.exit_code, 0) << changed.err;
  EXPECT_EQ(changed.out,
            "spring: version 2\n"
            "  ~ limits.stock_total: 100 -> 200\n"
            "  + limits.per_user_total: 1\n"
            "  ~ state: ACTIVE -> PAUSED\n"
            "spring: applied, version 4\n");
  const Outcome without = Apply(Spring("", "  limits: {stock_total: 200}\n"));
  EXPECT_THAT(without.out, HasSubstr("  - limits.per_user_total: 1\n"));
  EXPECT_EQ(Json({"campaign", "get", "spring"})["state"], "CAMPAIGN_STATE_PAUSED");
  // What get writes is what apply reads.
  const Outcome got = Ctl({"campaign", "get", "spring", "-o", "yaml"});
  EXPECT_EQ(Apply(got.out).out, "spring: as it is wanted\n") << got.out;
}

TEST_F(CouponctlTest, AFileThatCannotBeMeantChangesNothing) {
  OpenSpring();
  const std::string before = Ctl({"campaign", "get", "spring"}).out;
  const auto refused = [&](const std::string& text, int exit_code, const std::string& says) {
    const Outcome outcome = Apply(text);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(says));
    EXPECT_EQ(Ctl({"campaign", "get", "spring"}).out, before);
  };
  refused(Spring("ACTIVE", "  colour: green\n"), 2, "colour");
  refused(Spring("ACTIVE", "  limits: {stock_total: many}\n"), 2, "stock_total");
  refused(Spring("ACTIVE", "  limits: {per_user_total: 1}\n  limits: {per_user_total: 2}\n"), 2,
          "limits stands here twice");
  refused(Spring("ACTIVE") + "  - [", 2, "line");
  refused(Spring("DRAFT"), 2, "no move leads from ACTIVE to DRAFT");
  refused(Spring("ACTIVE") + "version: 7\n", 2, "somebody changed it meanwhile");
  refused("", 2, "there is nothing in it");
  refused("campaign_id: ''\n", 2, "campaign_id is not set");
  refused(Spring("ACTIVE", "  limits: {stock_total: 5}\n"), 1, "FIELD_IMMUTABLE");
  refused(Spring("ACTIVE", "  limits: {per_user_total: 0}\n"), 2, "limits.per_user_total");
  // One bad document of two: neither is applied.
  refused(Spring("PAUSED") + "---\ncampaign_id: summer\ncolour: green\n", 2, "colour");
  const Outcome none = Ctl({"campaign", "apply", "-f", "/nowhere/campaign.yaml"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("can't read /nowhere/campaign.yaml"));
}

TEST_F(CouponctlTest, RunsACampaignsLife) {
  ASSERT_EQ(Apply(Spring("")).exit_code, 0);
  const auto state_after = [&](const std::string& move) {
    return Json({"campaign", move, "spring"}).value("state", "");
  };
  EXPECT_EQ(state_after("activate"), "CAMPAIGN_STATE_ACTIVE");
  EXPECT_EQ(state_after("pause"), "CAMPAIGN_STATE_PAUSED");
  EXPECT_EQ(state_after("resume"), "CAMPAIGN_STATE_ACTIVE");
  EXPECT_EQ(Json({"campaign", "list", "--state", "active"})["campaigns"].size(), 1u);
  EXPECT_EQ(state_after("end"), "CAMPAIGN_STATE_ENDED");
  EXPECT_EQ(Json({"campaign", "list", "--state", "active"})["campaigns"].size(), 0u);
  const Outcome listed = Ctl({"campaign", "list"});
  EXPECT_THAT(listed.out, StartsWith("CAMPAIGN  STATE"));
  EXPECT_THAT(listed.out, HasSubstr("percent_off {basis_points: 1000}"));
  const Outcome again = Ctl({"campaign", "resume", "spring"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, StartsWith("couponctl: FAILED_PRECONDITION/ILLEGAL_TRANSITION"));
}

TEST_F(CouponctlTest, UsesACouponAndTakesItBack) {
  OpenSpring();
  const std::string coupon = Claim("ada");
  EXPECT_EQ(Json({"issue", "spring", "ada"})["coupon"]["campaign_id"], "spring");
  EXPECT_EQ(Json({"wallet", "ada", "--state", "available", "--campaign", "spring"})["coupons"].size(), 2u);
  const auto use = With({"--user", "ada", "--coupon", coupon}, kOrder);
  const Outcome verdict = Ctl(With({"validate"}, use));
  EXPECT_EQ(verdict.exit_code, 0) << verdict.err;
  EXPECT_THAT(verdict.out, HasSubstr("discount    6.40 EUR"));
  EXPECT_THAT(verdict.out, HasSubstr("redeemable  yes"));
  const auto redeemed = Json(With({"redeem"}, use))["redemption"];
  EXPECT_EQ(redeemed["payable"]["amount_minor"], "5760");
  const Outcome refused = Ctl(With({"redeem"}, use));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("FAILED_PRECONDITION/COUPON_ALREADY_REDEEMED"));
  EXPECT_THAT(refused.err, HasSubstr("order_id       o-1"));
  const Outcome unusable = Ctl(With({"validate"}, use));
  EXPECT_EQ(unusable.exit_code, 1);
  EXPECT_THAT(unusable.out, HasSubstr("COUPON_ALREADY_REDEEMED"));
  const std::string id = redeemed["redemption_id"];
  const Outcome part = Ctl({"rollback", id, "--line", "2=1"});
  EXPECT_EQ(part.exit_code, 0) << part.err;
  EXPECT_THAT(part.out, HasSubstr("refund      11.25 EUR"));
  EXPECT_THAT(part.out, HasSubstr("a part of it"));
  EXPECT_EQ(Json({"rollback", id})["rollback"]["whole"], true);
  EXPECT_EQ(Json({"wallet", "ada", "--state", "available"})["coupons"].size(), 2u);
  client_.SettledStats("spring");
  const Outcome stats = Ctl({"stats", "spring"});
  EXPECT_THAT(stats.out, HasSubstr("issued           2\n"));
  EXPECT_THAT(stats.out, HasSubstr("rolled back      1\n"));
}

TEST_F(CouponctlTest, UsesAPrintedCodeOfAnOrderInAFile) {
  OpenSpring();
  const Outcome codes = Ctl({"codes", "spring", "-n", "2"});
  const std::string code = codes.out.substr(0, codes.out.find('\n'));
  EXPECT_EQ(std::count(codes.out.begin(), codes.out.end(), '\n'), 2);
  const std::string order = File(
      "order_id: o-9\ncurrency_code: EUR\nlines: [{line_id: a, sku: cup, quantity: 2, unit_price_minor: "
      "1250}]\n");
  const Outcome redeemed = Ctl({"redeem", "--code", code, "--order", order});
  EXPECT_EQ(redeemed.exit_code, 0) << redeemed.err;
  EXPECT_THAT(redeemed.out, HasSubstr("payable     22.50 EUR"));
  const Outcome both = Ctl({"redeem", "--code", code, "--order", order, "--line", "cup=1x1"});
  EXPECT_EQ(both.exit_code, 2);
  for (const char* line : {"cup", "cup=2", "cup=x5", "cup=2x1,50", "=1x1"}) {
    const Outcome bad = Ctl({"validate", "--code", code, "--line", line});
    EXPECT_EQ(bad.exit_code, 2) << line;
    EXPECT_THAT(bad.err, StartsWith("couponctl: --line: ")) << line;
  }
  EXPECT_THAT(Ctl({"validate", "--code", code}).err, HasSubstr("--line or --order is needed"));
}

TEST_F(CouponctlTest, HoldsCommitsAndReleases) {
  OpenSpring();
  const auto use = With({"--user", "ada", "--coupon", Claim("ada"), "--ttl", "2m"}, kOrder);
  const auto held = Json(With({"reserve"}, use))["reservation"];
  const std::string id = held["reservation_id"];
  const Outcome wrong = Ctl({"commit", id, "--order-id", "o-1", "--discount", "1"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("reserved_minor  640"));
  EXPECT_EQ(Json({"commit", id, "--order-id", "o-1", "--discount", "640"})["redemption"]["order_id"], "o-1");
  const auto second =
      Json(With({"reserve", "--user", "ada", "--coupon", Claim("ada")}, kOrder))["reservation"];
  EXPECT_EQ(Ctl({"release", second["reservation_id"]}).exit_code, 0);
  EXPECT_EQ(Json({"wallet", "ada", "--state", "available"})["coupons"].size(), 1u);
}

TEST_F(CouponctlTest, ARepeatedRequestIdTakesEffectOnce) {
  OpenSpring();
  load::RequestIds ids;
  const std::string id = ids.Next();
  const Outcome first = Ctl({"claim", "spring", "ada", "--request-id", id});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(Ctl({"claim", "spring", "ada", "--request-id", id}).out, first.out);
  EXPECT_EQ(Json({"wallet", "ada"})["coupons"].size(), 1u);
  const auto found = Json({"operation", "get", "ClaimCoupon", id, "--user", "ada"})["operation"];
  EXPECT_EQ(found["state"], "OPERATION_STATE_COMMITTED");
  EXPECT_EQ(found["claim_coupon"]["coupon"]["campaign_id"], "spring");
  const std::string lost = ids.Next();
  EXPECT_THAT(Ctl({"operation", "get", "claim_coupon", lost, "--user", "ada"}).out, HasSubstr("UNKNOWN"));
  EXPECT_THAT(Ctl({"operation", "fence", "CLAIM_COUPON", lost, "--user", "ada"}).out, HasSubstr("FENCED"));
  const Outcome late = Ctl({"claim", "spring", "ada", "--request-id", lost});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, HasSubstr("OPERATION_FENCED"));
  EXPECT_EQ(Ctl({"operation", "get", "ClaimCoupon", lost, "--user", "ada", "--campaign", "spring"}).exit_code,
            2);
}

TEST_F(CouponctlTest, ExitsByWhatCameOfIt) {
  OpenSpring();
  EXPECT_EQ(Ctl({}).exit_code, 2);
  EXPECT_EQ(Ctl({"redeeem"}).exit_code, 2);
  EXPECT_EQ(Ctl({"claim", "spring"}).exit_code, 2);
  EXPECT_EQ(Ctl({"--help"}).exit_code, 0);
  EXPECT_THAT(Ctl({"--version"}).out, StartsWith("couponctl "));
  const Outcome unknown = Ctl({"campaign", "get", "autumn", "-o", "json"});
  EXPECT_EQ(unknown.exit_code, 1);
  const auto error = nlohmann::json::parse(unknown.err)["error"];
  EXPECT_EQ(error["code"], "NOT_FOUND");
  EXPECT_EQ(error["reason"], "CAMPAIGN_NOT_FOUND");
  const Outcome nobody = Ctl({"claim", "spring", "ada"}, "COUPON_TOKEN=nobody");
  EXPECT_EQ(nobody.exit_code, 4);
  EXPECT_THAT(nobody.err, HasSubstr("UNAUTHENTICATED/CALLER_UNKNOWN"));
  // The same token from a file, which ends with a newline.
  const std::string file = File(deployment_.token("REDEEMER") + "\n");
  const Outcome role = Ctl({"claim", "spring", "ada", "--token-file", file});
  EXPECT_EQ(role.exit_code, 4);
  EXPECT_THAT(role.err, HasSubstr("PERMISSION_DENIED/ROLE_MISSING"));
  const Outcome away = Ctl({"claim", "spring", "ada", "--issuer", "127.0.0.1:1", "-o", "json"});
  EXPECT_EQ(away.exit_code, 3);
  const auto failure = nlohmann::json::parse(away.err)["error"];
  EXPECT_EQ(failure["code"], "UNAVAILABLE");
  EXPECT_EQ(failure["request_id"].get<std::string>().size(), 36u);
  const Outcome read = Ctl({"wallet", "ada", "--issuer", "127.0.0.1:1"});
  EXPECT_EQ(read.exit_code, 3);
  EXPECT_THAT(read.err, Not(HasSubstr("request_id"))) << "nothing can have taken effect";
}

TEST_F(CouponctlTest, TheDoctorTellsWhatIsWrong) {
  const Outcome well = Ctl({"doctor"});
  EXPECT_EQ(well.exit_code, 0) << well.out;
  EXPECT_THAT(
      well.out,
      ::testing::ContainsRegex(
          "issuer +127.0.0.1:[0-9]+ +yes +[0-9.]+ +[78][0-9.]+ +fsync +[a-z]+, 64 partitions, single"));
  EXPECT_THAT(well.out, Not(HasSubstr("WRONG")));
  const auto json = Json({"doctor"});
  EXPECT_EQ(json["services"][2]["status"]["service"], "analytics");
  EXPECT_EQ(json["findings"].size(), 0u);
  // Two addresses taken for each other.
  const Outcome swapped = Ctl({"doctor", "--issuer", deployment_.redeemer().grpc_address()});
  EXPECT_EQ(swapped.exit_code, 1);
  EXPECT_THAT(swapped.out, HasSubstr("WRONG  issuer: at its address answers redeemer"));
  ASSERT_EQ(deployment_.redeemer().Terminate(), 0);
  const Outcome gone = Ctl({"doctor"});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.out, HasSubstr("WRONG  redeemer: no answer: UNAVAILABLE"));
  deployment_.redeemer().Start();
  deployment_.redis().Kill9();
  Outcome sick;
  testing::WaitUntil("the doctor notices", [&] { return (sick = Ctl({"doctor"})).exit_code == 1; });
  EXPECT_THAT(sick.out, HasSubstr("WRONG  issuer: Redis does not answer it"));
}

TEST_F(CouponctlTest, CompletesItsWordsInBash) {
  const auto completed = [&](const std::string& words) {
    const std::string script = "source <(" + program() + " completion bash); COMP_WORDS=(couponctl " + words +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _couponctl; echo ${COMPREPLY[@]}";
    const Outcome outcome = Shell("bash -c " + Quoted(script));
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  };
  EXPECT_EQ(completed("cam"), "campaign\n");
  EXPECT_EQ(completed("campaign ap"), "apply\n");
  EXPECT_EQ(completed("campaign apply --dr"), "--dry-run\n");
  EXPECT_EQ(completed("redeem --li"), "--line\n");
  EXPECT_EQ(completed("operation get --res"), "--reservation\n");
  EXPECT_EQ(completed("claim --iss"), "--issuer\n") << "what is the same for all";
  EXPECT_EQ(completed("wallet ada -o j"), "json\n");
  EXPECT_EQ(completed("campaign apply -f " + File("x").substr(0, folder_.path().string().size() + 4)),
            File("x") + "\n");
  EXPECT_EQ(completed("xyz"), "\n");
}

}  // namespace
}  // namespace tessera::e2e
