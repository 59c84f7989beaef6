#include "storage/redis/code_generating.h"

#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

constexpr int kAttemptsMax = 32;

}  // namespace

async::Task<core::Result<ScriptReply>> CodeGenerating::Run(GenerateCodesIntent intent,
                                                           KnownCampaignPtr campaign,
                                                           OperationPlace place) const {
  const Keys& keys = backend_.keys;
  const core::Campaign& c = campaign->campaign;
  const uint32_t home = keys.Home(c.id);
  redis::Command command(redis_scripts::kGenerateCodes);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Definition(c.id));
  command.Key(keys.Ranges(home)).Key(keys.Batches(home)).Key(keys.Ledger(home));
  backend_.AddBegin(command, intent.op, place);
  command.Arg(c.version).Arg(intent.count);
  command.Arg((uint64_t{1} << core::CodeNumber::kBits) / keys.shape().partitions);
  command.Arg(PackNumber(c.number.value, 4)).Arg(PackNumber(intent.code_key_id, 1));
  co_return co_await backend_.Run(std::move(command), intent.op.deadline);
}

async::Task<core::Result<GeneratedCodes>> CodeGenerating::Make(GenerateCodesIntent intent) {
  const Deadline deadline = intent.op.deadline;
  const uint32_t home = backend_.keys.Home(intent.campaign_id);
  core::Result<KnownCampaignPtr> known = co_await directory_.Known(intent.campaign_id, deadline);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (known.ok() && !core::MayIssue((*known)->campaign).ok()) {
      // A refusal must not rest on what is only remembered.
      known = co_await directory_.Fresh(intent.campaign_id, deadline);
    }
    const core::Result<OperationPlace> place = backend_.Place(intent.op, home);
    if (!place.ok()) co_return place.error();
    core::Status may = known.ok() ? core::MayIssue((*known)->campaign) : core::Status(known.error());
    if (!may.ok()) {
      co_return co_await outcomes_.RefuseUnlessReplay<GeneratedCodes>(intent.op, *place,
                                                                      std::move(may).error());
    }
    core::Result<ScriptReply> reply = co_await Run(intent, *known, *place);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string_view status = reply->status;
    if (status == "OK") {
      co_return co_await outcomes_.OpenReply<GeneratedCodes>(std::move(*reply), *place, deadline);
    }
    if (status == "FULL") {
      co_return core::Error(core::Reason::kStorageFull, "So many numbers are not left for codes.");
    }
    if (status == "STALE") {
      known = co_await directory_.Fresh(intent.campaign_id, deadline);
    } else if (!backend_.PeriodPassed(*reply)) {
      co_return CommonRefusal(status);
    }
  }
  co_return Contended("The campaign keeps changing.");
}

}  // namespace tessera::storage
