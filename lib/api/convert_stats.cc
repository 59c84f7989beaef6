#include "api/convert_stats.h"

#include "api/convert_campaign.h"
#include "api/field_checker.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

pb::Money MoneyOf(int64_t minor, const core::Currency& currency) {
  core::Money money;
  money.minor = minor;
  money.currency = currency;
  return ToProto(money);
}

}  // namespace

core::Result<VerifyInvariants> Parse(const pb::VerifyInvariantsRequest& request) {
  FieldChecker check;
  VerifyInvariants parsed;
  if (!request.campaign_id().empty())
    parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  const auto depth =
      check.ChoiceOr("depth", request.depth(), pb::VerifyDepth_IsValid, pb::VERIFY_DEPTH_COUNTERS);
  parsed.depth =
      depth == pb::VERIFY_DEPTH_WALLETS ? storage::VerifyDepth::kWallets : storage::VerifyDepth::kCounters;
  return check.Answer(std::move(parsed));
}

pb::CampaignStats ToProto(const storage::CampaignTotals& totals, int64_t lag_ms) {
  const int64_t standing = totals.redeemed - totals.rolled_back;
  const int64_t revenue_minor = totals.subtotal_minor - totals.discount_minor;
  pb::CampaignStats out;
  out.set_campaign_id(totals.campaign_id);
  out.set_issued_count(totals.issued);
  out.set_claimed_count(totals.claimed);
  out.set_reserved_count(totals.reserved_events);
  out.set_released_count(totals.released);
  out.set_redeemed_count(totals.redeemed);
  out.set_rolled_back_count(totals.rolled_back);
  out.set_expired_count(totals.expired);
  out.set_revoked_count(totals.revoked);
  out.set_available_now_count(totals.available_now);
  out.set_reserved_now_count(totals.reserved_now);
  out.set_redeemed_now_count(totals.redeemed_now);
  *out.mutable_discount() = MoneyOf(totals.discount_minor, totals.currency);
  *out.mutable_revenue() = MoneyOf(revenue_minor, totals.currency);
  if (standing > 0 && revenue_minor >= 0) {
    *out.mutable_average_order_value() =
        MoneyOf(core::MultiplyRoundHalfUp(revenue_minor, 1, standing), totals.currency);
  }
  if (totals.issued > 0) {
    out.set_conversion_rate(static_cast<double>(standing) / static_cast<double>(totals.issued));
  }
  out.set_codes_generated_count(totals.codes_generated);
  out.set_codes_revoked_count(totals.codes_revoked);
  if (totals.stock_left) out.set_stock_remaining(*totals.stock_left);
  *out.mutable_as_of_lag() = ToDuration(lag_ms);
  return out;
}

pb::VerifyInvariantsResponse ToProto(const storage::Verification& verification) {
  pb::VerifyInvariantsResponse out;
  for (const storage::Difference& difference : verification.differences) {
    pb::InvariantDifference* found = out.add_differences();
    found->set_campaign_id(difference.campaign_id);
    if (difference.partition) found->set_partition(static_cast<int32_t>(*difference.partition));
    found->set_term(difference.term);
    found->set_expected(difference.expected);
    found->set_found(difference.found);
  }
  out.set_terms_checked(verification.terms_checked);
  return out;
}

}  // namespace tessera::api
