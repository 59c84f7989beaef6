#include "api/parse_coupon.h"

#include <cctype>

#include "core/limits.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

template <class Request>
void ExpectIssueChecked() {
  Request good;
  good.set_request_id(kRequestId);
  good.set_campaign_id("spring");
  good.set_user_id("user-1");
  std::vector<Spoiled<Request>> cases;
  AddRequestIdCases(cases);
  AddCampaignIdCases(cases);
  AddNameCases<Request>(cases, "user_id", core::limits::kUserIdLengthMax,
                        [](Request& r) { return r.mutable_user_id(); });
  ExpectRefused(good, cases, [](const Request& r) { return Parse(r); });
}

TEST(BadCoupon, NamesTheFieldOfAnIssue) { ExpectIssueChecked<pb::IssueCouponRequest>(); }
TEST(BadCoupon, NamesTheFieldOfAClaim) { ExpectIssueChecked<pb::ClaimCouponRequest>(); }

pb::BatchIssueCouponsRequest GoodBatch(size_t items) {
  pb::BatchIssueCouponsRequest request;
  request.set_request_id(kRequestId);
  request.set_campaign_id("spring");
  for (size_t i = 0; i < items; ++i) request.add_items()->set_user_id("user-" + std::to_string(i));
  return request;
}

TEST(BadCoupon, NamesTheFieldOfABatch) {
  using R = pb::BatchIssueCouponsRequest;
  std::vector<Spoiled<R>> cases = {
      {"no items", [](R& r) { r.clear_items(); }, "items"},
      {"1,001 items", [](R& r) { r = GoodBatch(1'001); }, "items"},
      {"a user twice", [](R& r) { r.mutable_items(2)->set_user_id("user-0"); }, "items[2].user_id"},
  };
  AddRequestIdCases(cases);
  AddCampaignIdCases(cases);
  AddNameCases<R>(cases, "items[1].user_id", core::limits::kUserIdLengthMax,
                  [](R& r) { return r.mutable_items(1)->mutable_user_id(); });
  ExpectRefused(GoodBatch(3), cases, [](const R& r) { return Parse(r); });
  EXPECT_TRUE(Parse(GoodBatch(1'000)).ok());
  EXPECT_TRUE(Parse(GoodBatch(1)).ok());
}

TEST(BadCoupon, NamesTheFieldOfAList) {
  using R = pb::ListUserCouponsRequest;
  R good;
  good.set_user_id("user-1");
  std::vector<Spoiled<R>> cases = {
      {"page size negative", [](R& r) { r.set_page_size(-1); }, "page_size"},
      {"page size too large", [](R& r) { r.set_page_size(1'001); }, "page_size"},
      {"unknown state", [](R& r) { r.set_state(static_cast<pb::CouponState>(77)); }, "state"},
  };
  AddCampaignIdCases(cases, /*may_be_empty=*/true);
  AddNameCases<R>(cases, "user_id", core::limits::kUserIdLengthMax, [](R& r) { return r.mutable_user_id(); });
  ExpectRefused(good, cases, [](const R& r) { return Parse(r); });
  EXPECT_EQ(Parse(good)->page_size, core::limits::kPageSizeDefault);
}

core::Result<core::CouponName> ParseAndOpen(const pb::GetCouponRequest& request) {
  const auto coupon = Parse(request);
  if (!coupon.ok()) return coupon.error();
  return Opened(*coupon);
}

TEST(BadCoupon, NamesTheFieldOfAReference) {
  using R = pb::GetCouponRequest;
  R good;
  good.mutable_coupon()->set_code(CodeOf(77));
  std::string typo = CodeOf(77);
  typo[0] = typo[0] == '3' ? '4' : '3';
  const auto invalid = core::Reason::kInvalidCode;
  const std::vector<Spoiled<R>> cases = {
      {"no coupon", [](R& r) { r.clear_coupon(); }, "coupon"},
      {"no reference", [](R& r) { r.mutable_coupon()->clear_ref(); }, "coupon"},
      {"empty code", [](R& r) { r.mutable_coupon()->set_code(""); }, "coupon.code"},
      {"code too long", [](R& r) { r.mutable_coupon()->set_code(std::string(65, '7')); }, "coupon.code"},
      {"code of another key", [](R& r) { r.mutable_coupon()->set_code("0000-0000-0000-0000"); },
       "coupon.code", invalid},
      {"mistyped code", [typo](R& r) { r.mutable_coupon()->set_code(typo); }, "coupon.code", invalid},
      {"code with U", [](R& r) { r.mutable_coupon()->set_code("UUUU-UUUU-UUUU-UUUU"); }, "coupon.code",
       invalid},
      {"empty id", [](R& r) { r.mutable_coupon()->set_coupon_id(""); }, "coupon.coupon_id"},
      {"id of something else", [](R& r) { r.mutable_coupon()->set_coupon_id("r-123"); }, "coupon.coupon_id"},
      {"id with sign", [](R& r) { r.mutable_coupon()->set_coupon_id("c--1"); }, "coupon.coupon_id"},
      {"id with leading zero", [](R& r) { r.mutable_coupon()->set_coupon_id("c-077"); }, "coupon.coupon_id"},
      {"id too large", [](R& r) { r.mutable_coupon()->set_coupon_id("c-99999999999999"); },
       "coupon.coupon_id"},
  };
  ExpectRefused(good, cases, ParseAndOpen);
}

TEST(BadCoupon, ReadsCodesAsPeopleTypeThem) {
  std::string typed = CodeOf(77);
  for (char& c : typed) c = c == '-' ? ' ' : static_cast<char>(std::tolower(c));
  pb::GetCouponRequest request;
  request.mutable_coupon()->set_code(typed);
  const auto name = ParseAndOpen(request);
  ASSERT_TRUE(name.ok()) << name.error().message;
  EXPECT_EQ(std::get<core::CouponNumber>(*name).value, 77u);
}

TEST(BadCoupon, TellsACodeThatBelongsToNobodyFromACouponsOwn) {
  pb::GetCouponRequest request;
  request.mutable_coupon()->set_code(CodeOf(77, core::CodeKind::kUnbound));
  const auto name = ParseAndOpen(request);
  ASSERT_TRUE(name.ok()) << name.error().message;
  EXPECT_EQ(std::get<core::CodeNumber>(*name).value, 77u);
}

TEST(BadCoupon, NamesTheFieldOfCodesToMake) {
  using R = pb::GenerateCodesRequest;
  R good;
  good.set_request_id(kRequestId);
  good.set_campaign_id("spring");
  good.set_count(10'000);
  std::vector<Spoiled<R>> cases = {
      {"no count", [](R& r) { r.clear_count(); }, "count"},
      {"negative count", [](R& r) { r.set_count(-1); }, "count"},
      {"count above the limit", [](R& r) { r.set_count(10'001); }, "count"},
  };
  AddRequestIdCases(cases);
  AddCampaignIdCases(cases);
  ExpectRefused(good, cases, [](const R& r) { return Parse(r); });
}

TEST(BadCoupon, NamesTheFieldOfABinding) {
  using R = pb::BindCodeRequest;
  R good;
  good.set_request_id(kRequestId);
  good.set_code(CodeOf(77, core::CodeKind::kUnbound));
  good.set_user_id("user-1");
  std::vector<Spoiled<R>> cases = {
      {"no code", [](R& r) { r.clear_code(); }, "code"},
      {"code too long", [](R& r) { r.set_code(std::string(65, '7')); }, "code"},
      {"forged code", [](R& r) { r.set_code("0000-0000-0000-0000"); }, "code", core::Reason::kInvalidCode},
      {"forged code and no user",
       [](R& r) {
         r.set_code("0000-0000-0000-0000");
         r.clear_user_id();
       },
       "user_id"},
  };
  AddRequestIdCases(cases);
  AddNameCases<R>(cases, "user_id", core::limits::kUserIdLengthMax, [](R& r) { return r.mutable_user_id(); });
  ExpectRefused(good, cases, [](const R& r) -> core::Result<core::CouponName> {
    const auto parsed = Parse(r);
    if (!parsed.ok()) return parsed.error();
    return Opened(parsed->code);
  });
}

TEST(BadCoupon, NamesTheFieldOfARevocation) {
  using R = pb::RevokeCouponRequest;
  R good;
  good.set_request_id(kRequestId);
  good.mutable_coupon()->set_coupon_id("c-77");
  good.set_reason(pb::REVOKE_REASON_FRAUD);
  std::vector<Spoiled<R>> cases = {
      {"no reason", [](R& r) { r.clear_reason(); }, "reason"},
      {"unknown reason", [](R& r) { r.set_reason(static_cast<pb::RevokeReason>(77)); }, "reason"},
      {"unknown policy", [](R& r) { r.set_reserved_policy(static_cast<pb::ReservedPolicy>(77)); },
       "reserved_policy"},
      {"no coupon", [](R& r) { r.clear_coupon(); }, "coupon"},
  };
  AddRequestIdCases(cases);
  ExpectRefused(good, cases, [](const R& r) { return Parse(r); });
  EXPECT_EQ(Parse(good)->reserved_policy, storage::ReservedPolicy::kWait);
}

}  // namespace
}  // namespace tessera::api
