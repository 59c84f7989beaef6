// Answer is what any call of the port answered, in one type: so that a table of methods and a random history
// can keep, compare and print answers. A value type.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/result.h"
#include "storage/campaign_store.h"
#include "storage/code_store.h"
#include "storage/coupon_store.h"
#include "storage/ledger_store.h"
#include "storage/redemption_store.h"

namespace tessera::contract {

// A refusal without its prose.
struct Refused {
  core::Reason reason = core::Reason::kInternal;
  std::vector<std::pair<std::string, std::string>> metadata;
  bool operator==(const Refused&) const = default;
};

// What the port answers as pointers or with errors inside, as values.
struct JudgedStack {
  struct Coupon {
    core::CouponName coupon;
    std::string campaign_id;
    std::variant<core::AppliedCoupon, Refused> says;
    bool operator==(const Coupon&) const = default;
  };
  std::vector<Coupon> coupons;
  int64_t subtotal_minor = 0;
  int64_t shipping_minor = 0;
  int64_t discount_minor = 0;
  bool operator==(const JudgedStack&) const = default;
};
struct Explained {
  storage::Redemption redemption;
  storage::Receipt receipt;
  std::vector<core::Campaign> campaigns;
  bool operator==(const Explained&) const = default;
};

using Value =
    std::variant<storage::CampaignChanged, storage::Issued, storage::Redemption, storage::Reservation,
                 storage::Released, storage::RolledBack, storage::Revoked, storage::OperationStatus,
                 storage::GeneratedCodes, storage::JobCreated, storage::CodeView, storage::RedemptionView,
                 JudgedStack, Explained, storage::Coupon, core::Campaign, std::vector<storage::Coupon>,
                 std::vector<std::string>, storage::CampaignTotals>;
using Answer = core::Result<Value>;

template <class T>
Answer ToAnswer(const core::Result<T>& result) {
  if (result.ok()) return Value(*result);
  return result.error();
}

// A campaign's number is the store's own affair and not compared.
Answer ToAnswer(const core::Result<storage::CampaignPtr>& result);
Answer ToAnswer(const core::Result<storage::Verdict>& result);
// Nor is the instant that an order was judged at, which is some instant of the call.
Answer ToAnswer(const core::Result<storage::Explanation>& result);

// Whether `found` says what `expected` says: equal values, or the same reason with at least the same
// metadata. Messages are prose and not compared.
bool SameAnswer(const Answer& expected, const Answer& found);

// An instant as the metadata of the port's errors has it: milliseconds since the Unix epoch, in decimal.
std::string InstantText(core::InstantMs t);

std::string Describe(const Answer& answer);

}  // namespace tessera::contract
