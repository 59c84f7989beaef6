// BrokenStore is the model with one mistake that shows only now and then: the comparison of histories must
// find each.
#pragma once

#include <utility>

#include "memory_under_test.h"

namespace tessera::contract {

enum class Mistake {
  kForgetsQuota,         // every 200th claim spends no quota
  kForgetsStock,         // every 200th claim spends no stock
  kForgetsOperation,     // every 150th effect leaves no record of its operation
  kReturnsStockUnasked,  // every 20th revocation without the flag gives back what it should not
  kForgetsAUse,          // every 200th coupon that is used stays usable
  kForgetsAReturn,       // every 20th return leaves the order as it stood
  kForgetsSpending,      // every 20th use spends nothing of its campaign's limits of uses
  kKeepsAUse,            // every 5th use that is undone goes on counting for its user
  kKeepsMoney,           // every 5th sum that comes back stays spent
};

class BrokenStore : public MemoryStore {
 public:
  BrokenStore(MemoryOptions options, Mistake mistake) : MemoryStore(std::move(options)), mistake_(mistake) {}

 protected:
  void SpendQuota(QuotaRecord& quota, core::InstantMs day) override {
    if (mistake_ != Mistake::kForgetsQuota || ++count_ % 200 != 0) MemoryStore::SpendQuota(quota, day);
  }
  void SpendStock(CampaignRecord& campaign, core::InstantMs day) override {
    if (mistake_ != Mistake::kForgetsStock || ++count_ % 200 != 0) MemoryStore::SpendStock(campaign, day);
  }
  void Remember(const core::OpRef& ref, const storage::Operation& op, storage::Outcome outcome) override {
    if (mistake_ == Mistake::kForgetsOperation && ++count_ % 150 == 0) return;
    MemoryStore::Remember(ref, op, std::move(outcome));
  }
  void GiveBack(const CouponRecord& coupon, bool return_stock) override {
    if (mistake_ == Mistake::kReturnsStockUnasked && !return_stock && ++count_ % 20 == 0) return_stock = true;
    MemoryStore::GiveBack(coupon, return_stock);
  }
  void UseUp(CouponRecord& coupon, const core::OpRef& redemption) override {
    if (mistake_ == Mistake::kForgetsAUse && ++count_ % 200 == 0) return;
    MemoryStore::UseUp(coupon, redemption);
  }
  void NoteReturn(RedemptionRecord& record, core::StandingOrder standing) override {
    if (mistake_ == Mistake::kForgetsAReturn && ++count_ % 20 == 0) return;
    MemoryStore::NoteReturn(record, std::move(standing));
  }

  void Spend(const CouponRecord& coupon, Spent spent) override {
    if (mistake_ != Mistake::kForgetsSpending || ++count_ % 20 != 0) MemoryStore::Spend(coupon, spent);
  }
  void GiveBackUse(const CouponRecord& coupon, core::InstantMs time_ms) override {
    if (mistake_ != Mistake::kKeepsAUse || ++count_ % 5 != 0) MemoryStore::GiveBackUse(coupon, time_ms);
  }
  void GiveBackMoney(const CouponRecord& coupon, Spent spent) override {
    if (mistake_ != Mistake::kKeepsMoney || ++count_ % 5 != 0) MemoryStore::GiveBackMoney(coupon, spent);
  }

 private:
  const Mistake mistake_;
  int64_t count_ = 0;
};

}  // namespace tessera::contract
