#include "answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/instant.h"

namespace tessera::contract {
namespace {

using storage::CouponState;

std::string_view NameOf(CouponState state) {
  switch (state) {
    case CouponState::kIssued:
      return "issued";
    case CouponState::kReserved:
      return "reserved";
    case CouponState::kRedeemed:
      return "redeemed";
    case CouponState::kExpired:
      return "expired";
    case CouponState::kRevoked:
      return "revoked";
  }
  return "?";
}

std::string_view NameOf(storage::OperationState state) {
  switch (state) {
    case storage::OperationState::kUnknown:
      return "unknown";
    case storage::OperationState::kCommitted:
      return "committed";
    case storage::OperationState::kFenced:
      return "fenced";
    case storage::OperationState::kTooOld:
      return "too old";
  }
  return "?";
}

std::string NameOf(const core::CouponName& name) {
  const auto* number = std::get_if<core::CouponNumber>(&name);
  return number != nullptr ? number->ToId() : "a code";
}

std::string Text(const std::optional<int64_t>& value) { return value ? std::to_string(*value) : "none"; }

std::string Text(const std::vector<core::AppliedCoupon>& coupons) {
  std::string text;
  for (const core::AppliedCoupon& coupon : coupons) {
    text += fmt::format(" [{} ({}) {} shipping {} lines", NameOf(coupon.key.name), coupon.key.campaign_id,
                        coupon.discount_minor, coupon.shipping_minor);
    for (const core::LineShare& share : coupon.lines) text += fmt::format(" {}:{}", share.line, share.minor);
    if (coupon.added) text += fmt::format(" with {} {}", coupon.added->quantity, coupon.added->sku);
    text += "]";
  }
  return text;
}

std::string Text(const std::vector<storage::LeftOut>& left_out) {
  std::string text;
  for (const storage::LeftOut& one : left_out)
    text += fmt::format(" without {}: {}", NameOf(one.coupon), core::ReasonName(one.why.reason));
  return text;
}

std::string Text(const Refused& refused) {
  std::string text{core::ReasonName(refused.reason)};
  for (const auto& [key, value] : refused.metadata) text += fmt::format(" {}={}", key, value);
  return text;
}

Refused WithoutProse(const core::Error& error) { return {error.reason, error.metadata}; }

// Equal reasons, and what is expected of the metadata is there.
bool SameRefusal(const Refused& expected, const Refused& found) {
  if (expected.reason != found.reason) return false;
  return std::all_of(expected.metadata.begin(), expected.metadata.end(), [&](const auto& entry) {
    return std::find(found.metadata.begin(), found.metadata.end(), entry) != found.metadata.end();
  });
}

// The same verdicts, but for metadata that was not expected.
bool SameVerdict(const JudgedStack& expected, JudgedStack found) {
  if (expected.coupons.size() != found.coupons.size()) return false;
  for (size_t i = 0; i < expected.coupons.size(); ++i) {
    const auto* refused = std::get_if<Refused>(&expected.coupons[i].says);
    auto* other = std::get_if<Refused>(&found.coupons[i].says);
    if (refused != nullptr && other != nullptr && SameRefusal(*refused, *other)) *other = *refused;
  }
  return expected == found;
}

struct Describer {
  std::string operator()(const storage::CampaignChanged& v) const {
    return fmt::format("changed {} to version {} {} at {}", v.campaign_id, v.version,
                       core::StateName(v.state), v.update_time_ms);
  }
  std::string operator()(const storage::Issued& v) const {
    return fmt::format("issued {} of {} key {} at {} from {} until {}, left {} today {} reset {}",
                       v.number.ToId(), v.campaign_id, v.code_key_id, v.issue_time_ms, v.usable.start_ms,
                       v.usable.end_ms, Text(v.quota.total), Text(v.quota.today),
                       Text(v.quota.reset_time_ms));
  }
  std::string operator()(const storage::Redemption& v) const {
    return fmt::format("redemption {} order {} {} {} of {} and {} at {}, lines {}:{}{}", v.ref.ToId('r'),
                       v.order_id, v.currency.code(), v.discount_minor, v.subtotal_minor, v.shipping_minor,
                       v.redeem_time_ms, fmt::join(v.line_ids, " "), Text(v.coupons), Text(v.left_out));
  }
  std::string operator()(const storage::Reservation& v) const {
    return fmt::format("reservation {} order {} {} {} of {} and {} until {}, lines {}:{}{}", v.ref.ToId('h'),
                       v.order_id, v.currency.code(), v.discount_minor, v.subtotal_minor, v.shipping_minor,
                       v.expire_time_ms, fmt::join(v.line_ids, " "), Text(v.coupons), Text(v.left_out));
  }
  std::string operator()(const storage::Released& v) const {
    return fmt::format("released {} at {}", v.reservation.ToId('h'), v.release_time_ms);
  }
  std::string operator()(const storage::RolledBack& v) const {
    std::string text =
        fmt::format("rolled back {} at {} {} refund {} due {} whole {}", v.redemption.ToId('r'),
                    v.rollback_time_ms, v.currency.code(), v.refund_minor, v.due_minor, v.whole);
    for (const storage::ReturnedCoupon& coupon : v.coupons) {
      text += fmt::format(" [{} returned {} clawed {} restored {}]", coupon.coupon.ToId(),
                          coupon.returned_minor, coupon.clawed_minor, coupon.restored);
    }
    return text;
  }
  std::string operator()(const storage::Revoked& v) const {
    return fmt::format("revoked {} at {} stock returned {}", NameOf(v.coupon), v.revoke_time_ms,
                       v.stock_returned);
  }
  std::string operator()(const storage::GeneratedCodes& v) const {
    return fmt::format("{} codes of {} from {} by {} key {} batch {} at {}", v.numbers.count, v.campaign_id,
                       v.numbers.first, v.numbers.stride, v.code_key_id, v.batch, v.make_time_ms);
  }
  std::string operator()(const storage::JobCreated& v) const {
    return fmt::format("job {} of batch {} at {}", v.job, v.batch, v.create_time_ms);
  }
  std::string operator()(const storage::CodeView& v) const {
    return fmt::format("code of {} from {} until {} coupon {} state {}", v.campaign_id, v.usable.start_ms,
                       v.usable.end_ms, v.coupon ? v.coupon->ToId() : "none", NameOf(v.state));
  }
  std::string operator()(const storage::OperationStatus& v) const {
    return fmt::format("operation {}: {}", NameOf(v.state),
                       v.outcome ? std::visit(*this, *v.outcome) : "no outcome");
  }
  std::string operator()(const storage::RedemptionView& v) const {
    std::string text = (*this)(v.redemption);
    for (const storage::RolledBack& part : v.returns) text += ", " + (*this)(part);
    return text;
  }
  std::string operator()(const JudgedStack& v) const {
    std::string text =
        fmt::format("verdict {} of {} and {}:", v.discount_minor, v.subtotal_minor, v.shipping_minor);
    for (const JudgedStack::Coupon& coupon : v.coupons) {
      const auto* refused = std::get_if<Refused>(&coupon.says);
      text += fmt::format(" {} ({}) ", NameOf(coupon.coupon), coupon.campaign_id);
      text += refused != nullptr ? Text(*refused) : Text({std::get<core::AppliedCoupon>(coupon.says)});
    }
    return text;
  }
  std::string operator()(const Explained& v) const {
    std::string text = (*this)(v.redemption) + " explained by";
    const storage::Receipt& r = v.receipt;
    text += fmt::format(" {} order {} of {} lines {} of {} and {}, versions {}:{}{}", r.order.currency.code(),
                        r.order.order_id, r.order.lines.size(), r.order.SubtotalMinor(),
                        r.order.shipping_minor, r.order.instant_ms, fmt::join(r.campaign_versions, " "),
                        Text(r.applied), Text(r.left_out));
    for (const storage::ReturnEntry& entry : r.returns) {
      text += fmt::format("\n      return whole {} shipping {} of", entry.outcome.whole, entry.part.shipping);
      for (const core::ReturnedUnits& units : entry.part.units)
        text += fmt::format(" {}x{}", units.quantity, units.line);
      if (entry.part.coupon) text += " " + NameOf(entry.part.coupon->name);
      text += ": " + (*this)(entry.outcome);
    }
    for (const core::Campaign& campaign : v.campaigns) text += "\n      " + (*this)(campaign);
    return text;
  }
  std::string operator()(const storage::Coupon& v) const {
    return fmt::format("coupon {} ({}) {} issued {} from {} until {} held {} redemption {}", v.number.ToId(),
                       v.campaign_id, NameOf(v.state), v.issue_time_ms, v.usable.start_ms, v.usable.end_ms,
                       Text(v.held_until_ms), v.redemption ? v.redemption->ToId('r') : "none");
  }
  std::string operator()(const core::Campaign& v) const {
    const core::CampaignDefinition& d = v.definition;
    return fmt::format(
        "campaign {} version {} {} created {} updated {} zone {} claim [{}, {}) use [{}, {}) stock {} a day "
        "{} user {} a "
        "day {} pause {} restore {} wait {} lasts {} outlasts {}",
        v.id, v.version, core::StateName(v.state), v.create_time_ms, v.update_time_ms, d.time_zone,
        d.claim_window.start_ms, d.claim_window.end_ms, d.use_window.start_ms, d.use_window.end_ms,
        Text(d.limits.stock_total), Text(d.limits.stock_per_day), Text(d.limits.per_user_total),
        Text(d.limits.per_user_per_day), static_cast<int>(d.pause_scope), static_cast<int>(d.restore_policy),
        d.validity.wait_ms, d.validity.lasts_ms, d.validity.outlasts_window);
  }
  std::string operator()(const std::vector<storage::Coupon>& v) const {
    std::string text = fmt::format("{} coupons", v.size());
    for (const storage::Coupon& coupon : v) text += "\n      " + (*this)(coupon);
    return text;
  }
  std::string operator()(const std::vector<std::string>& v) const {
    return fmt::format("{}", fmt::join(v, " "));
  }
  std::string operator()(const storage::CampaignTotals& v) const {
    return fmt::format(
        "totals of {} {}: issued {} claimed {} of codes {} codes {} codes revoked {} reserved_events {} "
        "redeemed {} "
        "rolled_back {} expired {} "
        "revoked {} "
        "released {} available_now {} reserved_now {} redeemed_now {} discount {} subtotal {} stock_left {}",
        v.campaign_id, v.currency.code(), v.issued, v.claimed, v.issued_of_codes, v.codes_generated,
        v.codes_revoked, v.reserved_events, v.redeemed, v.rolled_back, v.expired, v.revoked, v.released,
        v.available_now, v.reserved_now, v.redeemed_now, v.discount_minor, v.subtotal_minor,
        Text(v.stock_left));
  }
};

}  // namespace

Answer ToAnswer(const core::Result<storage::CampaignPtr>& result) {
  if (!result.ok()) return result.error();
  core::Campaign campaign = **result;
  campaign.number = {};
  return Value(std::move(campaign));
}

Answer ToAnswer(const core::Result<storage::Verdict>& result) {
  if (!result.ok()) return result.error();
  JudgedStack stack{.coupons = {},
                    .subtotal_minor = result->subtotal_minor,
                    .shipping_minor = result->shipping_minor,
                    .discount_minor = result->discount_minor};
  for (const storage::CouponVerdict& verdict : result->coupons) {
    JudgedStack::Coupon& coupon = stack.coupons.emplace_back();
    coupon.coupon = verdict.coupon;
    coupon.campaign_id = verdict.campaign_id;
    if (const auto* why = std::get_if<core::Error>(&verdict.says)) {
      coupon.says = WithoutProse(*why);
    } else {
      coupon.says = std::get<core::AppliedCoupon>(verdict.says);
    }
  }
  return Value(std::move(stack));
}

Answer ToAnswer(const core::Result<storage::Explanation>& result) {
  if (!result.ok()) return result.error();
  Explained explained{.redemption = result->redemption, .receipt = result->receipt, .campaigns = {}};
  explained.receipt.order.instant_ms = 0;
  for (const auto& campaign : result->campaigns) {
    explained.campaigns.push_back(*campaign);
    explained.campaigns.back().number = {};
  }
  return Value(std::move(explained));
}

bool SameAnswer(const Answer& expected, const Answer& found) {
  if (expected.ok() != found.ok()) return false;
  if (!expected.ok()) return SameRefusal(WithoutProse(expected.error()), WithoutProse(found.error()));
  const auto* verdict = std::get_if<JudgedStack>(&*expected);
  const auto* other = std::get_if<JudgedStack>(&*found);
  if (verdict != nullptr && other != nullptr) return SameVerdict(*verdict, *other);
  return *expected == *found;
}

std::string InstantText(core::InstantMs t) { return core::InstantText(t); }

std::string Describe(const Answer& answer) {
  if (answer.ok()) return std::visit(Describer{}, *answer);
  std::string text{core::ReasonName(answer.error().reason)};
  for (const auto& [key, value] : answer.error().metadata) text += fmt::format(" {}={}", key, value);
  return text + " (" + answer.error().message + " " + answer.error().cause + ")";
}

}  // namespace tessera::contract
