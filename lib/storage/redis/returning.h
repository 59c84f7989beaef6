#pragma once

#include "storage/redemption_store.h"
#include "storage/redis/code_taking.h"
#include "storage/redis/escrow.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Takes redemptions back, whole or in part: what comes back is computed from what was stored when the coupons
// were used, the script judges who can be used again and that no other return came first. Loop thread only.
class Returning {
 public:
  Returning(const Backend& backend, CampaignDirectory& directory, const Outcomes& outcomes,
            const CodeTaking& taking, Escrow& escrow, const ReceiptCodec& receipts)
      : backend_(backend),
        directory_(directory),
        outcomes_(outcomes),
        taking_(taking),
        escrow_(escrow),
        receipts_(receipts) {}

  async::Task<core::Result<RolledBack>> Rollback(RollbackIntent intent);

 private:
  // The redemption as it stands, and what the call would do to it.
  struct Plan {
    Record record;
    Outcomes::Uses uses;
    ReturnEntry entry;
    // By coupon of the redemption: what of its amounts goes, and whether its use does.
    struct Change {
      size_t place = 0;
      bool taken_back = false;
      int64_t subtotal_minor = 0;
      int64_t discount_minor = 0;
    };
    std::vector<Change> changes;  // those of entry.outcome.coupons first, in their order
  };

  // Nothing when there is no such redemption.
  async::Task<core::Result<std::optional<Plan>>> Read(const RollbackIntent* intent) const;
  core::Result<core::PartialReturn> PartOf(const RollbackIntent& intent, const Plan& plan,
                                           const core::StandingOrder& standing) const;
  core::Status Compute(const RollbackIntent& intent, Plan* plan) const;
  redis::Command BuildCommand(const RollbackIntent& intent, const OperationPlace& place,
                              const Plan& plan) const;
  async::Task<void> FreeCodes(core::OpRef redemption, const ScriptReply* reply, Deadline deadline) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  const Outcomes& outcomes_;
  const CodeTaking& taking_;
  Escrow& escrow_;
  const ReceiptCodec& receipts_;
};

}  // namespace tessera::storage
