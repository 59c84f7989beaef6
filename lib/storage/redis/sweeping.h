#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/ledger_store.h"
#include "storage/redis/changing.h"
#include "storage/redis/code_taking.h"
#include "storage/redis/escrow.h"

namespace tessera::storage {

// Finishes what others left. Every booking is judged anew inside its script, and a record is forgotten only a
// day after no call may use it, so any number of processes may sweep at once. Loop thread only.
class Sweeping {
 public:
  Sweeping(const Backend& backend, CampaignDirectory& directory, Changing& changing, Escrow& escrow,
           const CodeTaking& taking)
      : backend_(backend),
        directory_(directory),
        changing_(changing),
        escrow_(escrow),
        taking_(taking),
        scheduled_(backend.keys.shape().partitions),
        rounds_(backend.keys.shape().partitions) {}

  async::Task<core::Result<SweepReport>> SweepDue(uint32_t partition, Deadline deadline);
  async::Task<core::Result<SweepReport>> SweepTransfers(uint32_t partition, Deadline deadline);
  async::Task<core::Result<SweepReport>> SweepChanges(uint32_t partition, Deadline deadline);

 private:
  // What a wallet's fields say. The views are of the reply that was read.
  struct Overdue {
    struct Item {
      std::string_view index;
      core::CampaignNumber campaign;
    };
    std::vector<Item> items;                  // holds and coupons that ran out
    std::vector<std::string_view> records;    // of operations whose time is over
    std::optional<core::InstantMs> next_due;  // when the next of what is left runs out
    std::string_view seen_holds;
  };
  // `now` is of the wallet's own node: what is overdue is booked by that clock.
  Overdue FindOverdue(const redis::Reply& wallet, core::InstantMs now) const;

  // `due` when the due set names the bucket: then it is noted anew.
  async::Task<core::Status> SweepBucket(uint32_t partition, uint32_t bucket, bool due, core::InstantMs now,
                                        Deadline deadline, SweepReport* report) const;
  // A walk over all wallets of a partition: what in the due set it is for, and how far it came.
  struct Round {
    std::vector<std::string> ends;
    uint32_t next_bucket = 0;
  };
  async::Task<core::Status> Walk(uint32_t partition, core::InstantMs now, Deadline deadline,
                                 SweepReport* report);
  async::Task<void> SweepInto(uint32_t partition, uint32_t bucket, core::InstantMs now, Deadline deadline,
                              SweepReport* report, core::Status* swept) const;
  async::Task<core::Status> NoteWalked(uint32_t partition, Deadline deadline) const;
  async::Task<core::Status> Schedule(uint32_t partition, bool again, Deadline deadline) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  Changing& changing_;
  Escrow& escrow_;
  const CodeTaking& taking_;
  std::vector<bool> scheduled_;  // partitions whose next forgetting this process has seen to
  std::vector<Round> rounds_;    // the walk under way in each
};

}  // namespace tessera::storage
