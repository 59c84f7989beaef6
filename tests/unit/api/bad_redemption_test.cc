#include "api/parse_judgement.h"
#include "api/parse_redemption.h"
#include "core/limits.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

const core::Shape kShape{.partitions = 16, .buckets = 64};

pb::RedeemCouponsRequest GoodRedeem() {
  pb::RedeemCouponsRequest request;
  request.set_request_id(kRequestId);
  request.set_user_id("user-1");
  request.add_coupons()->set_code(CodeOf(77));
  *request.mutable_order() = GoodOrder();
  return request;
}

using Redeem = pb::RedeemCouponsRequest;

// What is wrong with coupons, user and order in any call that has them.
template <class R>
std::vector<Spoiled<R>> UseCases() {
  const auto order = [](std::function<void(pb::Order&)> spoil) {
    return [spoil](R& r) { spoil(*r.mutable_order()); };
  };
  using O = pb::Order;
  std::vector<Spoiled<R>> cases = {
      {"no coupons", [](R& r) { r.clear_coupons(); }, "coupons"},
      {"21 coupons",
       [](R& r) {
         while (r.coupons_size() <= 20) r.add_coupons()->set_code(CodeOf(100 + r.coupons_size()));
       },
       "coupons"},
      {"a code twice", [](R& r) { r.add_coupons()->set_code(CodeOf(77)); }, "coupons[1]"},
      {"an id twice",
       [](R& r) {
         r.add_coupons()->set_coupon_id("c-1");
         r.add_coupons()->set_coupon_id("c-1");
       },
       "coupons[2]"},
      {"the second malformed", [](R& r) { r.add_coupons()->set_coupon_id("1"); }, "coupons[1].coupon_id"},
      {"two codes without user",
       [](R& r) {
         r.clear_user_id();
         r.add_coupons()->set_code(CodeOf(78));
       },
       "user_id", core::Reason::kSubjectRequired},
      {"no reference", [](R& r) { r.mutable_coupons(0)->clear_ref(); }, "coupons[0]"},
      {"malformed id", [](R& r) { r.mutable_coupons(0)->set_coupon_id("77"); }, "coupons[0].coupon_id"},
      {"id without user",
       [](R& r) {
         r.clear_user_id();
         r.mutable_coupons(0)->set_coupon_id("c-77");
       },
       "user_id", core::Reason::kSubjectRequired},
      {"user too long", [](R& r) { r.set_user_id(std::string(129, 'u')); }, "user_id"},
      {"user with control", [](R& r) { r.set_user_id("u\x01"); }, "user_id"},
      {"no order", [](R& r) { r.clear_order(); }, "order"},
      {"no currency", order([](O& o) { o.clear_currency_code(); }), "order.currency_code"},
      {"unknown currency", order([](O& o) { o.set_currency_code("XXX"); }), "order.currency_code"},
      {"no lines", order([](O& o) { o.clear_lines(); }), "order.lines"},
      {"501 lines", order([](O& o) {
         while (o.lines_size() <= 500) {
           *o.add_lines() = o.lines(0);
           o.mutable_lines(o.lines_size() - 1)->set_line_id("more-" + std::to_string(o.lines_size()));
         }
       }),
       "order.lines"},
      {"a line twice", order([](O& o) { o.mutable_lines(2)->set_line_id("line-0"); }),
       "order.lines[2].line_id"},
      {"quantity 0", order([](O& o) { o.mutable_lines(2)->set_quantity(0); }), "order.lines[2].quantity"},
      {"quantity negative", order([](O& o) { o.mutable_lines(2)->set_quantity(-1); }),
       "order.lines[2].quantity"},
      {"quantity too large", order([](O& o) { o.mutable_lines(2)->set_quantity(1'000'001); }),
       "order.lines[2].quantity"},
      {"price negative", order([](O& o) { o.mutable_lines(1)->set_unit_price_minor(-1); }),
       "order.lines[1].unit_price_minor"},
      {"price too large", order([](O& o) { o.mutable_lines(1)->set_unit_price_minor(core::kAmountMax + 1); }),
       "order.lines[1].unit_price_minor"},
      {"a line overflows", order([](O& o) {
         o.mutable_lines(1)->set_quantity(1'000'000);
         o.mutable_lines(1)->set_unit_price_minor(core::kAmountMax);
       }),
       "order.lines[1]"},
      {"the sum overflows", order([](O& o) { o.mutable_lines(0)->set_unit_price_minor(core::kAmountMax); }),
       "order.lines[1]"},
      {"the sum overflows with the shipping", order([](O& o) { o.set_shipping_minor(core::kAmountMax); }),
       "order.lines[0]"},
      {"shipping negative", order([](O& o) { o.set_shipping_minor(-1); }), "order.shipping_minor"},
      {"shipping too large", order([](O& o) { o.set_shipping_minor(core::kAmountMax + 1); }),
       "order.shipping_minor"},
      {"floor negative", order([](O& o) { o.mutable_lines(2)->set_unit_floor_minor(-1); }),
       "order.lines[2].unit_floor_minor"},
      {"floor too large", order([](O& o) { o.mutable_lines(2)->set_unit_floor_minor(core::kAmountMax + 1); }),
       "order.lines[2].unit_floor_minor"},
      {"category empty", order([](O& o) { o.mutable_lines(0)->add_categories(""); }),
       "order.lines[0].categories[0]"},
      {"category too long", order([](O& o) {
         o.mutable_lines(0)->add_categories("shoes");
         o.mutable_lines(0)->add_categories(std::string(65, 'c'));
       }),
       "order.lines[0].categories[1]"},
      {"category with control", order([](O& o) { o.mutable_lines(0)->add_categories("a\nb"); }),
       "order.lines[0].categories[0]"},
      {"21 categories", order([](O& o) {
         for (int i = 0; i < 21; ++i) o.mutable_lines(0)->add_categories("c" + std::to_string(i));
       }),
       "order.lines[0].categories"},
      {"merchant too long", order([](O& o) { o.set_merchant(std::string(65, 'm')); }), "order.merchant"},
      {"merchant with control", order([](O& o) { o.set_merchant("m\x01"); }), "order.merchant"},
      {"store too long", order([](O& o) { o.set_store(std::string(65, 's')); }), "order.store"},
      {"store with control", order([](O& o) { o.set_store("s\t"); }), "order.store"},
      {"channel too long", order([](O& o) { o.set_channel(std::string(65, 'c')); }), "order.channel"},
      {"channel with control", order([](O& o) { o.set_channel("\x7f"); }), "order.channel"},
      {"payment method too long", order([](O& o) { o.set_payment_method(std::string(65, 'p')); }),
       "order.payment_method"},
      {"payment method with control", order([](O& o) { o.set_payment_method("a\rb"); }),
       "order.payment_method"},
      {"attribute empty", order([](O& o) { o.add_user_attributes(""); }), "order.user_attributes[0]"},
      {"attribute without value", order([](O& o) {
         o.add_user_attributes("tier=gold");
         o.add_user_attributes("gold");
       }),
       "order.user_attributes[1]"},
      {"attribute too long", order([](O& o) { o.add_user_attributes("tier=" + std::string(60, 'g')); }),
       "order.user_attributes[0]"},
      {"51 attributes", order([](O& o) {
         for (int i = 0; i < 51; ++i) o.add_user_attributes("a=" + std::to_string(i));
       }),
       "order.user_attributes"},
      {"completed orders negative", order([](O& o) { o.set_completed_orders(-1); }),
       "order.completed_orders"},
      {"completed orders too many", order([](O& o) { o.set_completed_orders(1'000'000'001); }),
       "order.completed_orders"},
  };
  AddNameCases<R>(cases, "order.order_id", core::limits::kOrderIdLengthMax,
                  [](R& r) { return r.mutable_order()->mutable_order_id(); });
  AddNameCases<R>(cases, "order.lines[1].line_id", core::limits::kLineIdLengthMax,
                  [](R& r) { return r.mutable_order()->mutable_lines(1)->mutable_line_id(); });
  AddNameCases<R>(cases, "order.lines[1].sku", core::limits::kSkuLengthMax,
                  [](R& r) { return r.mutable_order()->mutable_lines(1)->mutable_sku(); });
  return cases;
}

// As handlers do: the code is read when all else was found right.
template <class R>
core::Result<core::CouponName> ParseAndOpen(const R& request) {
  const auto parsed = Parse(request);
  if (!parsed.ok()) return parsed.error();
  return Opened(parsed->coupons.front());
}

template <class R>
Spoiled<R> BadCode() {
  return {"forged code", [](R& r) { r.mutable_coupons(0)->set_code("0000-0000-0000-0000"); },
          "coupons[0].code", core::Reason::kInvalidCode};
}

TEST(BadRedemption, NamesTheFieldOfARedemption) {
  auto cases = UseCases<Redeem>();
  AddRequestIdCases(cases);
  cases.push_back(BadCode<Redeem>());
  cases.push_back({"forged code and no order",
                   [](Redeem& r) {
                     BadCode<Redeem>().spoil(r);
                     r.clear_order();
                   },
                   "order"});
  ExpectRefused(GoodRedeem(), cases, ParseAndOpen<Redeem>);
}

TEST(BadRedemption, NamesTheFieldOfAReservation) {
  using R = pb::ReserveCouponsRequest;
  R good;
  ASSERT_TRUE(good.ParseFromString(GoodRedeem().SerializeAsString()));
  good.mutable_ttl()->set_seconds(900);
  auto cases = UseCases<R>();
  AddRequestIdCases(cases);
  cases.push_back(BadCode<R>());
  const std::vector<Spoiled<R>> more = {
      {"no ttl", [](R& r) { r.clear_ttl(); }, "ttl"},
      {"ttl 0", [](R& r) { r.mutable_ttl()->set_seconds(0); }, "ttl"},
      {"ttl negative", [](R& r) { r.mutable_ttl()->set_seconds(-900); }, "ttl"},
      {"ttl below a second",
       [](R& r) {
         r.mutable_ttl()->set_seconds(0);
         r.mutable_ttl()->set_nanos(999'000'000);
       },
       "ttl"},
      {"ttl over 7 days",
       [](R& r) { r.mutable_ttl()->set_nanos(1'000'000), r.mutable_ttl()->set_seconds(604'800); }, "ttl"},
      {"ttl overflows", [](R& r) { r.mutable_ttl()->set_seconds(INT64_MAX); }, "ttl"},
      {"ttl in microseconds", [](R& r) { r.mutable_ttl()->set_nanos(1'000); }, "ttl"},
  };
  cases.insert(cases.end(), more.begin(), more.end());
  ExpectRefused(good, cases, ParseAndOpen<R>);
  for (const int64_t seconds : {int64_t{1}, int64_t{604'800}}) {
    good.mutable_ttl()->set_seconds(seconds);
    EXPECT_EQ(Parse(good)->ttl_ms, seconds * 1000);
  }
}

TEST(BadRedemption, NamesTheFieldOfAValidation) {
  using R = pb::ValidateCouponsRequest;
  R good;
  good.set_user_id("user-1");
  good.add_coupons()->set_code(CodeOf(77));
  *good.mutable_order() = GoodOrder();
  auto cases = UseCases<R>();
  cases.push_back(BadCode<R>());
  ExpectRefused(good, cases, ParseAndOpen<R>);
}

TEST(BadRedemption, TwentyCouponsAreTaken) {
  Redeem request = GoodRedeem();
  while (request.coupons_size() < 20) request.add_coupons()->set_code(CodeOf(100 + request.coupons_size()));
  request.set_partial(true);
  const auto parsed = Parse(request);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->coupons.size(), 20u);
  EXPECT_TRUE(parsed->partial);
  EXPECT_FALSE(Parse(GoodRedeem())->partial);
}

TEST(BadRedemption, TheBearerOfACodeNeedsNoUser) {
  Redeem request = GoodRedeem();
  request.clear_user_id();
  const auto parsed = Parse(request);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_FALSE(parsed->user_id.has_value());
  EXPECT_EQ(std::get<core::CouponNumber>(*Opened(parsed->coupons[0])).value, 77u);
  EXPECT_EQ(parsed->order.SubtotalMinor(), 6'000);
}

TEST(BadRedemption, NamesTheFieldOfACommit) {
  using R = pb::CommitReservationRequest;
  R good;
  good.set_request_id(kRequestId);
  good.set_reservation_id(TestRef(15).ToId('h'));
  good.set_order_id("order-1");
  good.mutable_discount()->set_currency_code("EUR");
  good.mutable_discount()->set_amount_minor(750);
  std::vector<Spoiled<R>> cases = {
      {"no reservation", [](R& r) { r.clear_reservation_id(); }, "reservation_id"},
      {"a redemption's id", [](R& r) { r.set_reservation_id(TestRef(15).ToId('r')); }, "reservation_id"},
      {"a partition that is none", [](R& r) { r.set_reservation_id(TestRef(16).ToId('h')); },
       "reservation_id"},
      {"capital letters", [](R& r) { r.mutable_reservation_id()->back() = 'Z'; }, "reservation_id"},
      {"no discount", [](R& r) { r.clear_discount(); }, "discount"},
      {"discount negative", [](R& r) { r.mutable_discount()->set_amount_minor(-1); },
       "discount.amount_minor"},
      {"discount too large", [](R& r) { r.mutable_discount()->set_amount_minor(INT64_MAX); },
       "discount.amount_minor"},
      {"no currency", [](R& r) { r.mutable_discount()->clear_currency_code(); }, "discount.currency_code"},
  };
  AddRequestIdCases(cases);
  AddNameCases<R>(cases, "order_id", core::limits::kOrderIdLengthMax,
                  [](R& r) { return r.mutable_order_id(); });
  ExpectRefused(good, cases, [](const R& r) { return Parse(r, kShape); });
}

TEST(BadRedemption, NamesTheFieldOfReleaseRollbackAndGet) {
  using L = pb::ReleaseReservationRequest;
  L release;
  release.set_request_id(kRequestId);
  release.set_reservation_id(TestRef(3).ToId('h'));
  std::vector<Spoiled<L>> releases = {
      {"nonsense", [](L& r) { r.set_reservation_id("h-1"); }, "reservation_id"}};
  AddRequestIdCases(releases);
  ExpectRefused(release, releases, [](const L& r) { return Parse(r, kShape); });

  using B = pb::RollbackRedemptionRequest;
  B rollback;
  rollback.set_request_id(kRequestId);
  rollback.set_redemption_id(TestRef(3).ToId('r'));
  std::vector<Spoiled<B>> rollbacks = {
      {"nonsense", [](B& r) { r.set_redemption_id("r-1"); }, "redemption_id"}};
  AddRequestIdCases(rollbacks);
  ExpectRefused(rollback, rollbacks, [](const B& r) { return Parse(r, kShape); });
  EXPECT_TRUE(Parse(rollback, kShape)->lines.empty());

  using G = pb::GetRedemptionRequest;
  G get;
  get.set_redemption_id(TestRef(3).ToId('r'));
  const std::vector<Spoiled<G>> gets = {
      {"missing", [](G& r) { r.clear_redemption_id(); }, "redemption_id"},
      {"a reservation's", [](G& r) { r.set_redemption_id(TestRef(3).ToId('h')); }, "redemption_id"},
  };
  ExpectRefused(get, gets, [](const G& r) { return Parse(r, kShape); });
}

TEST(BadRedemption, NamesTheFieldOfAReturnInPart) {
  using B = pb::RollbackRedemptionRequest;
  B good;
  good.set_request_id(kRequestId);
  good.set_redemption_id(TestRef(3).ToId('r'));
  for (const char* line_id : {"line-0", "line-1"}) {
    good.add_lines()->set_line_id(line_id);
    good.mutable_lines()->rbegin()->set_quantity(2);
  }
  good.set_shipping(true);
  std::vector<Spoiled<B>> cases = {
      {"no pieces", [](B& r) { r.mutable_lines(1)->set_quantity(0); }, "lines[1].quantity"},
      {"pieces negative", [](B& r) { r.mutable_lines(1)->set_quantity(-1); }, "lines[1].quantity"},
      {"too many pieces", [](B& r) { r.mutable_lines(1)->set_quantity(1'000'001); }, "lines[1].quantity"},
      {"a line twice", [](B& r) { r.mutable_lines(1)->set_line_id("line-0"); }, "lines[1].line_id"},
      {"501 lines",
       [](B& r) {
         while (r.lines_size() <= 500) r.add_lines()->set_line_id("more-" + std::to_string(r.lines_size()));
       },
       "lines"},
      {"a coupon besides", [](B& r) { r.set_coupon_id("c-1"); }, "coupon_id"},
      {"a coupon besides shipping",
       [](B& r) {
         r.clear_lines();
         r.set_coupon_id("c-1");
       },
       "coupon_id"},
      {"malformed coupon",
       [](B& r) {
         r.clear_lines();
         r.clear_shipping();
         r.set_coupon_id("1");
       },
       "coupon_id"},
  };
  AddNameCases<B>(cases, "lines[1].line_id", core::limits::kLineIdLengthMax,
                  [](B& r) { return r.mutable_lines(1)->mutable_line_id(); });
  ExpectRefused(good, cases, [](const B& r) { return Parse(r, kShape); });
  const auto parsed = Parse(good, kShape);
  ASSERT_EQ(parsed->lines.size(), 2u);
  EXPECT_EQ(parsed->lines[1].line_id, "line-1");
  EXPECT_EQ(parsed->lines[1].quantity, 2);
  EXPECT_TRUE(parsed->shipping);
  EXPECT_FALSE(parsed->coupon);
  good.clear_lines();
  good.clear_shipping();
  good.set_coupon_id("c-77");
  EXPECT_EQ(Parse(good, kShape)->coupon, core::CouponNumber{77});
}

}  // namespace
}  // namespace tessera::api
