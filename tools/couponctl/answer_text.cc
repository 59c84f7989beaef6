#include "tools/couponctl/answer_text.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include "core/money.h"
#include "tools/couponctl/message_text.h"
#include "tools/couponctl/table.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

std::string Text(const google::protobuf::Timestamp& instant) {
  return instant.seconds() == 0 && instant.nanos() == 0 ? ""
                                                        : google::protobuf::util::TimeUtil::ToString(instant);
}

std::string Text(const google::protobuf::Duration& duration) {
  return google::protobuf::util::TimeUtil::ToString(duration);
}

// "11.30 EUR"; empty where there is no amount.
std::string Text(const pb::Money& money) {
  if (money.currency_code().empty()) return "";
  const auto currency = core::Currency::Parse(money.currency_code(), "currency_code");
  const int digits = currency.ok() ? currency->exponent() : 0;
  int64_t unit = 1;
  for (int i = 0; i < digits; ++i) unit *= 10;
  const int64_t size = std::abs(money.amount_minor());
  std::string amount = fmt::format("{}{}", money.amount_minor() < 0 ? "-" : "", size / unit);
  if (digits > 0) amount += fmt::format(".{:0{}}", size % unit, digits);
  return amount + " " + money.currency_code();
}

std::string Text(const pb::Refusal& refusal) {
  std::string text = Word(refusal.reason());
  for (const pb::RefusalMetadata& fact : refusal.metadata()) text += " " + fact.key() + "=" + fact.value();
  return text;
}

std::string Count(bool set, int64_t count) { return set ? std::to_string(count) : ""; }

// The one member of the offer's oneof, such as "percent_off {basis_points: 1000}".
std::string Benefit(const pb::Offer& offer) {
  const auto* field = offer.GetReflection()->GetOneofFieldDescriptor(
      offer, pb::Offer::descriptor()->FindOneofByName("benefit"));
  return field == nullptr ? "" : field->name() + " " + FieldText(offer, *field);
}

std::string Window(const pb::TimeWindow& window) {
  if (!window.has_start_time()) return "";
  return Text(window.start_time()) + " to " + Text(window.end_time());
}

// Empty where the answer doesn't tell it.
template <class Enum>
std::string Policy(Enum policy) {
  return policy == 0 ? "" : Word(policy);
}

// What an offer asks for and how it goes together with others: all of it but the benefit.
std::string Conditions(const pb::Offer& offer) {
  std::vector<const google::protobuf::FieldDescriptor*> set;
  offer.GetReflection()->ListFields(offer, &set);
  std::string text;
  for (const auto* field : set) {
    if (field->real_containing_oneof() != nullptr) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", field->name(), FieldText(offer, *field));
  }
  return text;
}

// What all coupons of an order do together, and then the rest of the facts.
template <class Message>
Facts SumsAnd(const Facts& rest, const Message& message) {
  Facts facts = {{"subtotal", Text(message.subtotal())},
                 {"shipping", message.shipping().amount_minor() == 0 ? "" : Text(message.shipping())},
                 {"discount", Text(message.discount())},
                 {"payable", Text(message.payable())}};
  facts.insert(facts.end(), rest.begin(), rest.end());
  return facts;
}

std::string Items(const pb::AppliedCoupon& applied) {
  std::string text;
  for (const pb::LineDiscount& line : applied.lines()) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", line.line_id(), Text(line.discount()));
  }
  if (applied.has_shipping_discount()) {
    text += fmt::format("{}shipping: {}", text.empty() ? "" : ", ", Text(applied.shipping_discount()));
  }
  if (applied.has_added_item()) {
    text += fmt::format("{}adds {} {}", text.empty() ? "" : ", ", applied.added_item().quantity(),
                        applied.added_item().sku());
  }
  return text;
}

// What was used or is held, and what was left out.
template <class Message>
std::string Coupons(const Message& message) {
  Table table({"COUPON", "CAMPAIGN", "DISCOUNT", "OF LINES"});
  for (const pb::AppliedCoupon& applied : message.coupons()) {
    table.Add({applied.coupon_id(), applied.campaign_id(), Text(applied.discount()), Items(applied)});
  }
  for (const pb::LeftOutCoupon& left_out : message.left_out()) {
    table.Add({left_out.coupon_id(), "", "", Text(left_out.refusal())});
  }
  return table.Text();
}

}  // namespace

std::string TextOf(const pb::Campaign& campaign) {
  const pb::CampaignDefinition& definition = campaign.definition();
  const auto field = [&](const char* name) {
    return FieldText(definition, *pb::CampaignDefinition::descriptor()->FindFieldByName(name));
  };
  return Lines({{"campaign", campaign.campaign_id()},
                {"name", definition.display_name()},
                {"state", Word(campaign.state())},
                {"version", std::to_string(campaign.version())},
                {"benefit", Benefit(definition.offer())},
                {"conditions", Conditions(definition.offer())},
                {"currency", definition.currency_code()},
                {"zone", definition.time_zone()},
                {"claimed", Window(definition.claim_window())},
                {"used", Window(definition.use_window())},
                {"validity", field("validity")},
                {"limits", field("limits")},
                {"use limits", field("use_limits")},
                {"pause stops", Policy(definition.pause_scope())},
                {"rollback", Policy(definition.restore_policy())},
                {"lost threshold", Policy(definition.threshold_loss())},
                {"created", Text(campaign.create_time())},
                {"changed", Text(campaign.update_time())}});
}

std::string TextOf(const pb::ListCampaignsResponse& answer) {
  Table table({"CAMPAIGN", "STATE", "VERSION", "BENEFIT", "USED UNTIL"});
  for (const pb::Campaign& campaign : answer.campaigns()) {
    table.Add({campaign.campaign_id(), Word(campaign.state()), std::to_string(campaign.version()),
               Benefit(campaign.definition().offer()), Text(campaign.definition().use_window().end_time())});
  }
  return table.Text();
}

std::string TextOf(const pb::IssuedCoupon& coupon) {
  return Lines({{"coupon", coupon.coupon_id()},
                {"code", coupon.code()},
                {"campaign", coupon.campaign_id()},
                {"from", Text(coupon.start_time())},
                {"until", Text(coupon.expire_time())}});
}

std::string TextOf(const pb::ClaimCouponResponse& answer) {
  const pb::Quota& quota = answer.quota();
  return TextOf(answer.coupon()) +
         Lines({{"can still get", Count(quota.has_remaining_total(), quota.remaining_total())},
                {"today", Count(quota.has_remaining_today(), quota.remaining_today())},
                {"resets", Text(quota.reset_time())}});
}

std::string TextOf(const pb::GenerateCodesResponse& answer) {
  std::string text;
  for (const std::string& code : answer.codes()) text += code + "\n";
  return text;
}

std::string TextOf(const pb::ListUserCouponsResponse& answer) {
  Table table({"COUPON", "CODE", "CAMPAIGN", "STATE", "FROM", "UNTIL", "BY"});
  for (const pb::Coupon& coupon : answer.coupons()) {
    const std::string held = Text(coupon.held_until_time());
    table.Add({coupon.coupon_id(), coupon.code(), coupon.campaign_id(), Word(coupon.state()),
               Text(coupon.start_time()), Text(coupon.expire_time()),
               held.empty() ? coupon.redemption_id() : "held until " + held});
  }
  return table.Text();
}

std::string TextOf(const pb::ValidateCouponsResponse& answer) {
  Table table({"COUPON", "CAMPAIGN", "DISCOUNT", "OF LINES"});
  int place = 0;
  for (const pb::CouponVerdict& verdict : answer.verdicts()) {
    const std::string named = fmt::format("coupons[{}]", place++);
    const pb::AppliedCoupon& applied = verdict.applicable();
    if (verdict.has_applicable()) {
      table.Add({applied.coupon_id().empty() ? named : applied.coupon_id(), applied.campaign_id(),
                 Text(applied.discount()), Items(applied)});
    } else {
      table.Add({named, "", "", Text(verdict.refusal())});
    }
  }
  return table.Text() + Lines(SumsAnd({{"redeemable", answer.redeemable() ? "yes" : "no"}}, answer));
}

std::string TextOf(const pb::Redemption& redemption) {
  const Facts rest = {{"redemption", redemption.redemption_id()},
                      {"order", redemption.order_id()},
                      {"at", Text(redemption.redeem_time())}};
  return Coupons(redemption) + Lines(SumsAnd(rest, redemption));
}

std::string TextOf(const pb::Reservation& reservation) {
  const Facts rest = {{"reservation", reservation.reservation_id()},
                      {"order", reservation.order_id()},
                      {"held until", Text(reservation.expire_time())}};
  return Coupons(reservation) + Lines(SumsAnd(rest, reservation));
}

std::string TextOf(const pb::ReleaseReservationResponse& answer) {
  return Lines({{"reservation", answer.reservation_id()}, {"released", Text(answer.release_time())}});
}

std::string TextOf(const pb::Rollback& rollback) {
  Table table({"COUPON", "RETURNED", "CLAWED BACK", "USABLE AGAIN"});
  for (const pb::ReturnedCoupon& coupon : rollback.coupons()) {
    table.Add({coupon.coupon_id(), Text(coupon.returned()), Text(coupon.clawed_back()),
               coupon.restored() ? "yes" : "no"});
  }
  return table.Text() + Lines({{"redemption", rollback.redemption_id()},
                               {"refund", Text(rollback.refund())},
                               {"due", rollback.due().amount_minor() == 0 ? "" : Text(rollback.due())},
                               {"stands", rollback.whole() ? "nothing of it" : "a part of it"},
                               {"at", Text(rollback.rollback_time())}});
}

std::string TextOf(const pb::Operation& operation) {
  const std::string state = Word(operation.state());
  const auto* field = operation.GetReflection()->GetOneofFieldDescriptor(
      operation, pb::Operation::descriptor()->FindOneofByName("result"));
  if (field == nullptr) return Lines({{"state", state}});
  const auto& result = operation.GetReflection()->GetMessage(operation, field);
  return Lines({{"state", state}, {"result", field->name()}}) + ToYaml(result);
}

std::string TextOf(const pb::CampaignStats& stats) {
  const auto count = [](int64_t value) { return std::to_string(value); };
  return Lines({{"campaign", stats.campaign_id()},
                {"issued", count(stats.issued_count())},
                {"claimed", count(stats.claimed_count())},
                {"reserved", count(stats.reserved_count())},
                {"released", count(stats.released_count())},
                {"redeemed", count(stats.redeemed_count())},
                {"rolled back", count(stats.rolled_back_count())},
                {"expired", count(stats.expired_count())},
                {"revoked", count(stats.revoked_count())},
                {"codes generated", count(stats.codes_generated_count())},
                {"codes revoked", count(stats.codes_revoked_count())},
                {"available now", count(stats.available_now_count())},
                {"reserved now", count(stats.reserved_now_count())},
                {"redeemed now", count(stats.redeemed_now_count())},
                {"stock left", Count(stats.has_stock_remaining(), stats.stock_remaining())},
                {"discount", Text(stats.discount())},
                {"revenue", Text(stats.revenue())},
                {"average order", stats.has_average_order_value() ? Text(stats.average_order_value()) : ""},
                {"conversion", fmt::format("{:.1f} %", stats.conversion_rate() * 100)},
                {"counted until", Text(stats.as_of_lag()) + " ago"}});
}

}  // namespace tessera::couponctl
