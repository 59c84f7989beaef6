#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "storage/redemption_store.h"
#include "storage/redis/backend.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/code_taking.h"
#include "storage/redis/spending.h"

namespace tessera::storage {

// A coupon that was asked for, and what is known of it by now. It is a coupon of the wallet or a code that
// belongs to nobody.
struct StackItem {
  core::CouponName name;  // as it was listed
  std::optional<core::CouponNumber> coupon;
  std::optional<core::CodeNumber> code;
  uint32_t uses_max = 1;  // of the code
  int64_t taken = 0;      // the last attempt under which the code was taken
  bool looked_again = false;
  KnownCampaignPtr campaign;
  LimitWindows windows;                       // that the campaign's limits count
  std::optional<int64_t> discount_max_minor;  // what the campaign's budget has left for it

  // What it is refused with for good: its own state, its time, and what its campaign's limits have left.
  std::optional<core::Error> refused;
  // What the service refuses it with as things stand; its own state is asked first, and `judged` says that it
  // was.
  std::optional<core::Error> objection;
  bool judged = false;

  core::CouponName Current() const {
    return coupon.has_value() ? core::CouponName(*coupon) : core::CouponName(*code);
  }
  // What the caller is told of it, if anything.
  const core::Error* why_not() const {
    return refused.has_value() ? &*refused : objection.has_value() ? &*objection : nullptr;
  }
};

// One use of coupons on its way.
struct StackUse {
  enum class Mode : uint8_t { kRedeem, kReserve, kJudge };

  UseIntent intent;
  Mode mode = Mode::kRedeem;
  int64_t ttl_ms = 0;

  std::vector<StackItem> items;       // as they were listed
  std::optional<core::UserKey> user;  // who owns the coupons, or is to own what codes become
  bool named = false;                 // the caller named the user
  uint32_t partition = 0;             // of the wallet
  uint32_t bucket = 0;
  int64_t attempt = 1;  // at taking codes

  OperationPlace place;
  core::InstantMs judged_at_ms = 0;
  core::Window holds;                      // when the service's judgement holds
  std::optional<core::PricedStack> stack;  // what those take off that nothing stands against
  bool asked = false;                      // a script has looked at the operation's record
  std::vector<size_t> scripted;            // the items of the last script, by place
  // A budget, and the start of the day that it counts, or 0.
  using Budget = std::tuple<core::CampaignNumber, LimitKind, core::InstantMs>;
  // What was leased of each to the partition, to be told the script. Of one day it is nothing to another.
  std::map<Budget, int64_t> leased;

  bool partial() const { return intent.partial || mode == Mode::kJudge; }
  // Whether the stack may be used now.
  bool decided() const;
  // Whether codes are to be used beside other coupons whose own state was not asked yet.
  bool wants_look() const;
  bool holds_codes() const;
  CodeHolder Holder() const;
  StackItem* Find(const core::CouponKey& key);
  // From now on the campaign is judged by as this. Nothing that scripts said of any item holds any more.
  void Adopt(KnownCampaignPtr newer);
  // Whether an item before it, that is not refused, means the same coupon.
  bool IsListedBefore(const StackItem& item) const;
  // What the caller is told of the i-th item, if anything; among several, it names its place.
  std::optional<core::Error> WhyNot(size_t item) const;
};

// The script call that uses the stack, or, when `judge`, asks what stands against each item that is not
// refused yet. Notes which items it is about.
redis::Command StackCommand(const Backend& backend, const ReceiptCodec& receipts, StackUse& use, bool judge);

}  // namespace tessera::storage
