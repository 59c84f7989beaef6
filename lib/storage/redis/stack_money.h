#pragma once

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

  // Has brought what the script found too little of. Where there is less anywhere, the items say so: they are
  // to take off less, if their campaign clips, or the last of the campaign's is refused.
  async::Task<core::Status> Fetch(StackUse* use, std::vector<MoneyShort> needed);
  // Notes what the order holds of budgets, as PASS says.
  static void LearnHeld(StackUse* use, const ScriptReply& reply);
  // Notes the same of what a redemption would find too little of, and brings nothing; true when there is
  // something.
  async::Task<core::Result<bool>> Count(StackUse* use) const;

  // Brings home what the use left over of a hold that it ended, as far as that is quickly done: a sweeper
  // does the rest.
  async::Task<void> BringHome(const StackUse* use);

 private:
  const Backend& backend_;
  CampaignDirectory& directory_;
  Escrow& escrow_;
};

}  // namespace tessera::storage
