// Campaigns of the model.

#include "memory_store.h"

namespace tessera::contract {

using core::Campaign;
using core::CampaignDefinition;
using core::Error;
using core::Reason;
using core::Result;
using storage::CampaignChanged;
using storage::CampaignPage;
using storage::CampaignPtr;
using storage::Operation;

CampaignChanged MemoryStore::Changed(const Operation& op, Campaign& campaign) {
  ++campaign.version;
  campaign.update_time_ms = now();
  CampaignChanged changed{campaign.id, campaign.version, campaign.state, campaign.update_time_ms};
  Remember(RefOf(op, options_.home(campaign.id)), op, changed);
  return changed;
}

Result<CampaignChanged> MemoryStore::CreateNow(const Operation& op, const std::string& campaign_id,
                                               const CampaignDefinition& definition) {
  if (auto settled = Settled<CampaignChanged>(op, options_.home(campaign_id))) return *settled;
  if (campaigns_.contains(campaign_id)) return Error(Reason::kCampaignExists, "the id is taken");
  if (probing_) return WouldTakeEffect();
  const auto number = static_cast<uint32_t>(campaigns_.size() + 1);
  Campaign& campaign = campaigns_[campaign_id].campaign;
  campaign.id = campaign_id;
  campaign.number = {number};
  campaign.definition = definition;
  campaign.create_time_ms = now();
  storage::CampaignTotals& totals = totals_[campaign_id];
  totals.campaign_id = campaign_id;
  return Changed(op, campaign);
}

Result<CampaignChanged> MemoryStore::UpdateNow(const Operation& op, const std::string& campaign_id,
                                               int64_t expected_version, const storage::Edit& edit) {
  if (auto settled = Settled<CampaignChanged>(op, options_.home(campaign_id))) return *settled;
  const auto found = campaigns_.find(campaign_id);
  if (found == campaigns_.end()) return Error(Reason::kCampaignNotFound, "no such campaign");
  CampaignRecord& record = found->second;
  if (record.campaign.version != expected_version) {
    return Error(Reason::kVersionMismatch, "moved on")
        .With("version", std::to_string(record.campaign.version));
  }
  Result<CampaignDefinition> edited = edit(record.campaign);
  if (!edited.ok()) return edited.error();
  if (edited->limits.stock_total && *edited->limits.stock_total < record.stock_used) {
    return Error(Reason::kStockBelowIssued, "more than that has been issued")
        .With("issued", std::to_string(record.stock_used));
  }
  const int64_t money_spent = SumOf(record.money_spent, 0);
  if (edited->use_limits.budget_total_minor && *edited->use_limits.budget_total_minor < money_spent) {
    return Error(Reason::kBudgetBelowSpent, "more than that has been spent")
        .With("spent", std::to_string(money_spent));
  }
  if (probing_) return WouldTakeEffect();
  record.campaign.definition = *edited;
  return Changed(op, record.campaign);
}

Result<CampaignChanged> MemoryStore::MoveNow(const Operation& op, const std::string& campaign_id,
                                             core::Transition transition) {
  if (auto settled = Settled<CampaignChanged>(op, options_.home(campaign_id))) return *settled;
  const auto found = campaigns_.find(campaign_id);
  if (found == campaigns_.end()) return Error(Reason::kCampaignNotFound, "no such campaign");
  const Result<core::CampaignState> next = core::NextState(found->second.campaign.state, transition);
  if (!next.ok()) return next.error();
  if (probing_) return WouldTakeEffect();
  found->second.campaign.state = *next;
  return Changed(op, found->second.campaign);
}

async::Task<Result<CampaignChanged>> MemoryStore::Create(Operation op, std::string campaign_id,
                                                         CampaignDefinition definition) {
  co_return CreateNow(op, campaign_id, definition);
}

async::Task<Result<CampaignChanged>> MemoryStore::Update(Operation op, std::string campaign_id,
                                                         int64_t expected_version, storage::Edit edit) {
  co_return UpdateNow(op, campaign_id, expected_version, edit);
}

async::Task<Result<CampaignChanged>> MemoryStore::Move(Operation op, std::string campaign_id,
                                                       core::Transition transition) {
  co_return MoveNow(op, campaign_id, transition);
}

async::Task<Result<CampaignPtr>> MemoryStore::Get(std::string campaign_id, storage::Deadline) {
  const auto found = campaigns_.find(campaign_id);
  if (found == campaigns_.end()) co_return Error(Reason::kCampaignNotFound, "no such campaign");
  co_return std::make_shared<const Campaign>(found->second.campaign);
}

async::Task<Result<CampaignPage>> MemoryStore::List(int32_t page_size, std::string cursor,
                                                    storage::Deadline) {
  std::map<std::pair<uint32_t, std::string>, CampaignPtr> sorted;
  for (const auto& [id, record] : campaigns_) {
    sorted[{options_.home(id), id}] = std::make_shared<const Campaign>(record.campaign);
  }
  // The cursor is the id of the last campaign of the page before.
  auto next = cursor.empty() ? sorted.begin() : sorted.upper_bound({options_.home(cursor), cursor});
  CampaignPage page;
  for (; next != sorted.end() && page.campaigns.size() < static_cast<size_t>(page_size); ++next) {
    page.campaigns.push_back(next->second);
  }
  if (next != sorted.end()) page.next_cursor = page.campaigns.back()->id;
  co_return page;
}

}  // namespace tessera::contract
