// The answer of every kind of change is lost after its effect; the same request again has the same effect,
// once, and the same bytes.

#include <gtest/gtest.h>

#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tests/support/cut_proxy.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

constexpr int kWorkers = 8;

// One caller with proxies of its own that cut the first answer to each change.
class CutCaller {
 public:
  explicit CutCaller(testing::Deployment& deployment)
      : issuer_(deployment.issuer().grpc_address()),
        redeemer_(deployment.redeemer().grpc_address()),
        through_({issuer_.address(), redeemer_.address(), deployment.analytics().grpc_address(),
                  deployment.token("ADMIN")}),
        straight_(deployment) {}

  TesseraClient& straight() { return straight_; }
  int64_t changes() const { return changes_; }
  int64_t answers_cut() const { return issuer_.answers_cut() + redeemer_.answers_cut(); }

  // Sends the change and loses its answer, sends it again, and once more straight to the service.
  template <class Response, class Request>
  Response Change(const Request& request) {
    ++changes_;
    Response lost, repeated, once_more;
    issuer_.CutEveryNthAnswer(1);
    redeemer_.CutEveryNthAnswer(1);
    through_.caller.tries_max = 1;
    const grpc::Status first = through_.Call(request, &lost);
    issuer_.CutEveryNthAnswer(0);
    redeemer_.CutEveryNthAnswer(0);
    EXPECT_EQ(first.error_code(), grpc::StatusCode::UNAVAILABLE)
        << load::RefusalLabel(first) << first.error_message();
    // The client library may notice only now that its connection is gone, so this may take more than one try.
    through_.caller.tries_max = 100;
    const grpc::Status second = through_.Call(request, &repeated);
    EXPECT_TRUE(second.ok()) << Request::descriptor()->name() << " " << load::RefusalLabel(second) << " "
                             << second.error_message();
    const grpc::Status third = straight_.Call(request, &once_more);
    EXPECT_TRUE(third.ok()) << load::RefusalLabel(third) << " " << third.error_message();
    EXPECT_EQ(repeated.SerializeAsString(), once_more.SerializeAsString()) << repeated.ShortDebugString();
    return repeated;
  }

 private:
  testing::CutProxy issuer_;
  testing::CutProxy redeemer_;
  TesseraClient through_;
  TesseraClient straight_;
  int64_t changes_ = 0;
};

// One campaign and twelve coupons through every change that there is.
constexpr int64_t kChangesPerLife = 22;
constexpr int kIssuedPerLife = 12;

void LiveOneLife(CutCaller& caller, int64_t number) {
  TesseraClient& ids = caller.straight();
  const std::string campaign_id = "life-" + std::to_string(number);
  const std::string user = "user-" + std::to_string(number);

  pb::CreateCampaignRequest create;
  create.set_request_id(ids.NextId());
  create.set_campaign_id(campaign_id);
  *create.mutable_campaign() = load::PlainDefinition("Life");
  create.mutable_campaign()->mutable_limits()->set_stock_total(kIssuedPerLife);
  EXPECT_EQ(caller.Change<pb::CreateCampaignResponse>(create).version(), 1);
  pb::ActivateCampaignRequest activate;
  activate.set_request_id(ids.NextId());
  activate.set_campaign_id(campaign_id);
  EXPECT_EQ(caller.Change<pb::ActivateCampaignResponse>(activate).version(), 2);
  pb::PauseCampaignRequest pause;
  pause.set_request_id(ids.NextId());
  pause.set_campaign_id(campaign_id);
  EXPECT_EQ(caller.Change<pb::PauseCampaignResponse>(pause).version(), 3);
  pb::ResumeCampaignRequest resume;
  resume.set_request_id(ids.NextId());
  resume.set_campaign_id(campaign_id);
  EXPECT_EQ(caller.Change<pb::ResumeCampaignResponse>(resume).version(), 4);
  pb::UpdateCampaignRequest update;
  update.set_request_id(ids.NextId());
  update.set_campaign_id(campaign_id);
  update.set_version(4);
  update.mutable_campaign()->set_display_name("Another life");
  update.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(caller.Change<pb::UpdateCampaignResponse>(update).version(), 5);

  const std::string first =
      caller.Change<pb::ClaimCouponResponse>(ids.ClaimOf(campaign_id, user)).coupon().code();
  const auto redeemed = caller.Change<pb::RedeemCouponsResponse>(ids.RedeemOf(first, "order-1"));
  if (!redeemed.has_redemption()) return;  // the failure is noted already
  pb::RollbackRedemptionRequest rollback;
  rollback.set_request_id(ids.NextId());
  rollback.set_redemption_id(redeemed.redemption().redemption_id());
  EXPECT_TRUE(caller.Change<pb::RollbackRedemptionResponse>(rollback).rollback().coupons(0).restored());
  for (const bool commits : {false, true}) {
    const auto reserved = caller.Change<pb::ReserveCouponsResponse>(ids.ReserveOf(first, "order-2"));
    if (!reserved.has_reservation()) return;
    const pb::Reservation& reservation = reserved.reservation();
    if (commits) {
      pb::CommitReservationRequest commit;
      commit.set_request_id(ids.NextId());
      commit.set_reservation_id(reservation.reservation_id());
      commit.set_order_id("order-2");
      *commit.mutable_discount() = reservation.discount();
      caller.Change<pb::CommitReservationResponse>(commit);
    } else {
      pb::ReleaseReservationRequest release;
      release.set_request_id(ids.NextId());
      release.set_reservation_id(reservation.reservation_id());
      caller.Change<pb::ReleaseReservationResponse>(release);
    }
  }

  pb::IssueCouponRequest issue;
  issue.set_request_id(ids.NextId());
  issue.set_campaign_id(campaign_id);
  issue.set_user_id(user);
  const auto issued = caller.Change<pb::IssueCouponResponse>(issue);
  pb::RevokeCouponRequest revoke;
  revoke.set_request_id(ids.NextId());
  revoke.mutable_coupon()->set_coupon_id(issued.coupon().coupon_id());
  revoke.set_reason(pb::REVOKE_REASON_MISTAKE);
  caller.Change<pb::RevokeCouponResponse>(revoke);
  pb::BatchIssueCouponsRequest batch;
  batch.set_request_id(ids.NextId());
  batch.set_campaign_id(campaign_id);
  for (int i = 0; i < 3; ++i) batch.add_items()->set_user_id(user + "-" + std::to_string(i));
  caller.Change<pb::BatchIssueCouponsResponse>(batch);
  for (int i = 0; i < 6; ++i) {
    const std::string code =
        caller.Change<pb::ClaimCouponResponse>(ids.ClaimOf(campaign_id, user + "+")).coupon().code();
    if (i == 0) caller.Change<pb::RedeemCouponsResponse>(ids.RedeemOf(code, "order-3"));
  }
  // The stock had one more: it is still there, so nothing was issued twice.
  pb::ClaimCouponResponse last, none;
  EXPECT_TRUE(ids.Call(ids.ClaimOf(campaign_id, user), &last).ok());
  EXPECT_EQ(load::RefusalOf(ids.Call(ids.ClaimOf(campaign_id, user), &none)).reason, "STOCK");
}

TEST(CutReplyTest, TakesEffectOnceAndAnswersTheSameBytes) {
  testing::DeploymentOptions options;
  options.log_level = "warning";
  testing::Deployment deployment(options);
  std::vector<std::unique_ptr<CutCaller>> callers;
  for (int i = 0; i < kWorkers; ++i) callers.push_back(std::make_unique<CutCaller>(deployment));
  const int64_t lives = Trials(300, 10'000) / kChangesPerLife + 1;
  load::Parallel(kWorkers, lives, [&](int64_t number, int worker) {
    LiveOneLife(*callers[static_cast<size_t>(worker)], number);
  });

  TesseraClient client(deployment);
  for (int64_t number = 0; number < lives; ++number) {
    const pb::CampaignStats stats = client.SettledStats("life-" + std::to_string(number));
    EXPECT_EQ(stats.issued_count(), kIssuedPerLife);
    EXPECT_EQ(stats.redeemed_count(), 3);
    EXPECT_EQ(stats.rolled_back_count(), 1);
    EXPECT_EQ(stats.reserved_count(), 2);
    EXPECT_EQ(stats.released_count(), 1);
    EXPECT_EQ(stats.revoked_count(), 1);
    EXPECT_EQ(stats.stock_remaining(), 0);
  }
  EXPECT_EQ(client.Differences(), "");
  int64_t changes = 0;
  int64_t cut = 0;
  for (const auto& caller : callers) {
    changes += caller->changes();
    cut += caller->answers_cut();
  }
  EXPECT_EQ(cut, changes);
  EXPECT_EQ(changes, lives * kChangesPerLife);
  PrintTrials("replies cut after the effect", changes);
}

}  // namespace
}  // namespace tessera::e2e
