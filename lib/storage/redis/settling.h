#pragma once

#include "storage/coupon_store.h"
#include "storage/redemption_store.h"
#include "storage/redis/code_taking.h"
#include "storage/redis/coupon_reader.h"
#include "storage/redis/outcomes.h"
#include "storage/redis/stock.h"

namespace tessera::storage {

// Ends what was begun: commits and releases reservations, rolls redemptions back, revokes coupons. Loop
// thread only.
class Settling {
 public:
  Settling(const Backend& backend, CampaignDirectory& directory, const CouponReader& coupons,
           const Outcomes& outcomes, Stock& stock, const CodeTaking& taking)
      : backend_(backend),
        directory_(directory),
        coupons_(coupons),
        outcomes_(outcomes),
        stock_(stock),
        taking_(taking) {}

  async::Task<core::Result<Redemption>> Commit(CommitIntent intent);
  async::Task<core::Result<Released>> Release(ReleaseIntent intent);
  async::Task<core::Result<RolledBack>> Rollback(RollbackIntent intent);
  // REQUIRES: intent.coupon is a coupon's own number.
  async::Task<core::Result<Revoked>> Revoke(RevokeIntent intent);

 private:
  // A reservation or redemption that the caller names, as its record says.
  struct Earlier {
    Record record;
    KnownCampaignPtr campaign;
  };

  // Nothing when there is no such record of that type.
  async::Task<core::Result<std::optional<Earlier>>> ReadEarlier(core::OpRef ref, RecordType type,
                                                                Deadline deadline) const;
  // How commit, release and rollback begin: with the keys and arguments that say which earlier operation is
  // meant.
  redis::Command CommandOn(const redis::Script& script, const core::OpRef& earlier, const Record& record,
                           const Operation& op, const OperationPlace& place,
                           std::initializer_list<std::string> more_keys = {}) const;
  async::Task<void> FreeCode(core::OpRef redemption, const ScriptReply& reply, Deadline deadline) const;
  async::Task<core::Result<ScriptReply>> RunRevoke(RevokeIntent intent, KnownCampaignPtr campaign,
                                                   OperationPlace place, core::Window day) const;
  core::Error ReservationRefusal(const ScriptReply& reply, uint32_t partition) const;
  async::Task<core::Status> BringHome(KnownCampaignPtr campaign, uint32_t partition, core::Window day,
                                      Deadline deadline);

  const Backend& backend_;
  CampaignDirectory& directory_;
  const CouponReader& coupons_;
  const Outcomes& outcomes_;
  Stock& stock_;
  const CodeTaking& taking_;
};

}  // namespace tessera::storage
