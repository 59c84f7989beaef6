#pragma once

#include "core/campaign.h"

namespace tessera::core {

enum class Transition : uint8_t { kActivate, kPause, kResume, kEnd };

// The state that `transition` leads to from `from`, or ILLEGAL_TRANSITION with metadata state and transition.
// DRAFT -activate-> ACTIVE -pause-> PAUSED -resume-> ACTIVE; ACTIVE or PAUSED -end-> ENDED; DRAFT -end->
// ENDED.
Result<CampaignState> NextState(CampaignState from, Transition transition);

// CAMPAIGN_NOT_ACTIVE, CAMPAIGN_PAUSED or CAMPAIGN_ENDED unless coupons may be issued in this state. Time is
// judged by the store.
Status MayIssue(const Campaign& campaign);

// When a coupon that is claimed at this instant can be used. A code that is used while it belongs to nobody
// is claimed at that instant.
Window UsableWindow(const CampaignDefinition& definition, InstantMs claim_ms);

// The end of making coupons of codes: one that could not be used any more is not made.
InstantMs CodesUntil(const CampaignDefinition& definition);

// The instant at which the last coupon ends, whenever it was claimed.
InstantMs LastEnd(const CampaignDefinition& definition);

// The end of claiming: that of its window, and a coupon that could not be used any more is not issued.
InstantMs ClaimUntil(const CampaignDefinition& definition);

// CAMPAIGN_PAUSED unless coupons may be redeemed. An ended campaign's coupons stay good to their own end.
Status MayRedeem(const Campaign& campaign);

// FIELD_IMMUTABLE with metadata field when `after` changes what may not change once coupons can have been
// issued (state other than DRAFT): the offer and what returns do to it, so that what was used can be judged
// again by what it was used by; time zone, the start of a window, the validity, and whether there is a stock,
// a budget or a limit of uses at all.
Status MayUpdate(CampaignState state, const CampaignDefinition& before, const CampaignDefinition& after);

std::string_view StateName(CampaignState state);

}  // namespace tessera::core
