#pragma once

#include <string_view>

#include "storage/receipt.h"
#include "storage/redis/backend.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/records.h"

namespace tessera::storage {

// Builds, from an operation's record, what the call answered: the same for the first answer and for every
// repetition, so that they are equal to the byte. Loop thread only.
class Outcomes {
 public:
  Outcomes(const Backend& backend, CampaignDirectory& directory, const ReceiptCodec& receipts)
      : backend_(backend), directory_(directory), receipts_(receipts) {}

  // What the record at `ref` says. STORE_NONSENSE when it can't be read.
  async::Task<core::Result<Outcome>> Open(std::string record, core::OpRef ref, Deadline deadline) const;

  // The same where the type is known.
  template <class T>
  async::Task<core::Result<T>> OpenAs(std::string record, core::OpRef ref, Deadline deadline) const {
    core::Result<Outcome> outcome = co_await Open(std::move(record), ref, deadline);
    if (!outcome.ok()) co_return std::move(outcome).error();
    if (T* value = std::get_if<T>(&*outcome)) co_return std::move(*value);
    co_return core::Error(core::Reason::kStoreNonsense, "The store holds a record of another kind.");
  }

  // OpenAs for a script's OK: {OK, now, record, earlier}.
  template <class T>
  async::Task<core::Result<T>> OpenReply(ScriptReply reply, OperationPlace place, Deadline deadline) const {
    const core::OpRef ref = reply.reply[3].integer() == 1 ? place.earlier : place.ref;
    std::string record(reply.reply[2].text());
    co_return co_await OpenAs<T>(std::move(record), ref, deadline);
  }

  // A redemption or reservation, with all that its record says.
  struct Uses {
    Receipt receipt;                          // coupons by their numbers and campaigns' ids
    std::vector<KnownCampaignPtr> campaigns;  // by coupon
  };
  async::Task<core::Result<Uses>> OpenUses(const Record* record, core::OpRef ref, Deadline deadline) const;

  // COUPON_ALREADY_REDEEMED, naming the redemption that `reference` (of a coupon in `partition`) means and
  // its order.
  async::Task<core::Error> AlreadyRedeemed(uint32_t partition, std::string reference,
                                           Deadline deadline) const;

  // What the operation answered, if it took effect before; what its record refuses with.
  template <class T>
  async::Task<core::Result<std::optional<T>>> AnsweredBefore(Operation op, OperationPlace place) const {
    core::OpRef ref = place.ref;
    const Deadline deadline = op.deadline;
    core::Result<std::optional<std::string>> record =
        co_await backend_.Replay(std::move(op), std::move(place), &ref);
    if (!record.ok()) co_return std::move(record).error();
    if (!record->has_value()) co_return std::optional<T>();
    std::string text = std::move(**record);
    core::Result<T> answer = co_await OpenAs<T>(std::move(text), ref, deadline);
    if (!answer.ok()) co_return std::move(answer).error();
    co_return std::optional<T>(std::move(*answer));
  }

  // `refusal`, unless the operation took effect before: then what it answered, or what its record refuses
  // with.
  template <class T>
  async::Task<core::Result<T>> RefuseUnlessReplay(Operation op, OperationPlace place,
                                                  core::Error refusal) const {
    core::Result<std::optional<T>> before = co_await AnsweredBefore<T>(std::move(op), std::move(place));
    if (!before.ok()) co_return std::move(before).error();
    if (before->has_value()) co_return std::move(**before);
    co_return refusal;
  }

 private:
  const Backend& backend_;
  CampaignDirectory& directory_;
  const ReceiptCodec& receipts_;
};

// The redemption that a record at `ref` tells of. REQUIRES: it is one's.
Redemption ToRedemption(const Record& record, const core::OpRef& ref, Receipt receipt);

// What a return answered, with what its record adds: of which redemption, when, and who can be used again.
RolledBack ToRolledBack(RolledBack kept, const core::OpRef& redemption, const RecordedReturn& recorded);

}  // namespace tessera::storage
