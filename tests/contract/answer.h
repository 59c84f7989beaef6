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

using Value =
    std::variant<storage::CampaignChanged, storage::Issued, storage::Redemption, storage::Reservation,
                 storage::Released, storage::RolledBack, storage::Revoked, storage::OperationStatus,
                 storage::GeneratedCodes, storage::JobCreated, storage::CodeView, storage::RedemptionView,
                 storage::Verdict, storage::Coupon, core::Campaign, std::vector<storage::Coupon>,
                 std::vector<std::string>, storage::CampaignTotals>;
using Answer = core::Result<Value>;

template <class T>
Answer ToAnswer(const core::Result<T>& result) {
  if (result.ok()) return Value(*result);
  return result.error();
}

// A campaign's number is the store's own affair and not compared.
Answer ToAnswer(const core::Result<storage::CampaignPtr>& result);

// Whether `found` says what `expected` says: equal values, or the same reason with at least the same
// metadata. Messages are prose and not compared.
bool SameAnswer(const Answer& expected, const Answer& found);

// An instant as the metadata of the port's errors has it: milliseconds since the Unix epoch, in decimal.
std::string InstantText(core::InstantMs t);

std::string Describe(const Answer& answer);

}  // namespace tessera::contract
