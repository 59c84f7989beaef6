#pragma once

#include <string>

#include "storage/redis/code_taking.h"
#include "storage/redis/coupon_reader.h"
#include "storage/redis/outcomes.h"
#include "storage/redis/stack_use.h"

namespace tessera::storage {

// The codes of a stack: taken at their homes before the script decides, and told after. What is found out of
// a code is noted with its item. Loop thread only.
class StackCodes {
 public:
  StackCodes(const Backend& backend, const CouponReader& coupons, const Outcomes& outcomes,
             const CodeTaking& taking)
      : backend_(backend), coupons_(coupons), outcomes_(outcomes), taking_(taking) {}

  // Takes those of use->stack under the present attempt. True when an item is other than it was thought to
  // be.
  async::Task<core::Result<bool>> Take(StackUse* use) const;
  // The same for all that are not refused, without taking them.
  async::Task<core::Result<bool>> Look(StackUse* use) const;

  // Tells the homes what the record of the use says, as far as that is quickly done.
  async::Task<void> TellHomes(const StackUse* use, std::string record) const;
  // Sets free what was taken. REQUIRES: every attempt that took one is fenced, or its operation ended
  // without.
  async::Task<void> Free(const StackUse* use) const;

 private:
  async::Task<core::Result<bool>> Learn(StackUse* use, StackItem* item, CodeFound found) const;
  async::Task<core::Error> RefusalToGuest(core::CouponNumber coupon, Deadline deadline) const;

  const Backend& backend_;
  const CouponReader& coupons_;
  const Outcomes& outcomes_;
  const CodeTaking& taking_;
};

}  // namespace tessera::storage
