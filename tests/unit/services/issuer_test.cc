#include "services/issuer/batch_handlers.h"
#include "services/issuer/campaign_handlers.h"
#include "services/issuer/coupon_handlers.h"
#include "tests/unit/services/handler_bench.h"

namespace tessera::issuer {
namespace {

namespace pb = coupon::v1;

// The model has none.
class NoBatches final : public storage::BatchStore {
  async::Task<core::Result<storage::CodeBatch>> GetBatch(uint64_t, storage::Deadline) override {
    co_return Absent();
  }
  async::Task<core::Result<storage::GeneratedCodes>> OpenImport(storage::ImportIntent) override {
    co_return Absent();
  }
  async::Task<core::Result<std::vector<core::CodeNumber>>> AddStoredCodes(std::string, uint64_t,
                                                                          std::vector<storage::StoredCode>,
                                                                          storage::Deadline) override {
    co_return Absent();
  }
  async::Task<core::Result<core::CodeNumber>> FindStoredCode(core::StoredCodeKey,
                                                             storage::Deadline) override {
    co_return Absent();
  }
  static core::Error Absent() { return core::Error(core::Reason::kBatchNotFound, "There is no such batch."); }
};

class IssuerTest : public program::HandlerBench {
 protected:
  pb::CreateCampaignRequest Creation(const std::string& id) {
    pb::CreateCampaignRequest request;
    request.set_request_id(NextId());
    request.set_campaign_id(id);
    *request.mutable_campaign() = api::GoodDefinition();
    request.mutable_campaign()->mutable_limits()->set_per_user_per_day(3);
    return request;
  }

  void Activate(const std::string& id) {
    ASSERT_TRUE(Call(campaigns_, &CampaignHandlers::CreateCampaign, Creation(id)).ok());
    pb::ActivateCampaignRequest request;
    request.set_request_id(NextId());
    request.set_campaign_id(id);
    ASSERT_TRUE(Call(campaigns_, &CampaignHandlers::ActivateCampaign, request).ok());
  }

  pb::ClaimCouponRequest Claim(const std::string& user_id) {
    pb::ClaimCouponRequest request;
    request.set_request_id(NextId());
    request.set_campaign_id("spring");
    request.set_user_id(user_id);
    return request;
  }

  IssuerMetrics metrics_{registry_};
  CampaignHandlers campaigns_{store_, tools_, metrics_};
  CouponHandlers coupons_{store_, store_, reader_, tools_, metrics_};
  NoBatches no_batches_;
  BatchHandlers batches_{no_batches_, tools_, metrics_};
};

TEST_F(IssuerTest, EveryMethodIsServed) {
  server::Router router;
  campaigns_.Register(router);
  coupons_.Register(router);
  batches_.Register(router);
  const core::Status checked = router.Check();
  EXPECT_TRUE(checked.ok()) << checked.error().message;
}

TEST_F(IssuerTest, ACampaignIsCreatedOnceForOneRequest) {
  const pb::CreateCampaignRequest request = Creation("");
  const auto first = Call(campaigns_, &CampaignHandlers::CreateCampaign, request);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->version(), 1);
  EXPECT_EQ(first->state(), pb::CAMPAIGN_STATE_DRAFT);
  now_ms_ += 1'000;
  const auto again = Call(campaigns_, &CampaignHandlers::CreateCampaign, request);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  pb::CreateCampaignRequest other = request;
  other.mutable_campaign()->set_display_name("another");
  const auto refused = Call(campaigns_, &CampaignHandlers::CreateCampaign, other);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kRequestIdReused);
}

TEST_F(IssuerTest, AnUpdateThatTookEffectIsAnsweredAgainWhateverTheStateIsNow) {
  ASSERT_TRUE(Call(campaigns_, &CampaignHandlers::CreateCampaign, Creation("spring")).ok());
  pb::UpdateCampaignRequest update;
  update.set_request_id(NextId());
  update.set_campaign_id("spring");
  update.set_version(1);
  update.mutable_campaign()->mutable_offer()->mutable_amount_off()->set_amount_minor(700);
  update.mutable_update_mask()->add_paths("offer");
  const auto first = Call(campaigns_, &CampaignHandlers::UpdateCampaign, update);
  ASSERT_TRUE(first.ok()) << first.error().message;
  pb::ActivateCampaignRequest activate;
  activate.set_request_id(NextId());
  activate.set_campaign_id("spring");
  ASSERT_TRUE(Call(campaigns_, &CampaignHandlers::ActivateCampaign, activate).ok());
  const auto again = Call(campaigns_, &CampaignHandlers::UpdateCampaign, update);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST_F(IssuerTest, MovesLeadWhereTheyShould) {
  Activate("spring");
  const auto move = [&](auto request, auto member) {
    request.set_request_id(NextId());
    request.set_campaign_id("spring");
    return Call(campaigns_, member, request);
  };
  EXPECT_EQ(move(pb::PauseCampaignRequest(), &CampaignHandlers::PauseCampaign)->state(),
            pb::CAMPAIGN_STATE_PAUSED);
  EXPECT_EQ(move(pb::ResumeCampaignRequest(), &CampaignHandlers::ResumeCampaign)->state(),
            pb::CAMPAIGN_STATE_ACTIVE);
  EXPECT_EQ(move(pb::EndCampaignRequest(), &CampaignHandlers::EndCampaign)->state(),
            pb::CAMPAIGN_STATE_ENDED);
  const auto refused = move(pb::ResumeCampaignRequest(), &CampaignHandlers::ResumeCampaign);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kIllegalTransition);
}

TEST_F(IssuerTest, AClaimIsAnsweredWithTheSameBytesEachTime) {
  Activate("spring");
  const pb::ClaimCouponRequest request = Claim("user-1");
  const auto first = Call(coupons_, &CouponHandlers::ClaimCoupon, request);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->quota().remaining_total(), 2);
  ASSERT_TRUE(Call(coupons_, &CouponHandlers::ClaimCoupon, Claim("user-1")).ok());
  now_ms_ += 5'000;
  const auto again = Call(coupons_, &CouponHandlers::ClaimCoupon, request);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());

  pb::GetCouponRequest get;
  get.mutable_coupon()->set_code(first->coupon().code());
  const auto coupon = Call(coupons_, &CouponHandlers::GetCoupon, get);
  ASSERT_TRUE(coupon.ok()) << coupon.error().message;
  EXPECT_EQ(coupon->coupon().coupon_id(), first->coupon().coupon_id());
  EXPECT_EQ(coupon->coupon().code(), first->coupon().code());
  EXPECT_EQ(coupon->coupon().state(), pb::COUPON_STATE_AVAILABLE);
}

TEST_F(IssuerTest, ABatchTellsOfEachItemAndMayBeSentAgain) {
  Activate("spring");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Call(coupons_, &CouponHandlers::ClaimCoupon, Claim("full")).ok());
  pb::BatchIssueCouponsRequest request;
  request.set_request_id(NextId());
  request.set_campaign_id("spring");
  for (const char* user : {"a", "full", "b"}) request.add_items()->set_user_id(user);
  const auto first = Call(coupons_, &CouponHandlers::BatchIssueCoupons, request);
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_EQ(first->results_size(), 3);
  EXPECT_TRUE(first->results(0).has_coupon());
  EXPECT_EQ(first->results(1).refusal().reason(), pb::ERROR_REASON_USER_QUOTA);
  EXPECT_TRUE(first->results(2).has_coupon());
  // An item's identity is request_id and user: the others in the batch do not matter.
  request.mutable_items()->SwapElements(0, 2);
  request.mutable_items(1)->set_user_id("c");
  const auto again = Call(coupons_, &CouponHandlers::BatchIssueCoupons, request);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->results(0).SerializeAsString(), first->results(2).SerializeAsString());
  EXPECT_EQ(again->results(2).SerializeAsString(), first->results(0).SerializeAsString());
  EXPECT_TRUE(again->results(1).has_coupon());
  EXPECT_EQ(Metric("coupon_issue_total", {"source", "batch"}, "USER_QUOTA"), 1);
  EXPECT_EQ(Metric("coupon_issue_total", {"source", "batch"}, "NONE"), 5);
}

TEST_F(IssuerTest, ABatchOfACampaignThatIsNotThereIsRefusedWhole) {
  pb::BatchIssueCouponsRequest request;
  request.set_request_id(NextId());
  request.set_campaign_id("nowhere");
  for (const char* user : {"a", "b"}) request.add_items()->set_user_id(user);
  const auto answer = Call(coupons_, &CouponHandlers::BatchIssueCoupons, request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().reason, core::Reason::kCampaignNotFound);
}

TEST_F(IssuerTest, WalletPagesFollowEachOtherAndTokensCannotBeForged) {
  Activate("spring");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Call(coupons_, &CouponHandlers::ClaimCoupon, Claim("user-1")).ok());
  pb::ListUserCouponsRequest list;
  list.set_user_id("user-1");
  list.set_page_size(1);
  std::set<std::string> seen;
  std::string second_page;
  do {
    const auto page = Call(coupons_, &CouponHandlers::ListUserCoupons, list);
    ASSERT_TRUE(page.ok()) << page.error().message;
    for (const auto& coupon : page->coupons()) EXPECT_TRUE(seen.insert(coupon.coupon_id()).second);
    list.set_page_token(page->next_page_token());
    if (second_page.empty()) second_page = page->next_page_token();
  } while (!list.page_token().empty());
  EXPECT_EQ(seen.size(), 3u);

  const auto refused = [&](const std::string& user, const std::string& token, pb::CouponState state) {
    list.set_user_id(user);
    list.set_page_token(token);
    list.set_state(state);
    const auto page = Call(coupons_, &CouponHandlers::ListUserCoupons, list);
    return !page.ok() && page.error().reason == core::Reason::kInvalidPageToken;
  };
  EXPECT_FALSE(refused("user-1", second_page, pb::COUPON_STATE_UNSPECIFIED));
  EXPECT_TRUE(refused("user-2", second_page, pb::COUPON_STATE_UNSPECIFIED));
  EXPECT_TRUE(refused("user-1", second_page, pb::COUPON_STATE_REDEEMED));
  EXPECT_TRUE(refused("user-1", "forged", pb::COUPON_STATE_UNSPECIFIED));
  EXPECT_TRUE(refused("user-1", second_page + "A", pb::COUPON_STATE_UNSPECIFIED));
}

TEST_F(IssuerTest, CampaignPagesFollowEachOtherAndKeepTheirFilter) {
  Activate("spring");
  ASSERT_TRUE(Call(campaigns_, &CampaignHandlers::CreateCampaign, Creation("autumn")).ok());
  ASSERT_TRUE(Call(campaigns_, &CampaignHandlers::CreateCampaign, Creation("winter")).ok());
  pb::ListCampaignsRequest list;
  list.set_page_size(1);
  list.set_state(pb::CAMPAIGN_STATE_DRAFT);
  std::set<std::string> seen;
  do {
    const auto page = Call(campaigns_, &CampaignHandlers::ListCampaigns, list);
    ASSERT_TRUE(page.ok()) << page.error().message;
    for (const auto& campaign : page->campaigns()) seen.insert(campaign.campaign_id());
    list.set_page_token(page->next_page_token());
    if (list.page_token().empty()) break;
    pb::ListCampaignsRequest other = list;
    other.set_state(pb::CAMPAIGN_STATE_ACTIVE);
    const auto refused = Call(campaigns_, &CampaignHandlers::ListCampaigns, other);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().reason, core::Reason::kInvalidPageToken);
  } while (true);
  EXPECT_EQ(seen, (std::set<std::string>{"autumn", "winter"}));
  pb::GetCampaignRequest get;
  get.set_campaign_id("spring");
  EXPECT_EQ(Call(campaigns_, &CampaignHandlers::GetCampaign, get)->campaign().state(),
            pb::CAMPAIGN_STATE_ACTIVE);
}

TEST_F(IssuerTest, ARevocationGivesStockBackOnDemand) {
  Activate("spring");
  const auto claimed = Call(coupons_, &CouponHandlers::ClaimCoupon, Claim("user-1"));
  ASSERT_TRUE(claimed.ok());
  pb::RevokeCouponRequest request;
  request.set_request_id(NextId());
  request.mutable_coupon()->set_code(claimed->coupon().code());
  request.set_reason(pb::REVOKE_REASON_FRAUD);
  request.set_return_stock(true);
  const auto revoked = Call(coupons_, &CouponHandlers::RevokeCoupon, request);
  ASSERT_TRUE(revoked.ok()) << revoked.error().message;
  EXPECT_EQ(revoked->coupon_id(), claimed->coupon().coupon_id());
  EXPECT_TRUE(revoked->stock_returned());
  EXPECT_EQ(Call(coupons_, &CouponHandlers::RevokeCoupon, request)->SerializeAsString(),
            revoked->SerializeAsString());
}

TEST_F(IssuerTest, CodesAreMadeBoundAndRead) {
  Activate("spring");
  pb::GenerateCodesRequest generate;
  generate.set_request_id(NextId());
  generate.set_campaign_id("spring");
  generate.set_count(3);
  const auto made = Call(coupons_, &CouponHandlers::GenerateCodes, generate);
  ASSERT_TRUE(made.ok()) << made.error().message;
  ASSERT_EQ(made->codes_size(), 3);
  EXPECT_EQ(Call(coupons_, &CouponHandlers::GenerateCodes, generate)->SerializeAsString(),
            made->SerializeAsString());

  pb::GetCouponRequest get;
  get.mutable_coupon()->set_code(made->codes(0));
  const auto free = Call(coupons_, &CouponHandlers::GetCoupon, get);
  ASSERT_TRUE(free.ok()) << free.error().message;
  EXPECT_EQ(free->coupon().coupon_id(), "");
  EXPECT_EQ(free->coupon().code(), made->codes(0));
  EXPECT_EQ(free->coupon().state(), pb::COUPON_STATE_AVAILABLE);

  pb::BindCodeRequest bind;
  bind.set_request_id(NextId());
  bind.set_code(made->codes(0));
  bind.set_user_id("user-1");
  const auto bound = Call(coupons_, &CouponHandlers::BindCode, bind);
  ASSERT_TRUE(bound.ok()) << bound.error().message;
  EXPECT_EQ(Call(coupons_, &CouponHandlers::GetCoupon, get)->coupon().coupon_id(),
            bound->coupon().coupon_id());
  bind.set_request_id(NextId());
  EXPECT_EQ(Call(coupons_, &CouponHandlers::BindCode, bind)->SerializeAsString(), bound->SerializeAsString());
  bind.set_user_id("user-2");
  EXPECT_EQ(Call(coupons_, &CouponHandlers::BindCode, bind).error().reason, core::Reason::kCodeAlreadyBound);
  bind.set_code(bound->coupon().code());
  EXPECT_EQ(Call(coupons_, &CouponHandlers::BindCode, bind).error().reason, core::Reason::kCodeAlreadyBound);
}

}  // namespace
}  // namespace tessera::issuer
