// Models, and broken ones, as stores under test.
#pragma once

#include <functional>
#include <memory>

#include "memory_store.h"
#include "store_under_test.h"

namespace tessera::contract {

// Campaigns' homes in stores that have no place of their own for them.
uint32_t AnyHomeOf(const core::Shape& shape, const std::string& campaign_id);

class MemoryUnderTest : public StoreUnderTest {
 public:
  using Make = std::function<std::unique_ptr<MemoryStore>(MemoryOptions)>;

  // kSet: the clock stands still until WaitUntil moves it on. kReal: it is this machine's, as Redis' is.
  enum class Clock { kSet, kReal };

  MemoryUnderTest(core::Shape shape, Clock clock, const Make& make = MakeModel);

  static std::unique_ptr<MemoryStore> MakeModel(MemoryOptions options) {
    return std::make_unique<MemoryStore>(std::move(options));
  }

  storage::CampaignStore& campaigns() override { return *store_; }
  storage::CouponStore& coupons() override { return *store_; }
  storage::CodeStore& codes() override { return *store_; }
  storage::RedemptionStore& redemptions() override { return *store_; }
  storage::AttemptStore& attempts() override { return *store_; }
  storage::LedgerStore& ledger() override { return *store_; }
  storage::Sweeper& sweeper() override { return *store_; }

  core::Shape shape() const override { return shape_; }
  uint32_t HomeOf(const std::string& campaign_id) const override { return AnyHomeOf(shape_, campaign_id); }
  core::InstantMs Now() override;
  void WaitUntil(core::InstantMs t) override;

 private:
  const core::Shape shape_;
  const Clock clock_;
  core::InstantMs now_ = 1'772'359'200'000;  // 2026-03-01T10:00:00Z
  std::unique_ptr<MemoryStore> store_;
};

// This machine's clock.
core::InstantMs RealNow();
void SleepUntilReal(core::InstantMs t);

}  // namespace tessera::contract
