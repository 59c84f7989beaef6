#include "storage/redis/campaign_directory.h"

#include <map>

#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

// For a read that callers share, each of whom has a deadline of its own. Whoever has more time asks again.
constexpr std::chrono::milliseconds kReadTime{2'000};

}  // namespace

async::Task<core::Result<KnownCampaignPtr>> CampaignDirectory::Known(std::string id, Deadline deadline) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) co_return found->second;
  co_return co_await Fresh(std::move(id), deadline);
}

async::Task<core::Result<KnownCampaignPtr>> CampaignDirectory::Fresh(std::string id, Deadline deadline) {
  while (async::Clock::now() < deadline) {
    std::string key = id;
    decltype(reads_)::Read read = [this, id] { return Read(id, async::After(kReadTime)); };
    std::optional<core::Result<KnownCampaignPtr>> known =
        co_await reads_.ShareFresh(std::move(key), std::move(read), deadline);
    if (!known.has_value()) co_return OutcomeUnknown("the campaign could not be read by the deadline");
    const bool unanswered = !known->ok() && known->error().reason == core::Reason::kOutcomeUnknown;
    if (!unanswered) co_return std::move(*known);
  }
  co_return CommonRefusal("DEADLINE");
}

async::Task<core::Result<std::string>> CampaignDirectory::IdOf(core::CampaignNumber number,
                                                               Deadline deadline) {
  if (const auto found = ids_.find(number.value); found != ids_.end()) co_return found->second;
  redis::Command command("HGET");
  command.ReadOnly().Key(backend_.keys.Numbers(backend_.keys.Home(number))).Arg(number.value);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->is_nil()) {
    co_return core::Error(core::Reason::kStoreNonsense, "The store lacks a campaign that it has coupons of.")
        .Because("campaign number " + std::to_string(number.value));
  }
  std::string id(reply->text());
  ids_[number.value] = id;
  co_return id;
}

async::Task<core::Result<KnownCampaignPtr>> CampaignDirectory::Known(core::CampaignNumber number,
                                                                     Deadline deadline) {
  core::Result<std::string> id = co_await IdOf(number, deadline);
  if (!id.ok()) co_return std::move(id).error();
  co_return co_await Known(*std::move(id), deadline);
}

async::Task<core::Result<KnownCampaignPtr>> CampaignDirectory::Fresh(core::CampaignNumber number,
                                                                     Deadline deadline) {
  core::Result<std::string> id = co_await IdOf(number, deadline);
  if (!id.ok()) co_return std::move(id).error();
  co_return co_await Fresh(*std::move(id), deadline);
}

async::Task<core::Result<KnownCampaignPtr>> CampaignDirectory::Read(std::string id, Deadline deadline) {
  redis::Command command("HGETALL");
  command.ReadOnly().Key(backend_.keys.Definition(id));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->size() == 0)
    co_return core::Error(core::Reason::kCampaignNotFound, "There is no such campaign.");
  std::map<std::string_view, redis::Value> fields;
  for (size_t i = 0; i + 1 < reply->size(); i += 2) fields[(*reply)[i].text()] = (*reply)[i + 1];
  const auto number = [&fields](std::string_view name) {
    const redis::Result<int64_t> value = fields[name].Number();
    return value.ok() ? *value : 0;
  };
  auto known = std::make_shared<KnownCampaign>();
  core::Campaign& campaign = known->campaign;
  campaign.id = id;
  campaign.number.value = static_cast<uint32_t>(number("number"));
  campaign.version = number("v");
  campaign.state = static_cast<core::CampaignState>(number("state"));
  campaign.create_time_ms = number("created");
  campaign.update_time_ms = number("updated");
  known->pending_version = number("pending");
  core::Result<core::CampaignDefinition> definition = codec_.decode(fields["definition"].text());
  if (!definition.ok())
    co_return Unreadable("campaign: " + definition.error().message + ": " + definition.error().cause);
  campaign.definition = std::move(*definition);
  core::Result<calendar::Zone> zone = calendar::LoadZone(campaign.definition.time_zone, "time_zone");
  // The caller named no zone: this system does not know the one that was accepted when it was stored.
  if (!zone.ok()) co_return Unreadable("campaign: " + zone.error().message);
  known->zone = *zone;
  if (by_id_.size() >= kRememberedMax) by_id_.clear();
  if (ids_.size() >= kRememberedMax) ids_.clear();
  ids_[campaign.number.value] = id;
  KnownCampaignPtr& remembered = by_id_[id];
  if (remembered == nullptr || remembered->campaign.version <= campaign.version)
    remembered = std::move(known);
  co_return remembered;
}

async::Task<core::Status> CampaignDirectory::Push(KnownCampaignPtr campaign, uint32_t partition,
                                                  Deadline deadline) const {
  redis::Command command(redis_scripts::kSetVersion);
  command.Key(backend_.keys.Campaign(partition, campaign->campaign.number)).Key(backend_.keys.Due(partition));
  command.Arg(campaign->campaign.version).Arg(core::LastEnd(campaign->campaign.definition));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return core::Ok();
}

async::Task<core::Status> CampaignDirectory::Reconcile(KnownCampaignPtr campaign, uint32_t partition,
                                                       int64_t partition_version, Deadline deadline) {
  if (partition_version < campaign->campaign.version) co_return co_await Push(campaign, partition, deadline);
  core::Result<KnownCampaignPtr> fresh = co_await Fresh(campaign->campaign.id, deadline);
  if (!fresh.ok()) co_return std::move(fresh).error();
  co_return core::Ok();
}

async::Task<core::Result<KnownCampaignPtr>> CampaignDirectory::Newer(KnownCampaignPtr campaign,
                                                                     uint32_t partition,
                                                                     int64_t partition_version,
                                                                     Deadline deadline) {
  core::Status reconciled = co_await Reconcile(campaign, partition, partition_version, deadline);
  if (!reconciled.ok()) co_return std::move(reconciled).error();
  co_return co_await Known(campaign->campaign.id, deadline);
}

}  // namespace tessera::storage
