// Bad input is refused with the path of its field and changes nothing: seen on the real services, for one
// field of each call, and for what never reaches a field. Every rule of every field is a case of
// tests/unit/api/bad_*.

#include <functional>

#include "tests/e2e/calling_test.h"
#include "tests/e2e/raw_call.h"
#include "tests/support/refusals.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"

namespace tessera::e2e {
namespace {

constexpr char kCampaign[] = "bad-input";
constexpr char kClaim[] = "/coupon.v1.IssuerService/ClaimCoupon";

class BadInputTest : public CallingTest {
 protected:
  BadInputTest() : CallingTest(Options()) {
    client_.Open(kCampaign, load::PlainDefinition("Bad input"));
    claimed_ = Must<pb::ClaimCouponResponse>(client_.ClaimOf(kCampaign, "ada"));
    reserved_ = Must<pb::ReserveCouponsResponse>(client_.ReserveOf(claimed_.coupon().code(), "order-1"));
    // Nobody else writes to Redis from now on.
    EXPECT_EQ(deployment_.analytics().Terminate(), 0);
    client_.caller.tries_max = 1;
    before_ = Digest();
    EXPECT_EQ(before_.size(), 40u) << before_;
  }

  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kMemory;
    options.log_level = "warning";
    options.redis_config_lines = {"enable-debug-command yes"};
    // A wrong code leaves nothing in Redis but its charge, and there is no budget here.
    options.environment = {{"TESSERA_SWEEP_ENABLED", "false"},
                           {"TESSERA_GRPC_DEADLINE_DEFAULT_MS", "1000"},
                           {"TESSERA_ATTEMPTS_PER_USER", "0"},
                           {"TESSERA_ATTEMPTS_PER_CALLER", "0"}};
    return options;
  }

  // Of everything that Redis holds.
  std::string Digest() { return deployment_.redis().Command({"DEBUG", "DIGEST"}); }

  // Sends it; the label of its refusal must be `label`, its field `field`, and nothing has changed.
  template <class Response, class Request>
  void ExpectRefused(const Request& request, const std::string& label, const std::string& field = "") {
    SCOPED_TRACE(Request::descriptor()->name() + " " + field);
    Response response;
    const grpc::Status status = client_.Call(request, &response);
    EXPECT_EQ(load::RefusalLabel(status), label) << status.error_message();
    auto refusal = load::RefusalOf(status);
    if (!field.empty()) {
      EXPECT_EQ(refusal.metadata["field"], field) << status.error_message();
    }
    EXPECT_EQ(Digest(), before_);
  }
  template <class Response, class Request>
  void ExpectBad(Request request, const std::function<void(Request&)>& spoil, const std::string& field) {
    spoil(request);
    ExpectRefused<Response>(request, "INVALID_ARGUMENT/INVALID_FIELD", field);
  }

  pb::CommitReservationRequest Commit() {
    pb::CommitReservationRequest commit;
    commit.set_request_id(client_.NextId());
    commit.set_reservation_id(reserved_.reservation().reservation_id());
    commit.set_order_id("order-1");
    *commit.mutable_discount() = reserved_.reservation().discount();
    return commit;
  }

  pb::ClaimCouponResponse claimed_;
  pb::ReserveCouponsResponse reserved_;
  std::string before_;
};

TEST_F(BadInputTest, NamesTheFieldAndChangesNothing) {
  pb::CreateCampaignRequest create;
  create.set_request_id(client_.NextId());
  *create.mutable_campaign() = load::PlainDefinition("Another");
  using Create = pb::CreateCampaignRequest;
  const auto bad_create = [&](const std::function<void(Create&)>& spoil, const std::string& field) {
    ExpectBad<pb::CreateCampaignResponse>(create, spoil, field);
  };
  bad_create([](Create& r) { r.mutable_campaign()->clear_display_name(); }, "campaign.display_name");
  bad_create([](Create& r) { r.mutable_campaign()->set_display_name(std::string(1 << 20, 'x')); },
             "campaign.display_name");
  bad_create([](Create& r) { r.mutable_campaign()->set_display_name("a\tb"); }, "campaign.display_name");
  bad_create([](Create& r) { r.mutable_campaign()->set_currency_code("XYZ"); }, "campaign.currency_code");
  bad_create([](Create& r) { r.mutable_campaign()->set_time_zone("Mars/Olympus"); }, "campaign.time_zone");
  bad_create(
      [](Create& r) { r.mutable_campaign()->mutable_use_window()->mutable_end_time()->set_seconds(1); },
      "campaign.use_window.end_time");
  bad_create([](Create& r) { r.mutable_campaign()->mutable_limits()->set_stock_total(0); },
             "campaign.limits.stock_total");
  bad_create([](Create& r) { r.mutable_campaign()->mutable_limits()->set_stock_total(-1); },
             "campaign.limits.stock_total");
  bad_create([](Create& r) { r.mutable_campaign()->mutable_limits()->set_stock_total(INT64_MAX); },
             "campaign.limits.stock_total");
  bad_create([](Create& r) { r.mutable_campaign()->set_pause_scope(static_cast<pb::PauseScope>(99)); },
             "campaign.pause_scope");
  bad_create([](Create& r) { r.clear_request_id(); }, "request_id");

  pb::UpdateCampaignRequest update;
  update.set_request_id(client_.NextId());
  update.set_campaign_id(kCampaign);
  update.set_version(2);
  update.mutable_campaign()->set_display_name("Other");
  update.mutable_update_mask()->add_paths("nothing");
  ExpectRefused<pb::UpdateCampaignResponse>(update, "INVALID_ARGUMENT/INVALID_FIELD", "update_mask.paths[0]");
  pb::PauseCampaignRequest pause;
  pause.set_request_id("4711");
  pause.set_campaign_id(kCampaign);
  ExpectRefused<pb::PauseCampaignResponse>(pause, "INVALID_ARGUMENT/INVALID_FIELD", "request_id");

  pb::BatchIssueCouponsRequest batch;
  batch.set_request_id(client_.NextId());
  batch.set_campaign_id(kCampaign);
  using Batch = pb::BatchIssueCouponsRequest;
  const auto add = [](Batch& r, int items) {
    for (int i = 0; i < items; ++i) r.add_items()->set_user_id("user-" + std::to_string(i));
  };
  const auto bad_batch = [&](const std::function<void(Batch&)>& spoil, const std::string& field) {
    ExpectBad<pb::BatchIssueCouponsResponse>(batch, spoil, field);
  };
  bad_batch([](Batch&) {}, "items");
  bad_batch([&](Batch& r) { add(r, 1001); }, "items");
  bad_batch([&](Batch& r) { add(r, 3), r.mutable_items(2)->set_user_id("user-0"); }, "items[2].user_id");
  using Claim = pb::ClaimCouponRequest;
  ExpectBad<pb::ClaimCouponResponse, Claim>(
      client_.ClaimOf(kCampaign, "bob"), [](Claim& r) { r.set_user_id(std::string(129, 'u')); }, "user_id");
  pb::RevokeCouponRequest revoke;
  revoke.set_request_id(client_.NextId());
  revoke.mutable_coupon()->set_coupon_id("c-x");
  revoke.set_reason(pb::REVOKE_REASON_MISTAKE);
  ExpectRefused<pb::RevokeCouponResponse>(revoke, "INVALID_ARGUMENT/INVALID_FIELD", "coupon.coupon_id");

  using Redeem = pb::RedeemCouponsRequest;
  const std::string& code = claimed_.coupon().code();
  const auto bad_redeem = [&](const std::function<void(Redeem&)>& spoil, const std::string& field) {
    ExpectBad<pb::RedeemCouponsResponse>(client_.RedeemOf(code, "order-1"), spoil, field);
  };
  bad_redeem([&](Redeem& r) { r.add_coupons()->set_code(code); }, "coupons[1]");
  bad_redeem([](Redeem& r) { r.mutable_order()->mutable_lines(0)->set_quantity(0); },
             "order.lines[0].quantity");
  bad_redeem([](Redeem& r) { r.mutable_order()->mutable_lines(0)->set_unit_price_minor(-1); },
             "order.lines[0].unit_price_minor");
  bad_redeem(
      [](Redeem& r) {
        r.mutable_order()->mutable_lines(0)->set_quantity(1'000'000);
        r.mutable_order()->mutable_lines(0)->set_unit_price_minor((int64_t{1} << 53) - 1);
      },
      "order.lines[0]");
  using Reserve = pb::ReserveCouponsRequest;
  ExpectBad<pb::ReserveCouponsResponse, Reserve>(
      client_.ReserveOf(code, "order-1"), [](Reserve& r) { r.mutable_ttl()->set_seconds(0); }, "ttl");
  using CommitRequest = pb::CommitReservationRequest;
  ExpectBad<pb::CommitReservationResponse, CommitRequest>(
      Commit(), [](CommitRequest& r) { r.set_reservation_id("h-1"); }, "reservation_id");
  pb::ReleaseReservationRequest release;
  release.set_request_id(client_.NextId());
  ExpectRefused<pb::ReleaseReservationResponse>(release, "INVALID_ARGUMENT/INVALID_FIELD", "reservation_id");
  pb::RollbackRedemptionRequest rollback;
  rollback.set_request_id(client_.NextId());
  ExpectRefused<pb::RollbackRedemptionResponse>(rollback, "INVALID_ARGUMENT/INVALID_FIELD", "redemption_id");
  pb::ExplainRedemptionRequest explain;
  ExpectRefused<pb::ExplainRedemptionResponse>(explain, "INVALID_ARGUMENT/INVALID_FIELD", "redemption_id");
  pb::OptimizeCouponsRequest optimize;
  ExpectRefused<pb::OptimizeCouponsResponse>(optimize, "INVALID_ARGUMENT/SUBJECT_REQUIRED", "user_id");
  pb::ListEligibleCouponsRequest eligible;
  ExpectRefused<pb::ListEligibleCouponsResponse>(eligible, "INVALID_ARGUMENT/SUBJECT_REQUIRED", "user_id");
  pb::GetOperationRequest operation;
  operation.mutable_operation()->set_request_id(client_.NextId());
  operation.mutable_operation()->set_method(static_cast<pb::Method>(99));
  ExpectRefused<pb::GetOperationResponse>(operation, "INVALID_ARGUMENT/INVALID_FIELD", "operation.method");

  pb::ListUserCouponsRequest list;
  list.set_user_id("ada");
  list.set_page_token("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  ExpectRefused<pb::ListUserCouponsResponse>(list, "INVALID_ARGUMENT/INVALID_PAGE_TOKEN");
  pb::ListCampaignsRequest campaigns;
  campaigns.set_page_token("forged");
  ExpectRefused<pb::ListCampaignsResponse>(campaigns, "INVALID_ARGUMENT/INVALID_PAGE_TOKEN");
}

TEST_F(BadInputTest, NamesTheFieldOfCodesAndJobsAndChangesNothing) {
  using Generate = pb::GenerateCodesRequest;
  Generate generate;
  generate.set_request_id(client_.NextId());
  generate.set_campaign_id(kCampaign);
  generate.set_count(10);
  const auto bad_generate = [&](const std::function<void(Generate&)>& spoil, const std::string& field) {
    ExpectBad<pb::GenerateCodesResponse>(generate, spoil, field);
  };
  bad_generate([](Generate& r) { r.clear_request_id(); }, "request_id");
  bad_generate([](Generate& r) { r.set_campaign_id("Bad input"); }, "campaign_id");
  bad_generate([](Generate& r) { r.set_count(0); }, "count");
  bad_generate([](Generate& r) { r.set_count(10'001); }, "count");

  using Create = pb::CreateJobRequest;
  Create create;
  create.set_request_id(client_.NextId());
  create.set_campaign_id(kCampaign);
  const auto bad_job = [&](const std::function<void(Create&)>& spoil, const std::string& field) {
    ExpectBad<pb::CreateJobResponse>(create, spoil, field);
  };
  bad_job([](Create&) {}, "work");
  bad_job([](Create& r) { r.mutable_generate_codes()->set_count(100'000'001); }, "generate_codes.count");
  bad_job(
      [](Create& r) {
        r.mutable_generate_codes()->set_count(1);
        r.mutable_generate_codes()->mutable_pattern()->set_length(99);
      },
      "generate_codes.pattern.length");
  bad_job(
      [](Create& r) {
        r.mutable_revoke_codes()->set_batch_id("b-x");
        r.mutable_revoke_codes()->set_reason(pb::REVOKE_REASON_MISTAKE);
      },
      "revoke_codes.batch_id");

  using Bind = pb::BindCodeRequest;
  Bind bind;
  bind.set_request_id(client_.NextId());
  bind.set_code(claimed_.coupon().code());
  bind.set_user_id("bob");
  const auto bad_bind = [&](const std::function<void(Bind&)>& spoil, const std::string& field) {
    ExpectBad<pb::BindCodeResponse>(bind, spoil, field);
  };
  bad_bind([](Bind& r) { r.clear_user_id(); }, "user_id");
  bad_bind([](Bind& r) { r.clear_code(); }, "code");
  bad_bind([](Bind& r) { r.set_request_id("4711"); }, "request_id");
}

TEST_F(BadInputTest, NamesTheFieldOfStreamsAndChangesNothing) {
  using Import = pb::ImportCodesRequest;
  const auto bad_import = [&](const std::function<void(Import&)>& spoil, const std::string& field) {
    SCOPED_TRACE(field);
    Import header;
    header.set_request_id(client_.NextId());
    header.set_campaign_id(kCampaign);
    header.set_codes_max(2);
    spoil(header);
    pb::ImportCodesResponse response;
    const grpc::Status status = client_.Import(header, {"PARTNER-1", "PARTNER-2"}, &response);
    EXPECT_EQ(load::RefusalLabel(status), "INVALID_ARGUMENT/INVALID_FIELD") << status.error_message();
    EXPECT_EQ(load::RefusalOf(status).metadata["field"], field) << status.error_message();
    EXPECT_EQ(Digest(), before_);
  };
  bad_import([](Import& r) { r.clear_request_id(); }, "request_id");
  bad_import([](Import& r) { r.clear_campaign_id(); }, "campaign_id");
  bad_import([](Import& r) { r.set_codes_max(0); }, "codes_max");
  bad_import([](Import& r) { r.set_uses_max(-1); }, "uses_max");
  bad_import(
      [](Import& r) {
        for (int i = 0; i < 1'001; ++i) r.add_codes("PARTNER-" + std::to_string(i));
      },
      "codes");

  using Stream = pb::StreamCodesRequest;
  const auto bad_stream = [&](const std::string& batch_id, int64_t start, const std::string& field) {
    SCOPED_TRACE(batch_id + " " + field);
    Stream request;
    request.set_batch_id(batch_id);
    request.set_start_offset(start);
    std::vector<std::string> codes;
    const grpc::Status status = client_.Stream(&request, &codes);
    EXPECT_EQ(load::RefusalLabel(status), "INVALID_ARGUMENT/INVALID_FIELD") << status.error_message();
    EXPECT_EQ(load::RefusalOf(status).metadata["field"], field) << status.error_message();
    EXPECT_TRUE(codes.empty());
    EXPECT_EQ(Digest(), before_);
  };
  bad_stream("", 0, "batch_id");
  bad_stream("j-1", 0, "batch_id");
  bad_stream("b-1", -1, "start_offset");
}

TEST_F(BadInputTest, WhatIsAnothersHasAReasonOfItsOwn) {
  const std::string& code = claimed_.coupon().code();
  auto redeem = client_.RedeemOf(code, "order-1");
  redeem.set_user_id("bob");
  ExpectRefused<pb::RedeemCouponsResponse>(redeem, "PERMISSION_DENIED/COUPON_OF_ANOTHER_USER");
  redeem = client_.RedeemOf(code, "order-1");
  redeem.mutable_order()->set_currency_code("USD");
  ExpectRefused<pb::RedeemCouponsResponse>(redeem, "INVALID_ARGUMENT/CURRENCY_MISMATCH");
  ExpectRefused<pb::RedeemCouponsResponse>(client_.RedeemOf("7K2M-90QX-ABCD-EFGH", "order-1"),
                                           "INVALID_ARGUMENT/INVALID_CODE", "coupons[0].code");
  redeem = client_.RedeemOf(code, "order-1");
  redeem.mutable_coupons(0)->set_coupon_id(claimed_.coupon().coupon_id());
  ExpectRefused<pb::RedeemCouponsResponse>(redeem, "INVALID_ARGUMENT/SUBJECT_REQUIRED", "user_id");
  ExpectRefused<pb::RedeemCouponsResponse>(client_.RedeemOf(code, "order-1", 0),
                                           "FAILED_PRECONDITION/NOTHING_TO_TAKE_OFF");

  pb::CommitReservationRequest commit = Commit();
  commit.set_order_id("order-2");
  ExpectRefused<pb::CommitReservationResponse>(commit, "FAILED_PRECONDITION/RESERVATION_OF_ANOTHER_ORDER");
  commit = Commit();
  commit.mutable_discount()->set_amount_minor(commit.discount().amount_minor() + 1);
  ExpectRefused<pb::CommitReservationResponse>(commit, "INVALID_ARGUMENT/AMOUNT_MISMATCH", "discount");
  commit = Commit();
  commit.mutable_discount()->set_currency_code("USD");
  ExpectRefused<pb::CommitReservationResponse>(commit, "INVALID_ARGUMENT/CURRENCY_MISMATCH");

  // A request id of last year: its outcome would not be known any more.
  auto claim = client_.ClaimOf(kCampaign, "bob");
  claim.set_request_id("01900000-0000-7000-8000-000000000001");
  ExpectRefused<pb::ClaimCouponResponse>(claim, "FAILED_PRECONDITION/REQUEST_TOO_OLD");
  Must<pb::CommitReservationResponse>(Commit());
}

TEST_F(BadInputTest, BytesThatDoNotDecode) {
  const std::string& token = deployment_.token("ISSUER");
  const std::string not_utf8 = client_.ClaimOf(kCampaign, "bob").SerializeAsString() + "\x1a\x02\xff\xfe";
  for (const std::string& bytes : {std::string("\x0a\x7f"
                                               "abc"),
                                   not_utf8, std::string("\x0f"), std::string(1000, '\xff')}) {
    const RawAnswer answer = RawCall(deployment_.issuer().grpc_address(), kClaim, bytes, token);
    EXPECT_EQ(load::RefusalLabel(answer.status), "INVALID_ARGUMENT/UNDECODABLE_REQUEST");
    NoteRefusal(load::RefusalOf(answer.status).reason);
  }
  const RawAnswer empty = RawCall(deployment_.issuer().grpc_address(), kClaim, "", token);
  EXPECT_EQ(load::RefusalLabel(empty.status), "INVALID_ARGUMENT/INVALID_FIELD") << "an empty message decodes";
  const RawAnswer unknown =
      RawCall(deployment_.issuer().grpc_address(), "/coupon.v1.RedeemerService/RedeemCoupons", "", token);
  EXPECT_EQ(load::RefusalLabel(unknown.status), "UNIMPLEMENTED/METHOD_UNKNOWN");
  NoteRefusal(load::RefusalOf(unknown.status).reason);
  EXPECT_EQ(Digest(), before_);
}

TEST_F(BadInputTest, AMessageOverFourMebibytes) {
  auto claim = client_.ClaimOf(kCampaign, "bob");
  claim.set_user_id(std::string(4 << 20, 'u'));
  ExpectRefused<pb::ClaimCouponResponse>(claim, "RESOURCE_EXHAUSTED");
  Must<pb::ClaimCouponResponse>(client_.ClaimOf(kCampaign, "bob"));
}

TEST_F(BadInputTest, ACallWithoutADeadlineGetsTheServers) {
  const auto issuer =
      pb::IssuerService::NewStub(load::Connect(deployment_.issuer().grpc_address(), 1).front());
  deployment_.redis().Stop();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + deployment_.token("ISSUER"));
  pb::ClaimCouponResponse response;
  const auto begin = std::chrono::steady_clock::now();
  const grpc::Status status = issuer->ClaimCoupon(&context, client_.ClaimOf(kCampaign, "bob"), &response);
  const auto took = std::chrono::steady_clock::now() - begin;
  deployment_.redis().Cont();
  EXPECT_EQ(load::RefusalLabel(status), "UNAVAILABLE/OUTCOME_UNKNOWN");
  EXPECT_GE(took, std::chrono::milliseconds(900));
  EXPECT_LT(took, std::chrono::milliseconds(4000));
}

}  // namespace
}  // namespace tessera::e2e
