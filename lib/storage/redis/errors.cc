#include "storage/redis/errors.h"

#include <string>

namespace tessera::storage {
namespace {

using core::Reason;

Reason ReasonOf(const redis::Error& error) {
  switch (error.kind) {
    case redis::ErrorKind::kTimeout:
    case redis::ErrorKind::kDisconnected:
      return Reason::kStoreUnreachable;
    case redis::ErrorKind::kOverloaded:
      return Reason::kOverloaded;
    case redis::ErrorKind::kOom:
      return Reason::kStorageFull;
    case redis::ErrorKind::kMisconf:
    case redis::ErrorKind::kNoReplicas:
      return Reason::kDurabilityBelowPromise;
    case redis::ErrorKind::kReadOnly:
    case redis::ErrorKind::kMasterDown:
      return Reason::kStoreReadOnly;
    case redis::ErrorKind::kLoading:
      return Reason::kStoreLoading;
    case redis::ErrorKind::kBusy:
      return Reason::kStoreBusy;
    case redis::ErrorKind::kNoScript:
    case redis::ErrorKind::kMoved:
    case redis::ErrorKind::kAsk:
    case redis::ErrorKind::kTryAgain:
    case redis::ErrorKind::kClusterDown:
    case redis::ErrorKind::kNoAuth:
    case redis::ErrorKind::kWrongPass:
    case redis::ErrorKind::kNoPerm:
      return Reason::kStoreUnreachable;
    case redis::ErrorKind::kProtocol:
    case redis::ErrorKind::kCrossSlot:
    case redis::ErrorKind::kWrongType:
    case redis::ErrorKind::kOther:
      return Reason::kStoreNonsense;
  }
  return Reason::kInternal;
}

}  // namespace

core::Error OutcomeUnknown(std::string cause) {
  return core::Error(Reason::kOutcomeUnknown,
                     "The store did not confirm it in time; whether the call took effect is not known. "
                     "Repeat it with the same request_id, or ask GetOperation.")
      .Because(std::move(cause));
}

core::Error FromRedis(const redis::Error& error) {
  std::string cause = std::string(redis::Name(error.kind)) + ": " + error.text;
  if (error.OutcomeUnknown()) return OutcomeUnknown(std::move(cause));
  return core::Error(ReasonOf(error), "The store can't do this now. Try again later.")
      .Because(std::move(cause));
}

core::Error NoRedemption() {
  return core::Error(core::Reason::kRedemptionNotFound, "There is no such redemption.");
}

core::Error CouponTakenBack() {
  return core::Error(core::Reason::kCouponRevoked, "The coupon was taken back.");
}

core::Error AnothersCoupon() {
  return core::Error(core::Reason::kCouponOfAnotherUser, "The coupon belongs to another user.");
}

core::Error CommonRefusal(std::string_view status) {
  if (status == "REUSED") {
    return core::Error(Reason::kRequestIdReused, "This request_id was used for another request.");
  }
  if (status == "FENCED")
    return core::Error(Reason::kOperationFenced, "This operation was fenced: it will never take effect.");
  if (status == "DEADLINE") {
    return core::Error(Reason::kDeadlinePassed,
                       "The deadline passed before the write; the call had no effect.");
  }
  return core::Error(Reason::kStoreNonsense, "The store answered something unexpected.")
      .Because("status " + std::string(status));
}

core::Error Contended(std::string_view why) {
  return core::Error(core::Reason::kContended, std::string(why) + " Try again.");
}

core::Error ContendedForUnits() { return Contended("Too many others wanted the same."); }

core::Error Unreadable(std::string what) {
  return core::Error(Reason::kStoreNonsense, "The store holds what can't be read.").Because(std::move(what));
}

core::Error Nonsense(std::string_view where, const redis::Reply& reply) {
  return core::Error(Reason::kStoreNonsense, "The store answered something unexpected.")
      .Because(std::string(where) + ": " + reply.ToString());
}

}  // namespace tessera::storage
