#pragma once

#include "storage/coupon_store.h"
#include "storage/redemption_store.h"
#include "storage/redis/coupon_reader.h"
#include "storage/redis/escrow.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Ends what was begun: commits and releases reservations, revokes coupons. Loop thread only.
class Settling {
 public:
  Settling(const Backend& backend, CampaignDirectory& directory, const CouponReader& coupons,
           const Outcomes& outcomes, Escrow& escrow)
      : backend_(backend), directory_(directory), coupons_(coupons), outcomes_(outcomes), escrow_(escrow) {}

  async::Task<core::Result<Redemption>> Commit(CommitIntent intent);
  async::Task<core::Result<Released>> Release(ReleaseIntent intent);
  // REQUIRES: intent.coupon is a coupon's own number.
  async::Task<core::Result<Revoked>> Revoke(RevokeIntent intent);

 private:
  // The reservation that the caller names, or nothing when there is none.
  async::Task<core::Result<std::optional<Record>>> ReadReservation(core::OpRef ref, Deadline deadline) const;
  // How commit and release begin: with the keys and arguments that say which reservation is meant.
  redis::Command CommandOn(const redis::Script& script, const core::OpRef& held, const Record& record,
                           const Operation& op, const OperationPlace& place, bool gives_back) const;
  async::Task<core::Result<ScriptReply>> RunRevoke(RevokeIntent intent, KnownCampaignPtr campaign,
                                                   OperationPlace place, core::Window day) const;
  core::Error ReservationRefusal(const ScriptReply& reply, uint32_t partition) const;
  // What a release gave back of its campaigns' budgets.
  async::Task<core::Status> BringBudgetsHome(const Record* record, uint32_t partition, Deadline deadline);
  async::Task<core::Status> BringHome(KnownCampaignPtr campaign, uint32_t partition, core::Window day,
                                      Deadline deadline);

  const Backend& backend_;
  CampaignDirectory& directory_;
  const CouponReader& coupons_;
  const Outcomes& outcomes_;
  Escrow& escrow_;
};

}  // namespace tessera::storage
