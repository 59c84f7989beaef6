#pragma once

#include <functional>

#include "core/lifecycle.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/errors.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// An operation that stands at its campaign's home: its script compares the version that the service judged
// by, and answers OK with the operation's record, STALE, FULL (of code numbers), or what part/begin.lua does.
struct HomeCall {
  Operation op;
  std::string campaign_id;
  bool makes_codes = true;  // so that the campaign must be active
  std::function<redis::Command(const core::Campaign&, const OperationPlace&)> build;
};

// Loop thread only; what it is given outlives it.
template <class T>
async::Task<core::Result<T>> CallHome(const Backend& backend, CampaignDirectory& directory,
                                      const Outcomes& outcomes, HomeCall call) {
  constexpr int kAttemptsMax = 32;
  const Deadline deadline = call.op.deadline;
  const uint32_t home = backend.keys.Home(call.campaign_id);
  const auto judge = [&call](const core::Result<KnownCampaignPtr>& known) {
    if (!known.ok()) return core::Status(known.error());
    return call.makes_codes ? core::MayIssue((*known)->campaign) : core::Ok();
  };
  core::Result<KnownCampaignPtr> known = co_await directory.Known(call.campaign_id, deadline);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (known.ok() && !judge(known).ok()) {
      // A refusal must not rest on what is only remembered.
      known = co_await directory.Fresh(call.campaign_id, deadline);
    }
    const core::Result<OperationPlace> place = backend.Place(call.op, home);
    if (!place.ok()) co_return place.error();
    core::Status may = judge(known);
    if (!may.ok()) {
      co_return co_await outcomes.RefuseUnlessReplay<T>(call.op, *place, std::move(may).error());
    }
    redis::Command command = call.build((*known)->campaign, *place);
    core::Result<ScriptReply> reply = co_await backend.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string_view status = reply->status;
    if (status == "OK") co_return co_await outcomes.OpenReply<T>(std::move(*reply), *place, deadline);
    if (status == "FULL") {
      co_return core::Error(core::Reason::kStorageFull, "So many numbers are not left for codes.");
    }
    if (status == "STALE") {
      known = co_await directory.Fresh(call.campaign_id, deadline);
    } else if (!backend.PeriodPassed(*reply)) {
      co_return CommonRefusal(status);
    }
  }
  co_return Contended("The campaign keeps changing.");
}

}  // namespace tessera::storage
