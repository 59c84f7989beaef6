// The in-memory model as a store under test: its clock stands still until it is told to move on.
#pragma once

#include <memory>

#include "memory_store.h"
#include "store_under_test.h"

namespace tessera::contract {

// Campaigns' homes in stores that have no place of their own for them.
uint32_t AnyHomeOf(const core::Shape& shape, const std::string& campaign_id);

class MemoryUnderTest : public StoreUnderTest {
 public:
  explicit MemoryUnderTest(core::Shape shape);

  storage::CampaignStore& campaigns() override { return *store_; }
  storage::CouponStore& coupons() override { return *store_; }
  storage::RedemptionStore& redemptions() override { return *store_; }
  storage::LedgerStore& ledger() override { return *store_; }
  storage::Sweeper& sweeper() override { return *store_; }

  core::Shape shape() const override { return shape_; }
  uint32_t HomeOf(const std::string& campaign_id) const override { return AnyHomeOf(shape_, campaign_id); }
  core::InstantMs Now() override { return now_; }
  void WaitUntil(core::InstantMs t) override { now_ = std::max(now_, t); }

 private:
  core::Shape shape_;
  core::InstantMs now_ = 1'772'359'200'000;  // 2026-03-01T10:00:00Z
  std::unique_ptr<MemoryStore> store_;
};

}  // namespace tessera::contract
