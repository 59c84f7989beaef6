#include "storage/redis/stack_refusals.h"

#include <string_view>

#include "core/instant.h"
#include "storage/redis/errors.h"
#include "storage/redis/issuing.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

bool IsPause(const std::optional<Error>& error) {
  return error.has_value() && error->reason == Reason::kCampaignPaused;
}

bool IsOfUses(std::string_view status) { return UsesSpent(status, LimitWindows()).has_value(); }

// Whether a script's REFUSED is about uses that are too many, and about nothing else.
bool RefusesForUsesAlone(const ScriptReply& reply) {
  for (size_t at = 3; at < reply.reply.size(); at += 3) {
    if (!IsOfUses(reply.reply[at].text())) return false;
  }
  return true;
}

}  // namespace

async::Task<core::Error> StackRefusals::Refusal(const StackUse* use, const StackItem* item,
                                                std::string status, redis::Value detail) const {
  const core::CampaignDefinition& definition = item->campaign->campaign.definition;
  if (status == "NOT_FOUND") co_return Error(Reason::kCouponNotFound, "There is no such coupon.");
  if (status == "FOREIGN") co_return AnothersCoupon();
  if (status == "REVOKED") co_return CouponTakenBack();
  if (status == "EXPIRED") {
    const core::InstantMs end = item->code.has_value() ? definition.use_window.end_ms : detail.integer();
    co_return Error(Reason::kCouponExpired, "The coupon's time is over.")
        .With("expired_at", core::InstantText(end));
  }
  if (status == "HELD") {
    co_return Error(Reason::kCouponReserved, "Another order holds the coupon.")
        .With("held_until", core::InstantText(detail.integer()));
  }
  if (status == "REDEEMED") {
    co_return co_await outcomes_.AlreadyRedeemed(use->partition, std::string(detail.text()),
                                                 use->intent.op.deadline);
  }
  if (IsPause(item->objection)) co_return *item->objection;
  if (status == "NOT_YET") {
    co_return Error(Reason::kCouponNotYetValid, "The coupon can't be used yet.")
        .With("valid_from", core::InstantText(detail.integer()));
  }
  if (status == "QUOTA") co_return UserQuotaSpent();
  if (status == "QUOTA_DAY") co_return UserQuotaSpentToday(item->windows.day);
  if (status == "FULL") co_return WalletFull();
  std::optional<Error> uses_spent = UsesSpent(status, item->windows);
  if (uses_spent.has_value()) co_return std::move(*uses_spent);
  co_return CommonRefusal(status);
}

async::Task<core::Status> StackRefusals::Learn(StackUse* use, ScriptReply reply) const {
  // Without a coupon whose own state refuses it, others may be applied, and other uses be the ones too many.
  const bool uses_alone = RefusesForUsesAlone(reply);
  for (size_t at = 2; at + 2 < reply.reply.size(); at += 3) {
    const auto place = static_cast<size_t>(reply.reply[at].integer() - 1);
    if (place >= use->scripted.size()) co_return Nonsense("redeem", reply.reply);
    StackItem* item = &use->items[use->scripted[place]];
    const std::string status(reply.reply[at + 1].text());
    if (use->partial() && !uses_alone && IsOfUses(status)) continue;
    // Between two looks the use that was in the way may have been rolled back, which revokes its coupon and
    // frees the code.
    const auto* code = std::get_if<core::CodeNumber>(&item->name);
    if (status == "REVOKED" && code != nullptr && item->coupon.has_value() && !item->looked_again) {
      item->looked_again = true;
      item->judged = false;
      item->coupon.reset();
      item->code = *code;
      continue;
    }
    item->refused = co_await Refusal(use, item, status, reply.reply[at + 2]);
    if (item->refused->reason == Reason::kStoreNonsense) co_return *item->refused;
  }
  co_return core::Ok();
}

}  // namespace tessera::storage
