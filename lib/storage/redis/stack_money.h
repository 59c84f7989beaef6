#pragma once

#include <map>
#include <string>
#include <vector>

#include "storage/redis/escrow.h"
#include "storage/redis/spending.h"
#include "storage/redis/stack_use.h"

namespace tessera::storage {

// The money that a stack needs of its campaigns' budgets. Loop thread only.
class StackMoney {
 public:
  StackMoney(const Backend& backend, CampaignDirectory& directory, Escrow& escrow)
      : backend_(backend), directory_(directory), escrow_(escrow) {}

  // Brings what the script found too little of, until something is to be asked anew: the script is to be run
  // again in any case. Where there is less anywhere, the items say so: they are to take off less, if their
  // campaign clips, or the last of the campaign's is refused.
  async::Task<core::Status> Fetch(StackUse* use, std::vector<MoneyShort> shortages);
  // Notes the same of what a redemption would find too little of, beyond what the order holds as the script's
  // PASS says, and brings nothing; true when there is something.
  async::Task<core::Result<bool>> Count(StackUse* use, const ScriptReply* passed) const;

  // Brings home what the use left over of a hold that it ended, as far as that is quickly done: a sweeper
  // does the rest.
  async::Task<void> BringHome(const StackUse* use);

 private:
  struct Need;
  static std::map<std::string, Need> NeedsOf(StackUse* use);
  static void LearnLeft(const Need& need, LimitKind kind, int64_t left);

  // Whether the others may be asked for: of budgets that are short the first is told, so what is not settled
  // about this one is to be asked of the partition before.
  async::Task<core::Result<bool>> Bring(StackUse* use, const Need* need, MoneyShort shortage);

  const Backend& backend_;
  CampaignDirectory& directory_;
  Escrow& escrow_;
};

}  // namespace tessera::storage
