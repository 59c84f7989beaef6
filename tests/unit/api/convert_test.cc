#include "api/convert_campaign.h"

#include "api/convert_coupon.h"
#include "api/convert_job.h"
#include "api/convert_operation.h"
#include "api/convert_redemption.h"
#include "api/convert_stats.h"
#include "api/definition_codec.h"
#include "api/parse_campaign.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

core::Currency Euro() { return *core::Currency::Parse("EUR", "currency"); }

TEST(Convert, Campaign) {
  core::Campaign campaign;
  campaign.id = "spring";
  campaign.version = 4;
  campaign.state = core::CampaignState::kPaused;
  campaign.definition = *ParseDefinition(GoodDefinition(), "campaign");
  campaign.create_time_ms = 1'700'000'000'123;
  campaign.update_time_ms = 1'700'000'001'456;
  const pb::Campaign out = ToProto(campaign);
  EXPECT_EQ(out.campaign_id(), "spring");
  EXPECT_EQ(out.version(), 4);
  EXPECT_EQ(out.state(), pb::CAMPAIGN_STATE_PAUSED);
  EXPECT_EQ(out.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(out.create_time().nanos(), 123'000'000);
  EXPECT_EQ(out.update_time().nanos(), 456'000'000);
}

storage::Issued TestIssued() {
  storage::Issued issued;
  issued.number.value = 77;
  issued.campaign_id = "spring";
  issued.code_key_id = 1;
  issued.issue_time_ms = 1'700'000'000'001;
  issued.usable = {1'700'000'060'000, 1'900'000'000'000};
  issued.quota.total = 2;
  return issued;
}

TEST(Convert, IssuedCoupon) {
  storage::Issued issued = TestIssued();
  const auto bare = ToIssueResponse<pb::ClaimCouponResponse>(issued, TestCodes());
  EXPECT_EQ(bare.coupon().coupon_id(), "c-77");
  EXPECT_EQ(bare.coupon().code(), CodeOf(77));
  EXPECT_EQ(bare.coupon().campaign_id(), "spring");
  EXPECT_EQ(bare.coupon().issue_time().nanos(), 1'000'000);
  EXPECT_EQ(bare.coupon().start_time().seconds(), 1'700'000'060);
  EXPECT_EQ(bare.coupon().expire_time().seconds(), 1'900'000'000);
  EXPECT_EQ(bare.quota().remaining_total(), 2);
  EXPECT_FALSE(bare.quota().has_remaining_today());
  EXPECT_FALSE(bare.quota().has_reset_time());
  issued.quota.today = 0;
  issued.quota.reset_time_ms = 1'700'000'100'000;
  const auto daily = ToIssueResponse<pb::IssueCouponResponse>(issued, TestCodes());
  EXPECT_TRUE(daily.quota().has_remaining_today());
  EXPECT_EQ(daily.quota().remaining_today(), 0);
  EXPECT_EQ(daily.quota().reset_time().seconds(), 1'700'000'100);
}

TEST(Convert, CouponInEveryState) {
  storage::Coupon coupon;
  coupon.number.value = 77;
  const std::vector<std::pair<storage::CouponState, pb::CouponState>> states = {
      {storage::CouponState::kIssued, pb::COUPON_STATE_AVAILABLE},
      {storage::CouponState::kReserved, pb::COUPON_STATE_RESERVED},
      {storage::CouponState::kRedeemed, pb::COUPON_STATE_REDEEMED},
      {storage::CouponState::kExpired, pb::COUPON_STATE_EXPIRED},
      {storage::CouponState::kRevoked, pb::COUPON_STATE_REVOKED}};
  for (const auto& [state, expected] : states) {
    coupon.state = state;
    EXPECT_EQ(ToProto(coupon, TestCodes()).state(), expected);
  }
  coupon.held_until_ms = 1'700'000'000'000;
  coupon.redemption = TestRef(3);
  const pb::Coupon out = ToProto(coupon, TestCodes());
  EXPECT_EQ(out.held_until_time().seconds(), 1'700'000'000);
  EXPECT_EQ(out.redemption_id(), TestRef(3).ToId('r'));
}

storage::Redemption TestRedemption() {
  storage::Redemption redemption;
  redemption.ref = TestRef(3);
  redemption.order_id = "order-1";
  redemption.currency = Euro();
  redemption.subtotal_minor = 6'000;
  redemption.shipping_minor = 490;
  redemption.discount_minor = 1'240;
  redemption.line_ids = {"line-0", "line-1"};
  core::AppliedCoupon percent;
  percent.key = {"spring", core::CouponNumber{77}};
  percent.discount_minor = 750;
  percent.lines = {{.line = 1, .minor = 750}};
  core::AppliedCoupon shipping;
  shipping.key = {"gifts", core::CouponNumber{78}};
  shipping.discount_minor = 490;
  shipping.shipping_minor = 490;
  shipping.added = core::AddedItem{.sku = "cup", .quantity = 2};
  redemption.coupons = {percent, shipping};
  redemption.left_out.push_back(
      {core::CodeNumber{5}, core::Error(core::Reason::kCodeUsedUp, "all used").With("coupon", "coupons[2]")});
  redemption.redeem_time_ms = 1'700'000'000'250;
  return redemption;
}

TEST(Convert, ARedemptionIsOneRecordOfTheStack) {
  storage::RedemptionView view;
  view.redemption = TestRedemption();
  const pb::GetRedemptionResponse response = ToProto(view);
  const pb::Redemption& out = response.redemption();
  EXPECT_EQ(out.redemption_id(), TestRef(3).ToId('r'));
  EXPECT_EQ(out.order_id(), "order-1");
  EXPECT_EQ(out.subtotal().amount_minor(), 6'000);
  EXPECT_EQ(out.shipping().amount_minor(), 490);
  EXPECT_EQ(out.discount().amount_minor(), 1'240);
  EXPECT_EQ(out.discount().currency_code(), "EUR");
  EXPECT_EQ(out.payable().amount_minor(), 5'250);
  EXPECT_EQ(out.redeem_time().nanos(), 250'000'000);
  ASSERT_EQ(out.coupons_size(), 2);
  EXPECT_EQ(out.coupons(0).coupon_id(), "c-77");
  EXPECT_EQ(out.coupons(0).campaign_id(), "spring");
  EXPECT_EQ(out.coupons(0).discount().amount_minor(), 750);
  EXPECT_FALSE(out.coupons(0).has_shipping_discount());
  EXPECT_FALSE(out.coupons(0).has_added_item());
  ASSERT_EQ(out.coupons(0).lines_size(), 1);
  EXPECT_EQ(out.coupons(0).lines(0).line_id(), "line-1");
  EXPECT_EQ(out.coupons(0).lines(0).discount().amount_minor(), 750);
  EXPECT_EQ(out.coupons(1).shipping_discount().amount_minor(), 490);
  EXPECT_EQ(out.coupons(1).added_item().sku(), "cup");
  EXPECT_EQ(out.coupons(1).added_item().quantity(), 2);
  ASSERT_EQ(out.left_out_size(), 1);
  EXPECT_EQ(out.left_out(0).coupon_id(), "");  // a code that belongs to nobody
  EXPECT_EQ(out.left_out(0).refusal().reason(), pb::ERROR_REASON_CODE_USED_UP);
  EXPECT_EQ(out.left_out(0).refusal().metadata(0).value(), "coupons[2]");
  EXPECT_EQ(response.rollbacks_size(), 0);
}

TEST(Convert, RollbacksStandBesideTheirRedemption) {
  storage::RolledBack rolled_back;
  rolled_back.redemption = TestRef(3);
  rolled_back.rollback_time_ms = 1'700'000'009'000;
  rolled_back.currency = Euro();
  rolled_back.refund_minor = 300;
  rolled_back.coupons = {
      {.coupon = core::CouponNumber{77}, .returned_minor = 50, .clawed_minor = 700, .restored = true}};
  rolled_back.whole = true;
  storage::RedemptionView view;
  view.redemption = TestRedemption();
  view.returns = {rolled_back, rolled_back};
  const pb::GetRedemptionResponse response = ToProto(view);
  ASSERT_EQ(response.rollbacks_size(), 2);
  const pb::Rollback& out = response.rollbacks(1);
  EXPECT_EQ(out.redemption_id(), TestRef(3).ToId('r'));
  EXPECT_EQ(out.refund().amount_minor(), 300);
  EXPECT_EQ(out.refund().currency_code(), "EUR");
  EXPECT_EQ(out.due().amount_minor(), 0);
  EXPECT_EQ(out.due().currency_code(), "EUR");
  EXPECT_EQ(out.coupons(0).coupon_id(), "c-77");
  EXPECT_EQ(out.coupons(0).returned().amount_minor(), 50);
  EXPECT_EQ(out.coupons(0).clawed_back().amount_minor(), 700);
  EXPECT_TRUE(out.coupons(0).restored());
  EXPECT_TRUE(out.whole());
  EXPECT_EQ(out.rollback_time().seconds(), 1'700'000'009);
  EXPECT_EQ(ToRollbackResponse(rolled_back).rollback().SerializeAsString(), out.SerializeAsString());
}

// Each method's outcome comes back as the very message that the call answered.
TEST(Convert, OperationHoldsWhatTheCallAnswered) {
  using storage::Method;
  storage::CampaignChanged changed;
  changed.campaign_id = "spring";
  changed.version = 2;
  changed.state = core::CampaignState::kActive;
  changed.update_time_ms = 5'000;
  storage::Reservation reservation;
  reservation.ref = TestRef(3);
  reservation.currency = Euro();
  storage::Released released;
  released.reservation = TestRef(3);
  storage::RolledBack rolled_back;
  rolled_back.redemption = TestRef(3);
  storage::Revoked revoked;
  revoked.coupon = core::CouponNumber{77};
  storage::GeneratedCodes made;
  made.batch = 4711;
  made.numbers = {.first = 5, .stride = 4, .count = 3};
  storage::JobCreated created;
  created.job = 9;
  created.batch = 4711;
  const storage::Issued issued = TestIssued();
  const storage::Redemption redemption = TestRedemption();
  const auto operation = [](Method method, const storage::Outcome& outcome) {
    storage::OperationStatus status;
    status.state = storage::OperationState::kCommitted;
    status.outcome = outcome;
    return ToProto(status, method, TestCodes());
  };
  const auto same = [](const google::protobuf::Message& a, const google::protobuf::Message& b) {
    EXPECT_EQ(a.GetTypeName(), b.GetTypeName());
    EXPECT_FALSE(a.SerializeAsString().empty());
    EXPECT_EQ(a.SerializeAsString(), b.SerializeAsString());
  };
  same(operation(Method::kCreateCampaign, changed)->create_campaign(),
       ToChangeResponse<pb::CreateCampaignResponse>(changed));
  same(operation(Method::kUpdateCampaign, changed)->update_campaign(),
       ToChangeResponse<pb::UpdateCampaignResponse>(changed));
  same(operation(Method::kActivateCampaign, changed)->activate_campaign(),
       ToChangeResponse<pb::ActivateCampaignResponse>(changed));
  same(operation(Method::kPauseCampaign, changed)->pause_campaign(),
       ToChangeResponse<pb::PauseCampaignResponse>(changed));
  same(operation(Method::kResumeCampaign, changed)->resume_campaign(),
       ToChangeResponse<pb::ResumeCampaignResponse>(changed));
  same(operation(Method::kEndCampaign, changed)->end_campaign(),
       ToChangeResponse<pb::EndCampaignResponse>(changed));
  same(operation(Method::kIssueCoupon, issued)->issue_coupon(),
       ToIssueResponse<pb::IssueCouponResponse>(issued, TestCodes()));
  same(operation(Method::kClaimCoupon, issued)->claim_coupon(),
       ToIssueResponse<pb::ClaimCouponResponse>(issued, TestCodes()));
  same(operation(Method::kBatchIssueCoupons, issued)->batch_issue_coupons().coupon(),
       ToProto(issued, TestCodes()));
  same(operation(Method::kRevokeCoupon, revoked)->revoke_coupon(), ToProto(revoked));
  same(operation(Method::kGenerateCodes, made)->generate_codes(), ToProto(made, TestCodes()));
  EXPECT_EQ(operation(Method::kImportCodes, made)->import_codes().batch_id(), "b-4711");
  same(operation(Method::kCreateJob, created)->create_job(), ToProto(created));
  same(operation(Method::kBindCode, issued)->bind_code().coupon(), ToProto(issued, TestCodes()));
  same(operation(Method::kRedeemCoupons, redemption)->redeem_coupons(), ToRedeemResponse(redemption));
  same(operation(Method::kReserveCoupons, reservation)->reserve_coupons(), ToReserveResponse(reservation));
  same(operation(Method::kCommitReservation, redemption)->commit_reservation(), ToCommitResponse(redemption));
  same(operation(Method::kReleaseReservation, released)->release_reservation(), ToProto(released));
  same(operation(Method::kRollbackRedemption, rolled_back)->rollback_redemption(),
       ToRollbackResponse(rolled_back));
  const auto nonsense = operation(Method::kRollbackRedemption, issued);
  ASSERT_FALSE(nonsense.ok());
  EXPECT_EQ(nonsense.error().reason, core::Reason::kStoreNonsense);
}

TEST(Convert, GeneratedCodesAreTheCodesOfTheirNumbers) {
  storage::GeneratedCodes made;
  made.batch = 4711;
  made.numbers = {.first = 5, .stride = 4, .count = 3};
  made.make_time_ms = 5'000;
  const pb::GenerateCodesResponse response = ToProto(made, TestCodes());
  EXPECT_EQ(response.batch_id(), "b-4711");
  EXPECT_EQ(response.make_time().seconds(), 5);
  ASSERT_EQ(response.codes_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(response.codes(i), CodeOf(5 + 4 * static_cast<uint64_t>(i), core::CodeKind::kUnbound));
  }
}

TEST(Convert, OperationWithoutOutcome) {
  const std::vector<std::pair<storage::OperationState, pb::OperationState>> states = {
      {storage::OperationState::kUnknown, pb::OPERATION_STATE_UNKNOWN},
      {storage::OperationState::kFenced, pb::OPERATION_STATE_FENCED},
      {storage::OperationState::kTooOld, pb::OPERATION_STATE_TOO_OLD}};
  for (const auto& [state, expected] : states) {
    storage::OperationStatus status;
    status.state = state;
    const auto out = ToProto(status, storage::Method::kClaimCoupon, TestCodes());
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out->state(), expected);
    EXPECT_EQ(out->result_case(), pb::Operation::RESULT_NOT_SET);
  }
}

TEST(Convert, Stats) {
  storage::CampaignTotals totals;
  totals.campaign_id = "spring";
  totals.currency = Euro();
  totals.issued = 10;
  totals.claimed = 8;
  totals.redeemed = 5;
  totals.rolled_back = 2;
  totals.discount_minor = 900;
  totals.subtotal_minor = 10'901;
  totals.stock_left = 0;
  const pb::CampaignStats out = ToProto(totals, 1'250);
  EXPECT_DOUBLE_EQ(out.conversion_rate(), 0.3);
  EXPECT_EQ(out.discount().amount_minor(), 900);
  EXPECT_EQ(out.revenue().amount_minor(), 10'001);
  EXPECT_EQ(out.average_order_value().amount_minor(), 3'334);  // 3,333.67
  EXPECT_TRUE(out.has_stock_remaining());
  EXPECT_EQ(out.as_of_lag().seconds(), 1);
  EXPECT_EQ(out.as_of_lag().nanos(), 250'000'000);
  const pb::CampaignStats nothing = ToProto(storage::CampaignTotals(), 0);
  EXPECT_EQ(nothing.conversion_rate(), 0);
  EXPECT_FALSE(nothing.has_average_order_value());
  EXPECT_FALSE(nothing.has_stock_remaining());
}

TEST(Convert, Verification) {
  storage::Verification verification;
  verification.terms_checked = 12;
  verification.differences.push_back({"spring", 3, "issued: counter = ledger", 7, 6});
  verification.differences.push_back({"autumn", std::nullopt, "stock", 1, 2});
  const pb::VerifyInvariantsResponse out = ToProto(verification);
  EXPECT_EQ(out.terms_checked(), 12);
  ASSERT_EQ(out.differences_size(), 2);
  EXPECT_EQ(out.differences(0).partition(), 3);
  EXPECT_EQ(out.differences(0).expected(), 7);
  EXPECT_EQ(out.differences(0).found(), 6);
  EXPECT_FALSE(out.differences(1).has_partition());
}

TEST(Convert, VerifyRequest) {
  pb::VerifyInvariantsRequest request;
  EXPECT_EQ(Parse(request)->depth, storage::VerifyDepth::kCounters);
  request.set_depth(pb::VERIFY_DEPTH_WALLETS);
  request.set_campaign_id("spring");
  EXPECT_EQ(Parse(request)->depth, storage::VerifyDepth::kWallets);
  request.set_depth(static_cast<pb::VerifyDepth>(9));
  EXPECT_EQ(FieldOf(Parse(request).error()), "depth");
  request.set_depth(pb::VERIFY_DEPTH_COUNTERS);
  request.set_campaign_id("Not An Id");
  EXPECT_EQ(FieldOf(Parse(request).error()), "campaign_id");
}

}  // namespace
}  // namespace tessera::api
