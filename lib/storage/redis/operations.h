#pragma once

#include "storage/redemption_store.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Answers what became of earlier calls. Loop thread only.
class Operations {
 public:
  Operations(const Backend& backend, const Outcomes& outcomes) : backend_(backend), outcomes_(outcomes) {}

  async::Task<core::Result<OperationStatus>> Get(OperationQuery query) const;
  async::Task<core::Result<OperationStatus>> Fence(OperationQuery query) const;
  async::Task<core::Result<RedemptionView>> GetRedemption(core::OpRef ref, Deadline deadline) const;
  async::Task<core::Result<Explanation>> Explain(core::OpRef ref, Deadline deadline) const;

 private:
  async::Task<core::Result<OperationStatus>> Open(std::string record, core::OpRef ref,
                                                  Deadline deadline) const;

  const Backend& backend_;
  const Outcomes& outcomes_;
};

}  // namespace tessera::storage
