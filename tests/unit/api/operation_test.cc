#include "api/operation_maker.h"

#include <cctype>
#include <set>

#include "api/canonical_bytes.h"
#include "api/parse_operation.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

using storage::Method;

const core::Shape kShape{.partitions = 16, .buckets = 64};

const crypto::UserKeyMaker& Users() {
  static const crypto::UserKeyMaker users(TestKeys());
  return users;
}

const OperationMaker& Maker() {
  static const crypto::RequestDigests digests(TestKeys());
  static const OperationMaker maker(digests, kShape,
                                    [](std::string_view id) { return static_cast<uint32_t>(id.size()); });
  return maker;
}

core::RequestId Id(const char* text = kRequestId) { return *core::RequestId::Parse(text, "request_id"); }

pb::ClaimCouponRequest Claim(const std::string& campaign_id) {
  pb::ClaimCouponRequest request;
  request.set_request_id(kRequestId);
  request.set_campaign_id(campaign_id);
  request.set_user_id("user-1");
  return request;
}

TEST(CanonicalBytes, LeaveOutTheRequestIdAndNothingElse) {
  pb::ClaimCouponRequest request = Claim("spring");
  const std::string body = CanonicalBytes(request);
  request.set_request_id(
      "another, and of another length, so that its length takes two bytes to be written: " +
      std::string(200, 'x'));
  EXPECT_EQ(CanonicalBytes(request), body);
  request.clear_request_id();
  EXPECT_EQ(CanonicalBytes(request), body);
  EXPECT_EQ(request.SerializeAsString(), body);
  request.set_user_id("user-2");
  EXPECT_NE(CanonicalBytes(request), body);
  EXPECT_EQ(CanonicalBytes(pb::ClaimCouponRequest()), "");
}

TEST(OperationMaker, TheIdentityIsCallerMethodSubjectAndRequestId) {
  const core::UserKey user = Users().MakeUserKey("user-1");
  const Asker shop{"shop", {}};
  const auto base = Maker().Make(Method::kClaimCoupon, user, Id(), Claim("spring"), shop);
  EXPECT_EQ(Maker().Make(Method::kClaimCoupon, user, Id(), Claim("spring"), shop).field, base.field);
  const auto other_body = Maker().Make(Method::kClaimCoupon, user, Id(), Claim("autumn"), shop);
  EXPECT_EQ(other_body.field, base.field);
  EXPECT_NE(other_body.body, base.body);
  const Asker crm{"crm", {}};
  EXPECT_NE(Maker().Make(Method::kClaimCoupon, user, Id(), Claim("spring"), crm).field, base.field);
  EXPECT_NE(Maker().Make(Method::kIssueCoupon, user, Id(), Claim("spring"), shop).field, base.field);
  const core::UserKey other_user = Users().MakeUserKey("user-2");
  EXPECT_NE(Maker().Make(Method::kClaimCoupon, other_user, Id(), Claim("spring"), shop).field, base.field);
  const core::RequestId other_id = Id("0190a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6c");
  EXPECT_NE(Maker().Make(Method::kClaimCoupon, user, other_id, Claim("spring"), shop).field, base.field);
  ASSERT_TRUE(base.id_time_ms.has_value());
  EXPECT_EQ(*base.id_time_ms, 0x0190a2b45c6d);
}

TEST(OperationMaker, AQuestionFindsWhatTheCallRecorded) {
  const Asker shop{"shop", {}};
  core::CouponNumber coupon;
  coupon.value = 16 * 5 + 9;
  const std::vector<std::pair<Subject, uint32_t>> subjects = {
      {Users().MakeUserKey("user-1"), Users().MakeUserKey("user-1").partition(kShape)},
      {coupon, 9},
      {core::CodeNumber::Of(kShape, 3, 16 * 5 + 8), 8},
      {CampaignSubject{"spring"}, 6},
      {ReservationSubject{TestRef(11)}, 11},
      {RedemptionSubject{TestRef(12)}, 12}};
  std::set<std::array<uint8_t, 12>> fields;
  for (const auto& [subject, partition] : subjects) {
    const auto made = Maker().Make(Method::kRedeemCoupons, subject, Id(), Claim("spring"), shop);
    const auto query = Maker().Query(Method::kRedeemCoupons, subject, Id(), shop);
    EXPECT_EQ(query.field, made.field);
    EXPECT_EQ(query.partition, partition);
    EXPECT_EQ(query.id_time_ms, made.id_time_ms);
    EXPECT_TRUE(fields.insert(made.field).second);
  }
}

TEST(OperationMaker, DerivesCampaignIdsThatAreOnes) {
  const std::string id = Maker().DeriveCampaignId("shop", Id());
  EXPECT_EQ(id, Maker().DeriveCampaignId("shop", Id()));
  EXPECT_NE(id, Maker().DeriveCampaignId("crm", Id()));
  EXPECT_EQ(id.size(), 25u);
  pb::OperationKey asked;
  asked.set_request_id(kRequestId);
  asked.set_method(pb::METHOD_CREATE_CAMPAIGN);
  asked.set_campaign_id(id);
  EXPECT_TRUE(Parse(asked, {Users(), kShape}).ok());
}

pb::OperationKey GoodKey() {
  pb::OperationKey key;
  key.set_request_id(kRequestId);
  key.set_method(pb::METHOD_CLAIM_COUPON);
  key.set_user_id("user-1");
  return key;
}

core::Result<OperationKey> ParseKey(const pb::OperationKey& key) { return Parse(key, {Users(), kShape}); }

TEST(ParseOperation, NamesTheField) {
  using K = pb::OperationKey;
  const std::vector<Spoiled<K>> cases = {
      {"no request_id", [](K& k) { k.clear_request_id(); }, "operation.request_id"},
      {"no method", [](K& k) { k.clear_method(); }, "operation.method"},
      {"unknown method", [](K& k) { k.set_method(static_cast<pb::Method>(99)); }, "operation.method"},
      {"no subject", [](K& k) { k.clear_subject(); }, "operation"},
      {"subject of another kind", [](K& k) { k.set_campaign_id("spring"); }, "operation"},
      {"empty user", [](K& k) { k.set_user_id(""); }, "operation.user_id"},
      {"malformed campaign",
       [](K& k) {
         k.set_method(pb::METHOD_PAUSE_CAMPAIGN);
         k.set_campaign_id("Not An Id");
       },
       "operation.campaign_id"},
      {"update without campaign",
       [](K& k) {
         k.set_method(pb::METHOD_UPDATE_CAMPAIGN);
         k.clear_subject();
       },
       "operation"},
      {"malformed reservation",
       [](K& k) {
         k.set_method(pb::METHOD_COMMIT_RESERVATION);
         k.set_reservation_id(TestRef(3).ToId('r'));
       },
       "operation.reservation_id"},
      {"redemption of a partition that is none",
       [](K& k) {
         k.set_method(pb::METHOD_ROLLBACK_REDEMPTION);
         k.set_redemption_id(TestRef(16).ToId('r'));
       },
       "operation.redemption_id"},
      {"code too long",
       [](K& k) {
         k.set_method(pb::METHOD_REDEEM_COUPONS);
         k.mutable_coupon()->set_code(std::string(65, '7'));
       },
       "operation.coupon.code"},
  };
  ExpectRefused(GoodKey(), cases, ParseKey);
}

TEST(ParseOperation, TakesEveryMethodWithItsSubject) {
  for (int number = 1; number < pb::Method_ARRAYSIZE; ++number) {
    pb::OperationKey key;
    key.set_request_id(kRequestId);
    key.set_method(static_cast<pb::Method>(number));
    int taken = 0;
    const auto try_subject = [&](auto set) {
      set();
      const auto parsed = ParseKey(key);
      if (!parsed.ok()) return;
      ++taken;
      EXPECT_EQ(ToProto(parsed->method), key.method());
    };
    try_subject([&] { key.set_user_id("user-1"); });
    try_subject([&] { key.set_campaign_id("spring"); });
    try_subject([&] { key.mutable_coupon()->set_coupon_id("c-77"); });
    try_subject([&] { key.set_reservation_id(TestRef(3).ToId('h')); });
    try_subject([&] { key.set_redemption_id(TestRef(3).ToId('r')); });
    const bool user_or_coupon =
        key.method() == pb::METHOD_REDEEM_COUPONS || key.method() == pb::METHOD_RESERVE_COUPONS;
    EXPECT_EQ(taken, user_or_coupon ? 2 : 1) << pb::Method_Name(key.method());
  }
}

TEST(ParseOperation, ACodeIsLeftToBeRead) {
  pb::OperationKey key = GoodKey();
  key.set_method(pb::METHOD_REDEEM_COUPONS);
  key.mutable_coupon()->set_code("0000-0000-0000-0000");
  const auto parsed = ParseKey(key);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->code, (TypedCode{"0000-0000-0000-0000", "operation.coupon.code"}));
  key.mutable_coupon()->set_coupon_id("c-77");
  const auto by_id = ParseKey(key);
  ASSERT_TRUE(by_id.ok()) << by_id.error().message;
  EXPECT_EQ(by_id->code, std::nullopt);
  EXPECT_EQ(std::get<core::CouponNumber>(by_id->subject).value, 77u);
}

TEST(ParseOperation, ACreationMayNameNoCampaign) {
  pb::OperationKey key = GoodKey();
  key.set_method(pb::METHOD_CREATE_CAMPAIGN);
  key.clear_subject();
  const auto parsed = ParseKey(key);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(std::get<CampaignSubject>(parsed->subject).campaign_id, "");
}

TEST(ParseOperation, MethodsAreNamedAlike) {
  std::set<int> numbers;
  for (int i = 0; i + 1 < pb::Method_ARRAYSIZE; ++i) {
    const auto method = static_cast<Method>(i);
    const auto words = [&] {
      std::string name;
      bool upper = true;
      for (const char c : pb::Method_Name(ToProto(method)).substr(sizeof("METHOD_") - 1)) {
        if (c != '_') name.push_back(upper ? c : static_cast<char>(std::tolower(c)));
        upper = c == '_';
      }
      return name;
    }();
    EXPECT_EQ(storage::MethodName(method), words);
    EXPECT_TRUE(numbers.insert(ToProto(method)).second);
  }
  EXPECT_EQ(numbers.size(), static_cast<size_t>(pb::Method_ARRAYSIZE) - 1);
}

}  // namespace
}  // namespace tessera::api
