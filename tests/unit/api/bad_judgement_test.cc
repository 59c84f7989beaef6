#include "api/parse_judgement.h"
#include "core/limits.h"
#include "core/order_limits.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

const core::Shape kShape{.partitions = 16, .buckets = 64};

pb::OptimizeCouponsRequest GoodOptimize() {
  pb::OptimizeCouponsRequest request;
  request.set_user_id("user-1");
  request.add_coupons()->set_code(CodeOf(77));
  request.add_coupons()->set_coupon_id("c-78");
  *request.mutable_order() = GoodOrder();
  request.set_objective(pb::OPTIMIZE_OBJECTIVE_CUSTOMER_MAX);
  return request;
}

template <class Request>
core::Result<OptimizeCoupons> ParseIt(const Request& request) {
  return Parse(request);
}

TEST(BadJudgement, NamesTheFieldOfAChoice) {
  using R = pb::OptimizeCouponsRequest;
  std::vector<Spoiled<R>> cases = {
      {"no user", [](R& r) { r.clear_user_id(); }, "user_id", core::Reason::kSubjectRequired},
      {"user too long", [](R& r) { r.set_user_id(std::string(129, 'u')); }, "user_id"},
      {"no order", [](R& r) { r.clear_order(); }, "order"},
      {"no lines", [](R& r) { r.mutable_order()->clear_lines(); }, "order.lines"},
      {"no objective", [](R& r) { r.clear_objective(); }, "objective"},
      {"unknown objective", [](R& r) { r.set_objective(static_cast<pb::OptimizeObjective>(3)); },
       "objective"},
      {"no reference", [](R& r) { r.mutable_coupons(1)->clear_ref(); }, "coupons[1]"},
      {"a coupon twice", [](R& r) { r.add_coupons()->set_coupon_id("c-78"); }, "coupons[2]"},
      {"65 coupons",
       [](R& r) {
         while (r.coupons_size() <= 64) r.add_coupons()->set_code(CodeOf(100 + r.coupons_size()));
       },
       "coupons"},
      {"a request_id and nothing to reserve", [](R& r) { r.set_request_id(kRequestId); }, "request_id"},
      {"a reservation without request_id", [](R& r) { r.mutable_reserve_ttl()->set_seconds(60); },
       "request_id"},
  };
  ExpectRefused(GoodOptimize(), cases, ParseIt<R>);
}

TEST(BadJudgement, NamesTheFieldOfAChoiceThatReserves) {
  using R = pb::OptimizeCouponsRequest;
  R good = GoodOptimize();
  good.set_request_id(kRequestId);
  good.mutable_reserve_ttl()->set_seconds(60);
  std::vector<Spoiled<R>> cases = {
      {"ttl 0", [](R& r) { r.mutable_reserve_ttl()->set_seconds(0); }, "reserve_ttl"},
      {"ttl over 7 days", [](R& r) { r.mutable_reserve_ttl()->set_seconds(604'801); }, "reserve_ttl"},
      {"ttl in microseconds", [](R& r) { r.mutable_reserve_ttl()->set_nanos(1'000); }, "reserve_ttl"},
  };
  AddRequestIdCases(cases);
  ExpectRefused(good, cases, ParseIt<R>);
  EXPECT_EQ(Parse(good)->reserve->ttl_ms, 60'000);
  EXPECT_FALSE(Parse(GoodOptimize())->reserve);
}

TEST(BadJudgement, AChoiceMayBeAmongTheWholeWallet) {
  auto request = GoodOptimize();
  request.clear_coupons();
  request.set_objective(pb::OPTIMIZE_OBJECTIVE_MERCHANT_MIN);
  const auto parsed = Parse(request);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_TRUE(parsed->coupons.empty());
  EXPECT_EQ(parsed->objective, core::Objective::kMerchantMin);
  while (request.coupons_size() < 64) request.add_coupons()->set_code(CodeOf(100 + request.coupons_size()));
  EXPECT_EQ(Parse(request)->coupons.size(), 64u);
}

TEST(BadJudgement, NamesTheFieldOfAListing) {
  using R = pb::ListEligibleCouponsRequest;
  R good;
  good.set_user_id("user-1");
  *good.mutable_order() = GoodOrder();
  const std::vector<Spoiled<R>> cases = {
      {"no user", [](R& r) { r.clear_user_id(); }, "user_id", core::Reason::kSubjectRequired},
      {"user with control", [](R& r) { r.set_user_id("u\x01"); }, "user_id"},
      {"no order", [](R& r) { r.clear_order(); }, "order"},
      {"no currency", [](R& r) { r.mutable_order()->clear_currency_code(); }, "order.currency_code"},
      {"page negative", [](R& r) { r.set_page_size(-1); }, "page_size"},
      {"page too large", [](R& r) { r.set_page_size(501); }, "page_size"},
      {"page far too large", [](R& r) { r.set_page_size(1'001); }, "page_size"},
      {"no such view", [](R& r) { r.set_view(static_cast<pb::EligibleCouponView>(3)); }, "view"},
  };
  ExpectRefused(good, cases, [](const R& r) { return Parse(r); });
  EXPECT_EQ(Parse(good)->page_size, 100);
  EXPECT_FALSE(Parse(good)->with_lines);
  good.set_view(pb::ELIGIBLE_COUPON_VIEW_BASIC);
  EXPECT_FALSE(Parse(good)->with_lines);
  good.set_view(pb::ELIGIBLE_COUPON_VIEW_FULL);
  EXPECT_TRUE(Parse(good)->with_lines);
  good.set_page_size(500);
  EXPECT_EQ(Parse(good)->page_size, 500);
}

TEST(BadJudgement, NamesTheFieldOfAnExplanation) {
  using R = pb::ExplainRedemptionRequest;
  R good;
  good.set_redemption_id(TestRef(3).ToId('r'));
  const std::vector<Spoiled<R>> cases = {
      {"missing", [](R& r) { r.clear_redemption_id(); }, "redemption_id"},
      {"a reservation's", [](R& r) { r.set_redemption_id(TestRef(3).ToId('h')); }, "redemption_id"},
      {"a partition that is none", [](R& r) { r.set_redemption_id(TestRef(16).ToId('r')); }, "redemption_id"},
  };
  ExpectRefused(good, cases, [](const R& r) { return Parse(r, kShape); });
}

}  // namespace
}  // namespace tessera::api
