#include "api/definition_codec.h"

#include "api/convert_campaign.h"
#include "api/convert_offer.h"
#include "core/limits.h"

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
    out.time_zone = in.time_zone();
    if (currency.ok()) out.offer = OfferOf(in.offer(), *currency);
    out.claim_window = {InstantOf(in.claim_window().start_time()), InstantOf(in.claim_window().end_time())};
    out.use_window = {InstantOf(in.use_window().start_time()), InstantOf(in.use_window().end_time())};
    const pb::CampaignLimits& limits = in.limits();
    if (limits.has_stock_total()) out.limits.stock_total = Count(limits.stock_total());
    if (limits.has_stock_per_day()) out.limits.stock_per_day = Count(limits.stock_per_day());
    if (limits.has_per_user_total()) out.limits.per_user_total = Count(limits.per_user_total());
    if (limits.has_per_user_per_day()) out.limits.per_user_per_day = Count(limits.per_user_per_day());
    const pb::UseLimits& uses = in.use_limits();
    if (uses.has_budget_total_minor()) out.use_limits.budget_total_minor = Count(uses.budget_total_minor());
    if (uses.has_budget_per_day_minor())
      out.use_limits.budget_per_day_minor = Count(uses.budget_per_day_minor());
    if (uses.has_uses_per_user_total())
      out.use_limits.uses_per_user_total = Count(uses.uses_per_user_total());
    if (uses.has_uses_per_user_per_day())
      out.use_limits.uses_per_user_per_day = Count(uses.uses_per_user_per_day());
    if (uses.has_uses_per_user_per_week())
      out.use_limits.uses_per_user_per_week = Count(uses.uses_per_user_per_week());
    if (uses.has_uses_per_user_per_month())
      out.use_limits.uses_per_user_per_month = Count(uses.uses_per_user_per_month());
    out.use_limits.budget_clips = uses.budget_clips();
    out.validity.wait_ms = DurationOf(in.validity().wait());
    out.validity.lasts_ms = DurationOf(in.validity().duration());
    out.validity.outlasts_window = in.validity().outlasts_use_window();
    out.pause_scope = ScopeOf(in.pause_scope());
    out.restore_policy = PolicyOf(in.restore_policy());
    out.threshold_loss = LossOf(in.threshold_loss());
    return out;
  }

  // What could not be read first, or "".
  const std::string& missing() const { return missing_; }

 private:
  void Need(bool holds, std::string_view what) {
    if (!holds && missing_.empty()) missing_ = what;
  }

  int64_t Count(int64_t value) {
    Need(value >= 0 && value <= core::kAmountMax, "a number");
    return value;
  }

  core::Offer OfferOf(const pb::Offer& in, const core::Currency& currency) {
    Need(in.benefit_case() != pb::Offer::BENEFIT_NOT_SET, "offer");
    Need(pb::PriceBase_IsValid(in.stacking().base()), "offer.stacking.base");
    Need(pb::ThresholdBasis_IsValid(in.stacking().threshold_basis()), "offer.stacking.threshold_basis");
    core::Offer out = FromProto(in, currency);
    const core::Status computable = core::CheckComputable(out, "offer");
    if (!computable.ok()) Need(false, computable.error().message);
    return out;
  }

  core::InstantMs InstantOf(const Timestamp& in) {
    Need(in.seconds() >= 0 && in.seconds() <= core::kAmountMax / 1000, "an instant");
    return missing_.empty() ? in.seconds() * 1000 + in.nanos() / 1'000'000 : 0;
  }

  int64_t DurationOf(const google::protobuf::Duration& in) {
    Need(in.seconds() >= 0 && in.nanos() >= 0 && in.seconds() <= core::limits::kValidityMsMax / 1000,
         "a duration");
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

  core::ThresholdLoss LossOf(pb::ThresholdLoss in) {
    switch (in) {
      case pb::THRESHOLD_LOSS_UNSPECIFIED:  // stored before there was a choice
      case pb::THRESHOLD_LOSS_KEEP:
        return core::ThresholdLoss::kKeep;
      case pb::THRESHOLD_LOSS_CLAW_BACK:
        return core::ThresholdLoss::kClawBack;
      case pb::THRESHOLD_LOSS_PRORATE:
        return core::ThresholdLoss::kProrate;
      default:
        Need(false, "threshold_loss");
        return core::ThresholdLoss::kKeep;
    }
  }

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
  if (!decoder.missing().empty()) return nonsense("of the definition cannot be read: " + decoder.missing());
  return definition;
}

}  // namespace tessera::api
