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

struct Describer {
  std::string operator()(const storage::CampaignChanged& v) const {
    return fmt::format("changed {} to version {} {} at {}", v.campaign_id, v.version,
                       core::StateName(v.state), v.update_time_ms);
  }
  std::string operator()(const storage::Issued& v) const {
    return fmt::format("issued {} of {} key {} at {} until {}, left {} today {} reset {}", v.number.ToId(),
                       v.campaign_id, v.code_key_id, v.issue_time_ms, v.expire_time_ms, Text(v.quota.total),
                       Text(v.quota.today), Text(v.quota.reset_time_ms));
  }
  std::string operator()(const storage::Redemption& v) const {
    return fmt::format("redemption {} of {} ({}) order {} {} {} of {} at {}", v.ref.ToId('r'),
                       v.coupon.ToId(), v.campaign_id, v.order_id, v.currency.code(), v.discount_minor,
                       v.subtotal_minor, v.redeem_time_ms);
  }
  std::string operator()(const storage::Reservation& v) const {
    return fmt::format("reservation {} of {} ({}) order {} {} {} of {} until {}", v.ref.ToId('h'),
                       v.coupon.ToId(), v.campaign_id, v.order_id, v.currency.code(), v.discount_minor,
                       v.subtotal_minor, v.expire_time_ms);
  }
  std::string operator()(const storage::Released& v) const {
    return fmt::format("released {} at {}", v.reservation.ToId('h'), v.release_time_ms);
  }
  std::string operator()(const storage::RolledBack& v) const {
    return fmt::format("rolled back {} at {} restored {}", v.redemption.ToId('r'), v.rollback_time_ms,
                       v.restored);
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
    return fmt::format("code of {} until {} coupon {} state {}", v.campaign_id, v.expire_time_ms,
                       v.coupon ? v.coupon->ToId() : "none", NameOf(v.state));
  }
  std::string operator()(const storage::OperationStatus& v) const {
    return fmt::format("operation {}: {}", NameOf(v.state),
                       v.outcome ? std::visit(*this, *v.outcome) : "no outcome");
  }
  std::string operator()(const storage::RedemptionView& v) const {
    return (*this)(v.redemption) + (v.rolled_back ? ", " + (*this)(*v.rolled_back) : "");
  }
  std::string operator()(const storage::Verdict& v) const {
    return fmt::format("verdict on {} ({}) {} {} of {}", NameOf(v.coupon), v.campaign_id, v.currency.code(),
                       v.discount.discount_minor, v.discount.subtotal_minor);
  }
  std::string operator()(const storage::Coupon& v) const {
    return fmt::format("coupon {} ({}) {} issued {} until {} held {} redemption {}", v.number.ToId(),
                       v.campaign_id, NameOf(v.state), v.issue_time_ms, v.expire_time_ms,
                       Text(v.held_until_ms), v.redemption ? v.redemption->ToId('r') : "none");
  }
  std::string operator()(const core::Campaign& v) const {
    const core::CampaignDefinition& d = v.definition;
    return fmt::format(
        "campaign {} version {} {} created {} updated {} zone {} claim [{}, {}) use [{}, {}) stock {} a day "
        "{} user {} a "
        "day {} pause {} restore {}",
        v.id, v.version, core::StateName(v.state), v.create_time_ms, v.update_time_ms, d.time_zone,
        d.claim_window.start_ms, d.claim_window.end_ms, d.use_window.start_ms, d.use_window.end_ms,
        Text(d.limits.stock_total), Text(d.limits.stock_per_day), Text(d.limits.per_user_total),
        Text(d.limits.per_user_per_day), static_cast<int>(d.pause_scope), static_cast<int>(d.restore_policy));
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

bool SameAnswer(const Answer& expected, const Answer& found) {
  if (expected.ok() != found.ok()) return false;
  if (expected.ok()) return *expected == *found;
  if (expected.error().reason != found.error().reason) return false;
  const auto& present = found.error().metadata;
  return std::all_of(
      expected.error().metadata.begin(), expected.error().metadata.end(),
      [&](const auto& entry) { return std::find(present.begin(), present.end(), entry) != present.end(); });
}

std::string InstantText(core::InstantMs t) { return core::InstantText(t); }

std::string Describe(const Answer& answer) {
  if (answer.ok()) return std::visit(Describer{}, *answer);
  std::string text{core::ReasonName(answer.error().reason)};
  for (const auto& [key, value] : answer.error().metadata) text += fmt::format(" {}={}", key, value);
  return text + " (" + answer.error().message + " " + answer.error().cause + ")";
}

}  // namespace tessera::contract
