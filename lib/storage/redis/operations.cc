#include "storage/redis/operations.h"

#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

constexpr int kAttemptsMax = 8;

OperationStatus Of(OperationState state) {
  OperationStatus status;
  status.state = state;
  return status;
}

}  // namespace

async::Task<core::Result<OperationStatus>> Operations::Open(std::string record, core::OpRef ref,
                                                            Deadline deadline) const {
  if (!record.empty() && record[0] == static_cast<char>(RecordType::kFence))
    co_return Of(OperationState::kFenced);
  core::Result<Outcome> outcome = co_await outcomes_.Open(std::move(record), ref, deadline);
  if (!outcome.ok()) co_return std::move(outcome).error();
  OperationStatus status = Of(OperationState::kCommitted);
  status.outcome = std::move(*outcome);
  co_return status;
}

async::Task<core::Result<OperationStatus>> Operations::Get(OperationQuery query) const {
  const core::Result<OperationPlace> place =
      backend_.Place(query.method, query.partition, query.field, query.id_time_ms);
  if (!place.ok() && place.error().reason == core::Reason::kRequestTooOld)
    co_return Of(OperationState::kTooOld);
  if (!place.ok()) co_return place.error();
  core::OpRef ref = place->ref;
  core::Result<std::optional<std::string>> record = std::optional<std::string>();
  if (IssuesCoupons(query.method)) {
    record = co_await backend_.FindClaim(query.partition, query.bucket, query.field, query.deadline);
  } else {
    record = co_await backend_.Find(*place, query.deadline, &ref);
  }
  if (!record.ok()) co_return std::move(record).error();
  if (!record->has_value()) co_return Of(OperationState::kUnknown);
  std::string text = std::move(**record);
  co_return co_await Open(std::move(text), ref, query.deadline);
}

async::Task<core::Result<OperationStatus>> Operations::Fence(OperationQuery query) const {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place =
        backend_.Place(query.method, query.partition, query.field, query.id_time_ms);
    if (!place.ok() && place.error().reason == core::Reason::kRequestTooOld)
      co_return Of(OperationState::kTooOld);
    if (!place.ok()) co_return place.error();
    redis::Command command(redis_scripts::kFence);
    if (IssuesCoupons(query.method)) {
      const std::string wallet = backend_.keys.Wallet(query.partition, query.bucket);
      command.Key(wallet).Key(wallet).Arg(ClaimField(query.field)).Arg(0).Arg(0).Arg(core::kAmountMax);
    } else {
      command.Key(backend_.keys.Operation(place->ref)).Key(backend_.keys.Operation(place->earlier));
      command.Arg(place->ref.field_view()).Arg(place->expires_ms).Arg(place->from_ms).Arg(place->until_ms);
    }
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), query.deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "FENCED") co_return Of(OperationState::kFenced);
    if (reply->status == "OK") {
      std::string record(reply->reply[2].text());
      const core::OpRef ref = reply->reply[3].integer() == 1 ? place->earlier : place->ref;
      co_return co_await Open(std::move(record), ref, query.deadline);
    }
    if (!backend_.PeriodPassed(*reply)) co_return Nonsense("fence", reply->reply);
  }
  co_return Contended("The time moves on too fast.");
}

async::Task<core::Result<RedemptionView>> Operations::GetRedemption(core::OpRef ref,
                                                                    Deadline deadline) const {
  core::Result<std::optional<std::string>> text = co_await backend_.Find(OperationPlace::At(ref), deadline);
  if (!text.ok()) co_return std::move(text).error();
  const std::optional<Record> record = text->has_value() ? OpenRecord(**text) : std::nullopt;
  if (!record.has_value() || record->type != RecordType::kRedemption) co_return NoRedemption();
  core::Result<Outcomes::Uses> uses = co_await outcomes_.OpenUses(&*record, ref, deadline);
  if (!uses.ok()) co_return std::move(uses).error();
  RedemptionView view;
  for (ReturnEntry& entry : uses->receipt.returns) view.returns.push_back(std::move(entry.outcome));
  view.redemption = ToRedemption(*record, ref, std::move(uses->receipt));
  co_return view;
}

async::Task<core::Result<Explanation>> Operations::Explain(core::OpRef ref, Deadline deadline) const {
  core::Result<std::optional<std::string>> text = co_await backend_.Find(OperationPlace::At(ref), deadline);
  if (!text.ok()) co_return std::move(text).error();
  const std::optional<Record> record = text->has_value() ? OpenRecord(**text) : std::nullopt;
  if (!record.has_value() || record->type != RecordType::kRedemption) co_return NoRedemption();
  core::Result<Outcomes::Uses> uses = co_await outcomes_.OpenUses(&*record, ref, deadline);
  if (!uses.ok()) co_return std::move(uses).error();
  Explanation explanation;
  for (const KnownCampaignPtr& campaign : uses->campaigns) {
    explanation.campaigns.emplace_back(campaign, &campaign->campaign);
  }
  explanation.redemption = ToRedemption(*record, ref, uses->receipt);
  explanation.receipt = std::move(uses->receipt);
  co_return explanation;
}

}  // namespace tessera::storage
