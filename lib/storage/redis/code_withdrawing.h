#pragma once

#include "storage/job_store.h"
#include "storage/redis/code_ranges.h"
#include "storage/redis/code_revoking.h"

namespace tessera::storage {

// Takes a batch of codes back, or some of it. Those that nobody has are withdrawn bucket by bucket, by one
// entry for as many as are neighbours; those that somebody has taken or used are looked at one by one. Loop
// thread only.
class CodeWithdrawing {
 public:
  CodeWithdrawing(const Backend& backend, CodeRanges& ranges, CodeRevoking& revoking)
      : backend_(backend), ranges_(ranges), revoking_(revoking) {}

  // As JobWork::TakeBack says.
  async::Task<core::Result<JobStep>> Step(const Job& job, Deadline deadline) const;

 private:
  struct Withdrawal;  // on its way

  async::Task<core::Result<std::string>> Withdraw(redis::Command command, Deadline deadline) const;
  async::Task<void> WithdrawNeighbours(Withdrawal* step, uint32_t partition) const;
  async::Task<void> WithdrawUses(Withdrawal* step, uint64_t index) const;
  // How many numbers an import gave out in `partition`.
  async::Task<core::Result<uint64_t>> Given(uint64_t batch, uint32_t partition, Deadline deadline) const;
  async::Task<void> RevokeOne(Withdrawal* step, core::CodeNumber code) const;

  const Backend& backend_;
  CodeRanges& ranges_;
  CodeRevoking& revoking_;
};

}  // namespace tessera::storage
