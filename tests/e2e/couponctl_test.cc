// couponctl's commands, but for `campaign apply`.

#include "tests/e2e/couponctl_fixture.h"
#include "tests/support/wait_until.h"
#include "tools/load/request_ids.h"

namespace tessera::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<std::string> kOrder = {"--order-id",    "o-1",    "--line",
                                         "teapot=1x3900", "--line", "cup=2x1250"};

std::vector<std::string> With(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
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
    const Outcome bad = Ctl({"validate", "--code", code, "--order-id", "o-9", "--line", line});
    EXPECT_EQ(bad.exit_code, 2) << line;
    EXPECT_THAT(bad.err, StartsWith("couponctl: --line: ")) << line;
  }
  EXPECT_THAT(Ctl({"validate", "--code", code, "--order-id", "o-9"}).err,
              HasSubstr("--line or --order is needed"));
  EXPECT_THAT(Ctl({"validate", "--code", code, "--line", "cup=1x1"}).err,
              HasSubstr("--order-id or --order is needed"));
  EXPECT_EQ(Ctl({"redeem", "--code", code, "--order", File("{order_id: a}\n---\n{order_id: b}\n")}).exit_code,
            2);
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
  const Outcome misspelt = Ctl({"redeeem"});
  EXPECT_EQ(misspelt.exit_code, 2);
  EXPECT_THAT(misspelt.err, HasSubstr("redeeem"));
  EXPECT_THAT(Ctl({"operation", "get", "ClaimCupon", "x"}).err,
              HasSubstr("ClaimCupon is none of CREATE_CAMPAIGN, "));
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
  const Outcome odd = Ctl({"claim", "spring", "ada"}, "COUPON_TOKEN='top\tsecret'");
  EXPECT_EQ(odd.exit_code, 2);
  EXPECT_THAT(odd.err, Not(HasSubstr("secret")));
  // An answer that can't be written is a fault, whatever it was.
  const std::string full = program() + " campaign list --issuer " + deployment_.issuer().grpc_address();
  EXPECT_EQ(
      WEXITSTATUS(std::system(
          ("COUPON_TOKEN=" + deployment_.token("ADMIN") + " " + full + " >/dev/full 2>/dev/null").c_str())),
      5);
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
  EXPECT_THAT(Ctl({"doctor"}, "COUPON_TOKEN=nobody").out,
              HasSubstr("WRONG  issuer: refuses: UNAUTHENTICATED/CALLER_UNKNOWN"));
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
  // Each service looks every few seconds.
  testing::WaitUntil("the doctor notices", [&] {
    const Outcome sick = Ctl({"doctor"});
    return sick.exit_code == 1 &&
           sick.out.find("WRONG  issuer: Redis does not answer it") != std::string::npos;
  });
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
  EXPECT_EQ(completed("wallet ada --state RED"), "REDEEMED\n");
  EXPECT_EQ(completed("campaign list --state P"), "PAUSED\n");
  EXPECT_EQ(completed("operation get CLAIM"), "CLAIM_COUPON\n");
  EXPECT_EQ(completed("campaign apply -f " + File("x").substr(0, folder_.path().string().size() + 4)),
            File("x") + "\n");
  EXPECT_EQ(completed("xyz"), "\n");
}

}  // namespace
}  // namespace tessera::e2e
