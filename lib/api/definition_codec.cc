#include "api/definition_codec.h"

#include "api/convert_campaign.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
using google::protobuf::Timestamp;

// Reads what was once accepted. The rules for input are not asked again: they may have become stricter since,
// and the campaign must stay readable. Only what the core computes with must be what it can compute with: a
// currency that it no longer knows can't be read.
class Decoder {
 public:
  core::CampaignDefinition Definition(const pb::CampaignDefinition& in) {
    core::CampaignDefinition out;
    out.display_name = in.display_name();
    const auto currency = core::Currency::Parse(in.currency_code(), "currency_code");
    Need(currency.ok(), "currency_code");
    if (currency.ok()) out.currency = *currency;
    out.time_zone = in.time_zone();
    out.terms = Terms(in.terms());
    out.claim_window = {InstantOf(in.claim_window().start_time()), InstantOf(in.claim_window().end_time())};
    out.use_window = {InstantOf(in.use_window().start_time()), InstantOf(in.use_window().end_time())};
    const pb::CampaignLimits& limits = in.limits();
    if (limits.has_stock_total()) out.limits.stock_total = Count(limits.stock_total());
    if (limits.has_stock_per_day()) out.limits.stock_per_day = Count(limits.stock_per_day());
    if (limits.has_per_user_total()) out.limits.per_user_total = Count(limits.per_user_total());
    if (limits.has_per_user_per_day()) out.limits.per_user_per_day = Count(limits.per_user_per_day());
    out.pause_scope = ScopeOf(in.pause_scope());
    out.restore_policy = PolicyOf(in.restore_policy());
    return out;
  }

  // What could not be read first, or "".
  const std::string& missing() const { return missing_; }

 private:
  void Need(bool holds, const char* what) {
    if (!holds && missing_.empty()) missing_ = what;
  }

  int64_t Count(int64_t value) {
    Need(value >= 0 && value <= core::kAmountMax, "a number");
    return value;
  }

  core::CouponTerms Terms(const pb::CouponTerms& in) {
    core::CouponTerms out;
    switch (in.benefit_case()) {
      case pb::CouponTerms::kPercentOff: {
        core::PercentOff percent;
        percent.basis_points = in.percent_off().basis_points();
        Need(percent.basis_points >= 0 && percent.basis_points <= kWhole, "basis_points");
        if (in.percent_off().has_cap_minor()) percent.cap_minor = Count(in.percent_off().cap_minor());
        out.benefit = percent;
        break;
      }
      case pb::CouponTerms::kAmountOff:
        out.benefit = core::AmountOff{Count(in.amount_off().amount_minor())};
        break;
      case pb::CouponTerms::BENEFIT_NOT_SET:
        Need(false, "terms");
        break;
    }
    if (in.has_minimum_spend_minor()) out.minimum_spend_minor = Count(in.minimum_spend_minor());
    return out;
  }

  core::InstantMs InstantOf(const Timestamp& in) {
    Need(in.seconds() >= 0 && in.seconds() <= core::kAmountMax / 1000, "an instant");
    return missing_.empty() ? in.seconds() * 1000 + in.nanos() / 1'000'000 : 0;
  }

  core::PauseScope ScopeOf(pb::PauseScope in) {
    Need(in == pb::PAUSE_SCOPE_ISSUE || in == pb::PAUSE_SCOPE_ISSUE_AND_REDEEM, "pause_scope");
    return in == pb::PAUSE_SCOPE_ISSUE_AND_REDEEM ? core::PauseScope::kIssueAndRedeem
                                                  : core::PauseScope::kIssue;
  }

  core::RestorePolicy PolicyOf(pb::RestorePolicy in) {
    switch (in) {
      case pb::RESTORE_POLICY_RESTORE:
        return core::RestorePolicy::kRestore;
      case pb::RESTORE_POLICY_KEEP_USED:
        return core::RestorePolicy::kKeepUsed;
      case pb::RESTORE_POLICY_RESTORE_IF_UNEXPIRED:
        return core::RestorePolicy::kRestoreIfUnexpired;
      default:
        Need(false, "restore_policy");
        return core::RestorePolicy::kRestore;
    }
  }

  static constexpr int32_t kWhole = 10'000;
  std::string missing_;
};

}  // namespace

std::string EncodeDefinition(const core::CampaignDefinition& definition) {
  // No map is in it, so its serialization is deterministic as it is.
  return ToProto(definition).SerializeAsString();
}

core::Result<core::CampaignDefinition> DecodeDefinition(std::string_view bytes) {
  pb::CampaignDefinition stored;
  const auto nonsense = [](std::string cause) {
    return core::Error(core::Reason::kStoreNonsense, "a stored campaign cannot be read")
        .Because(std::move(cause));
  };
  if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return nonsense("no CampaignDefinition");
  Decoder decoder;
  core::CampaignDefinition definition = decoder.Definition(stored);
  if (!decoder.missing().empty()) return nonsense(decoder.missing() + " of the definition cannot be read");
  return definition;
}

}  // namespace tessera::api
