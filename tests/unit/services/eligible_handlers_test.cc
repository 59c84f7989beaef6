#include <set>

#include "tests/unit/services/redeemer_bench.h"

namespace tessera::redeemer {
namespace {

// A model of whose campaigns each has room for one use more, as a budget may have, whatever the order holds:
// of coupons that are judged together in a call, the first of each campaign can be used.
class RoomForOne : public contract::MemoryStore {
 public:
  explicit RoomForOne(MemoryStore& store) : MemoryStore({}), store_(store) {}

  // Without campaigns: whoever reads the wallet has to ask.
  async::Task<core::Result<storage::WalletPage>> ListUserCoupons(storage::WalletQuery query) override {
    query.with_campaigns = false;
    return store_.ListUserCoupons(std::move(query));
  }

  async::Task<core::Result<storage::Verdict>> Validate(storage::UseIntent intent) override {
    auto verdict = co_await store_.Validate(std::move(intent));
    if (!verdict.ok()) co_return verdict;
    std::set<std::string> spent;
    for (storage::CouponVerdict& one : verdict->coupons) {
      if (!spent.insert(one.campaign_id).second) one.says = core::Error(core::Reason::kBudget, "spent");
    }
    co_return verdict;
  }

 private:
  MemoryStore& store_;
};

// A user's coupons, listed for an order through the handlers, on the model.
class EligibleHandlersTest : public StackBench {
 protected:
  // What the user's coupons take off order-1, as they are listed; 0 for those that can't be used.
  std::vector<int64_t> AmountsListed(JudgementHandlers& judgements, const std::string& user_id) {
    pb::ListEligibleCouponsRequest request;
    request.set_user_id(user_id);
    *request.mutable_order() = api::GoodOrder();
    const auto listed = Call(judgements, &JudgementHandlers::ListEligibleCoupons, request);
    EXPECT_TRUE(listed.ok());
    std::vector<int64_t> amounts;
    if (!listed.ok()) return amounts;
    for (const auto& coupon : listed->coupons()) {
      amounts.push_back(coupon.verdict().applicable().discount().amount_minor());
    }
    return amounts;
  }
};

TEST_F(EligibleHandlersTest, AWalletIsListedBestFirst) {
  Claim("five", "ada");
  const std::string used = Claim("seven", "ada").coupon_id();
  ASSERT_TRUE(Redeem("ada", {used}).ok());
  auto large = Amount(9'000);
  large.mutable_offer()->set_minimum_spend_minor(50'000);
  OpenCampaign("a-large-one", large);
  const std::string unusable = Claim("a-large-one", "ada").coupon_id();
  pb::ListEligibleCouponsRequest request;
  request.set_user_id("ada");
  *request.mutable_order() = api::GoodOrder();
  const auto listed = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
  ASSERT_TRUE(listed.ok()) << listed.error().message;
  std::vector<int64_t> amounts;
  for (const auto& coupon : listed->coupons()) {
    amounts.push_back(coupon.verdict().applicable().discount().amount_minor());
  }
  EXPECT_EQ(amounts, (std::vector<int64_t>{1'000, 700, 500, 500, 0}));
  EXPECT_EQ(listed->coupons(0).coupon_id(), alone_);
  EXPECT_EQ(listed->coupons(4).coupon_id(), unusable);
  EXPECT_EQ(listed->coupons(4).verdict().refusal().reason(), pb::ERROR_REASON_MINIMUM_SPEND_NOT_MET);
  // The lines are told where they are asked for, and nothing else changes.
  request.set_view(pb::ELIGIBLE_COUPON_VIEW_FULL);
  auto full = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
  ASSERT_TRUE(full.ok()) << full.error().message;
  for (auto& coupon : *full->mutable_coupons()) {
    if (!coupon.verdict().has_applicable()) continue;
    auto* applied = coupon.mutable_verdict()->mutable_applicable();
    int64_t sum = applied->shipping_discount().amount_minor();
    for (const auto& line : applied->lines()) sum += line.discount().amount_minor();
    EXPECT_EQ(sum, applied->discount().amount_minor());
    applied->clear_lines();
  }
  EXPECT_EQ(full->SerializeAsString(), listed->SerializeAsString());
  request.clear_view();
  // In pages.
  request.set_page_size(2);
  int coupons = 0;
  std::string token;
  do {
    request.set_page_token(token);
    const auto page = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
    ASSERT_TRUE(page.ok()) << page.error().message;
    coupons += page->coupons_size();
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(coupons, 5);
  const auto first = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, [&] {
    request.clear_page_token();
    return request;
  }());
  request.set_page_token(first->next_page_token());
  request.mutable_order()->mutable_lines(0)->set_quantity(9);
  const auto forged = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
  ASSERT_FALSE(forged.ok());
  EXPECT_EQ(forged.error().reason, core::Reason::kInvalidPageToken);
}

// Of a campaign whose limit has room for one use more any one coupon can be used: so each is listed.
TEST_F(EligibleHandlersTest, CouponsOfOneCampaignAreListedEachAsIfItWereAlone) {
  const std::vector<std::string> coupons = {five_, Claim("five", "ada").coupon_id(),
                                            Claim("five", "ada").coupon_id()};
  RoomForOne store(store_);
  JudgementHandlers judgements(store, store, reader_, tools_, metrics_);
  const auto together = Call(judgements, &JudgementHandlers::ValidateCoupons,
                             UseOf<pb::ValidateCouponsRequest>("ada", coupons));
  EXPECT_FALSE(together->redeemable());
  const std::vector<int64_t> amounts = {1'000, 700, 500, 500, 500};
  EXPECT_EQ(AmountsListed(judgements, "ada"), amounts);
  // So it is of several that the order holds.
  auto reserve = UseOf<pb::ReserveCouponsRequest>("ada", coupons);
  reserve.set_request_id(NextId());
  reserve.mutable_ttl()->set_seconds(60);
  ASSERT_TRUE(Call(redemptions_, &RedemptionHandlers::ReserveCoupons, reserve).ok());
  EXPECT_EQ(AmountsListed(judgements, "ada"), amounts);
}

// Of a reserved coupon, the order that holds it is told its worth, and another one until when it is held.
TEST_F(EligibleHandlersTest, AHeldCouponIsListedForItsOrder) {
  auto reserve = UseOf<pb::ReserveCouponsRequest>("ada", {five_});
  reserve.set_request_id(NextId());
  reserve.mutable_ttl()->set_seconds(60);
  ASSERT_TRUE(Call(redemptions_, &RedemptionHandlers::ReserveCoupons, reserve).ok());
  pb::ListEligibleCouponsRequest request;
  request.set_user_id("ada");
  *request.mutable_order() = api::GoodOrder();
  const auto verdict_of_five = [&] {
    const auto listed = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
    for (const auto& coupon : listed->coupons()) {
      if (coupon.coupon_id() == five_) return coupon.verdict();
    }
    return pb::CouponVerdict();
  };
  EXPECT_EQ(verdict_of_five().applicable().discount().amount_minor(), 500);
  request.mutable_order()->set_order_id("order-2");
  EXPECT_EQ(verdict_of_five().refusal().reason(), pb::ERROR_REASON_COUPON_RESERVED);
}

// Of two coupons of one campaign whose time counts from their claim, each is told by its own time.
TEST_F(EligibleHandlersTest, OfOneCampaignEachIsListedByItsOwnTime) {
  auto waiting = Amount(2'000);
  waiting.mutable_validity()->mutable_wait()->set_seconds(60);
  OpenCampaign("after-a-minute", waiting);
  const std::string older = Claim("after-a-minute", "bob").coupon_id();
  now_ms_ += 40'000;
  const std::string newer = Claim("after-a-minute", "bob").coupon_id();
  pb::ListEligibleCouponsRequest request;
  request.set_user_id("bob");
  *request.mutable_order() = api::GoodOrder();
  const auto verdicts = [&] {
    const auto listed = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
    EXPECT_TRUE(listed.ok());
    std::map<std::string, pb::CouponVerdict> by_id;
    for (const auto& coupon : listed->coupons()) by_id[coupon.coupon_id()] = coupon.verdict();
    EXPECT_EQ(by_id.size(), 2u);
    return by_id;
  };
  const auto not_yet = pb::ERROR_REASON_COUPON_NOT_YET_VALID;
  EXPECT_EQ(verdicts()[older].refusal().reason(), not_yet);
  EXPECT_EQ(verdicts()[newer].refusal().reason(), not_yet);
  now_ms_ += 20'000;
  EXPECT_EQ(verdicts()[older].applicable().discount().amount_minor(), 2'000);
  EXPECT_EQ(verdicts()[newer].refusal().reason(), not_yet);
  auto question = UseOf<pb::OptimizeCouponsRequest>("bob", {});
  question.set_objective(pb::OPTIMIZE_OBJECTIVE_CUSTOMER_MAX);
  const auto best = Call(choices_, &OptimizeHandlers::OptimizeCoupons, question);
  ASSERT_TRUE(best.ok()) << best.error().message;
  ASSERT_EQ(best->best().coupons_size(), 1);
  EXPECT_EQ(best->best().coupons(0).applied().coupon_id(), older);
  ASSERT_EQ(best->unused_size(), 1);
  EXPECT_EQ(best->unused(0).coupon_id(), newer);
  EXPECT_EQ(best->unused(0).refusal().reason(), not_yet);
  now_ms_ += 40'000;
  for (const std::string& coupon : {older, newer}) {
    EXPECT_EQ(verdicts()[coupon].applicable().discount().amount_minor(), 2'000);
  }
}
// More campaigns than one call of the store judges.
TEST_F(EligibleHandlersTest, AWalletOfManyCampaignsIsListedWhole) {
  std::vector<int64_t> expected;
  for (int64_t i = 45; i > 0; --i) {
    const std::string id = "many-" + std::to_string(i);
    OpenCampaign(id, Amount(i));
    Claim(id, "eve");
    expected.push_back(i);
  }
  EXPECT_EQ(AmountsListed(judgements_, "eve"), expected);
}

}  // namespace
}  // namespace tessera::redeemer
