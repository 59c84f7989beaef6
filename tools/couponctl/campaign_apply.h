#pragma once

#include <string>

#include "coupon/v1/campaign.pb.h"
#include "tools/couponctl/session.h"

namespace tessera::couponctl {

// Brings a campaign to what is wanted: makes it, or changes the fields that differ, then moves it through its
// life as far as the wanted state is. Tells on stdout what differs, and each step once it is done, as
// --output says; with `dry_run` nothing is done. Of `wanted` the id, the definition and the state count; no
// state means that it stays where it is, and a new one a draft. A version, where there is one, must be that
// of the campaign as it stands, unless all is as wanted already. Whoever runs it again after a failure goes
// on from there. Throws CallFailed; Mistake where the definition can't be meant; Failure where the version is
// another, or no move leads to the state.
void Apply(Session& session, const coupon::v1::Campaign& wanted, bool dry_run);

// Changes the state; answers id, version, state and time. Throws CallFailed.
enum class Move { kActivate, kPause, kResume, kEnd };
coupon::v1::Campaign MoveCampaign(Session& session, Move move, const std::string& campaign_id,
                                  const std::string& request_id);

coupon::v1::Campaign GetCampaign(Session& session, const std::string& campaign_id);

}  // namespace tessera::couponctl
