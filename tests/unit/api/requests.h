#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "api/coupon_ref.h"
#include "core/code.h"
#include "core/result.h"
#include "coupon/v1/campaign_service.pb.h"
#include "coupon/v1/issuer_service.pb.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "crypto/code_keys.h"
#include "crypto/key_file.h"

// Good requests for tests to spoil, and what makes them readable.
namespace tessera::api {

namespace pb = coupon::v1;

inline constexpr char kRequestId[] = "0190a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b";

inline const crypto::KeyFile& TestKeys() {
  static const crypto::KeyFile keys = [] {
    const std::string hex(64, 'a');
    std::string text;
    for (const char* purpose : {"user", "code", "request", "token"})
      text += std::string(purpose) + " 1 " + hex + " current\n";
    return *crypto::KeyFile::Parse(text, "test keys");
  }();
  return keys;
}

inline const core::CodeBook& TestCodes() {
  static const core::CodeBook codes = crypto::MakeCodeBook(TestKeys());
  return codes;
}

inline std::string CodeOf(uint64_t number, core::CodeKind kind = core::CodeKind::kCoupon) {
  core::CodeContent content;
  content.kind = kind;
  content.number = number;
  return TestCodes().Make(content);
}

// As handlers read what a request names, once all else in it was found right.
inline core::Result<core::CouponName> Opened(const TypedCoupon& coupon) {
  if (const auto* number = std::get_if<core::CouponNumber>(&coupon)) return core::CouponName(*number);
  return OpenCode(std::get<TypedCode>(coupon), TestCodes());
}

inline core::OpRef TestRef(uint32_t partition) {
  core::OpRef ref;
  ref.partition = partition;
  ref.retention = core::Retention::kLong;
  ref.period = 20'000;
  ref.field.fill(7);
  return ref;
}

inline pb::CampaignDefinition GoodDefinition() {
  pb::CampaignDefinition definition;
  definition.set_display_name("Spring");
  definition.set_currency_code("EUR");
  definition.set_time_zone("Europe/Berlin");
  definition.mutable_offer()->mutable_percent_off()->set_basis_points(1'250);
  definition.mutable_offer()->mutable_percent_off()->set_cap_minor(2'000);
  definition.mutable_offer()->set_minimum_spend_minor(5'000);
  definition.mutable_claim_window()->mutable_start_time()->set_seconds(1'700'000'000);
  definition.mutable_claim_window()->mutable_end_time()->set_seconds(1'800'000'000);
  definition.mutable_use_window()->mutable_start_time()->set_seconds(1'700'000'000);
  definition.mutable_use_window()->mutable_end_time()->set_seconds(1'900'000'000);
  definition.mutable_limits()->set_stock_total(1'000);
  definition.mutable_limits()->set_stock_per_day(100);
  definition.mutable_limits()->set_per_user_total(3);
  definition.mutable_limits()->set_per_user_per_day(1);
  definition.mutable_use_limits()->set_budget_total_minor(1'000'000);
  definition.mutable_use_limits()->set_budget_per_day_minor(50'000);
  definition.mutable_use_limits()->set_budget_clips(true);
  definition.mutable_use_limits()->set_uses_per_user_total(9);
  definition.mutable_use_limits()->set_uses_per_user_per_day(2);
  definition.mutable_use_limits()->set_uses_per_user_per_week(4);
  definition.mutable_use_limits()->set_uses_per_user_per_month(6);
  definition.set_pause_scope(pb::PAUSE_SCOPE_ISSUE_AND_REDEEM);
  definition.set_restore_policy(pb::RESTORE_POLICY_KEEP_USED);
  definition.set_threshold_loss(pb::THRESHOLD_LOSS_PRORATE);
  return definition;
}

inline pb::Order GoodOrder() {
  pb::Order order;
  order.set_order_id("order-1");
  order.set_currency_code("EUR");
  for (int i = 0; i < 3; ++i) {
    pb::OrderLine* line = order.add_lines();
    line->set_line_id("line-" + std::to_string(i));
    line->set_sku("sku-" + std::to_string(i));
    line->set_quantity(i + 1);
    line->set_unit_price_minor(1'000);
  }
  return order;
}

// One way to spoil a good request, and the path that the refusal must name.
template <class Request>
struct Spoiled {
  const char* name;
  std::function<void(Request&)> spoil;
  std::string path;
  core::Reason reason = core::Reason::kInvalidField;
};

inline std::string FieldOf(const core::Error& error) {
  for (const auto& [key, value] : error.metadata) {
    if (key == "field") return value;
  }
  return "(none)";
}

// Each case, and that the request was good before it was spoiled.
template <class Request, class Parse>
void ExpectRefused(const Request& good, const std::vector<Spoiled<Request>>& cases, Parse parse) {
  const auto untouched = parse(good);
  ASSERT_TRUE(untouched.ok()) << untouched.error().message;
  for (const Spoiled<Request>& c : cases) {
    SCOPED_TRACE(c.name);
    Request request = good;
    c.spoil(request);
    const auto parsed = parse(request);
    if (parsed.ok()) {
      ADD_FAILURE() << "was taken";
      continue;
    }
    EXPECT_EQ(parsed.error().reason, c.reason) << parsed.error().message;
    EXPECT_EQ(FieldOf(parsed.error()), c.path) << parsed.error().message;
  }
}

// Ways to spoil a request_id, which every changing request has.
template <class Request>
void AddRequestIdCases(std::vector<Spoiled<Request>>& cases) {
  const auto set = [](std::string text) { return [text](Request& r) { r.set_request_id(text); }; };
  cases.push_back({"request_id missing", set(""), "request_id"});
  cases.push_back({"request_id no UUID", set("not a uuid"), "request_id"});
  cases.push_back({"request_id too short", set("0190a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6"), "request_id"});
  cases.push_back({"request_id too long", set("0190a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b0"), "request_id"});
  cases.push_back({"request_id nil", set("00000000-0000-0000-0000-000000000000"), "request_id"});
  cases.push_back({"request_id braces", set("{190a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6}"), "request_id"});
}

// Ways to spoil a name of at most `bytes_max` bytes.
template <class Request>
void AddNameCases(std::vector<Spoiled<Request>>& cases, const std::string& path, size_t bytes_max,
                  std::function<std::string*(Request&)> name) {
  const auto set = [name](std::string text) { return [name, text](Request& r) { *name(r) = text; }; };
  cases.push_back({"name empty", set(""), path});
  cases.push_back({"name too long", set(std::string(bytes_max + 1, 'x')), path});
  cases.push_back({"name with NUL", set(std::string("a\0b", 3)), path});
  cases.push_back({"name with line feed", set("a\nb"), path});
  cases.push_back({"name with DEL", set("a\x7f"), path});
  cases.push_back({"name with C1", set("a\xc2\x85"), path});
  cases.push_back({"name not UTF-8", set("a\xff"), path});
  cases.push_back({"name overlong UTF-8", set("\xc0\xaf"), path});
  cases.push_back({"name surrogate", set("\xed\xa0\x80"), path});
  cases.push_back({"name cut UTF-8", set("\xe2\x82"), path});
}

// Ways to spoil a campaign_id.
template <class Request>
void AddCampaignIdCases(std::vector<Spoiled<Request>>& cases, bool may_be_empty = false) {
  const auto set = [](std::string text) { return [text](Request& r) { r.set_campaign_id(text); }; };
  if (!may_be_empty) cases.push_back({"campaign_id empty", set(""), "campaign_id"});
  cases.push_back({"campaign_id too long", set(std::string(64, 'a')), "campaign_id"});
  cases.push_back({"campaign_id upper case", set("Spring"), "campaign_id"});
  cases.push_back({"campaign_id digit first", set("1spring"), "campaign_id"});
  cases.push_back({"campaign_id dash last", set("spring-"), "campaign_id"});
  cases.push_back({"campaign_id blank", set("spring sale"), "campaign_id"});
  cases.push_back({"campaign_id braces", set("spring{1}"), "campaign_id"});
  cases.push_back({"campaign_id control", set("spring\n"), "campaign_id"});
}

}  // namespace tessera::api
