#include "services/redeemer/stack_judge.h"

#include <algorithm>
#include <optional>

#include "api/convert_refusal.h"
#include "calendar/weekly_windows.h"

namespace tessera::redeemer {
namespace {

// The refusal of a coupon that does not hold at this hour of the week.
std::optional<core::Refusal> OutsideWindow(const core::CampaignDefinition& definition, core::InstantMs now,
                                           core::Window* holds) {
  const std::vector<core::WeeklyWindow>& windows = definition.offer.weekly_windows;
  if (windows.empty()) return std::nullopt;
  core::Refusal outside{.why = core::WhyNot::kOutsideWeeklyWindow};
  const auto zone = calendar::LoadZone(definition.time_zone, "time_zone");
  if (!zone.ok()) return outside;  // the zone was known when the campaign was made: closed rather than open
  const core::Window same = calendar::SameWeeklyAnswer(windows, *zone, now);
  holds->start_ms = std::max(holds->start_ms, same.start_ms);
  holds->end_ms = std::min(holds->end_ms, same.end_ms);
  if (calendar::InWeeklyWindow(windows, *zone, now)) return std::nullopt;
  outside.next_valid_at_ms = calendar::NextWeeklyWindow(windows, *zone, now);
  return outside;
}

// The place of the coupon that is refused: of one that is listed twice, the later one's.
size_t PlaceOf(std::span<const storage::Candidate> candidates, const core::RefusedCoupon& refused) {
  const auto is_it = [&](const storage::Candidate& candidate) {
    return candidate.coupon == refused.key.name && candidate.campaign->id == refused.key.campaign_id;
  };
  if (refused.refusal.why == core::WhyNot::kListedTwice) {
    const auto last = std::find_if(candidates.rbegin(), candidates.rend(), is_it);
    return static_cast<size_t>(candidates.rend() - last) - 1;
  }
  return static_cast<size_t>(std::find_if(candidates.begin(), candidates.end(), is_it) - candidates.begin());
}

}  // namespace

Judgement JudgeStack(const core::Order& order, std::span<const storage::Candidate> candidates,
                     core::InstantMs now) {
  Judgement judgement;
  std::vector<RefusedPlace> refused;
  std::vector<core::ListedCoupon> listed;
  for (size_t place = 0; place < candidates.size(); ++place) {
    const core::Campaign& campaign = *candidates[place].campaign;
    if (auto outside = OutsideWindow(campaign.definition, now, &judgement.holds)) {
      refused.push_back({.place = place, .refusal = *std::move(outside)});
    } else {
      listed.push_back({.key = {campaign.id, candidates[place].coupon},
                        .offer = &campaign.definition.offer,
                        .discount_max_minor = candidates[place].discount_max_minor});
    }
  }
  auto priced = core::PriceStack(order, listed);
  if (auto* more = std::get_if<core::RefusedCoupons>(&priced)) {
    for (core::RefusedCoupon& one : *more) {
      refused.push_back({.place = PlaceOf(candidates, one), .refusal = std::move(one.refusal)});
    }
  }
  if (refused.empty()) {
    judgement.stack = std::get<core::PricedStack>(std::move(priced));
  } else {
    std::sort(refused.begin(), refused.end(),
              [](const RefusedPlace& one, const RefusedPlace& other) { return one.place < other.place; });
    judgement.stack = std::move(refused);
  }
  return judgement;
}

storage::Decision StackJudge::operator()(std::span<const storage::Candidate> candidates,
                                         core::InstantMs now) const {
  Judgement judgement = JudgeStack(order_, candidates, now);
  storage::Decision decision;
  decision.holds = judgement.holds;
  if (auto* stack = std::get_if<core::PricedStack>(&judgement.stack)) {
    decision.stack = std::move(*stack);
    return decision;
  }
  std::vector<storage::RefusedCandidate> refused;
  for (const RefusedPlace& one : std::get<std::vector<RefusedPlace>>(judgement.stack)) {
    const api::RefusalContext context{order_, candidates[one.place].campaign->definition.offer, listed_};
    refused.push_back({.place = one.place, .why = api::ToError(one.refusal, context)});
  }
  decision.stack = std::move(refused);
  return decision;
}

}  // namespace tessera::redeemer
