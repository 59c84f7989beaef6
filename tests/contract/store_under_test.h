// StoreUnderTest is one store of the port, fresh and empty, with the loop that it runs on and a hand on its
// time. Each contract program defines StoreFactories(): the stores that it holds to the contract. Used by the
// test's thread alone.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "async/event_loop.h"
#include "core/ids.h"
#include "storage/attempt_store.h"
#include "storage/campaign_store.h"
#include "storage/code_store.h"
#include "storage/coupon_store.h"
#include "storage/ledger_store.h"
#include "storage/redemption_store.h"

namespace tessera::contract {

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  virtual storage::CampaignStore& campaigns() = 0;
  virtual storage::CouponStore& coupons() = 0;
  virtual storage::CodeStore& codes() = 0;
  virtual storage::RedemptionStore& redemptions() = 0;
  virtual storage::AttemptStore& attempts() = 0;
  virtual storage::LedgerStore& ledger() = 0;
  virtual storage::Sweeper& sweeper() = 0;

  virtual core::Shape shape() const = 0;
  virtual uint32_t HomeOf(const std::string& campaign_id) const = 0;

  // The store's time, and how to let it come: a model's clock is set, Redis' own has to be waited for.
  virtual core::InstantMs Now() = 0;
  virtual void WaitUntil(core::InstantMs t) = 0;

  async::EventLoop& loop() { return loop_; }

 private:
  async::EventLoop loop_;
};

struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

inline void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }

std::vector<StoreFactory> StoreFactories();

}  // namespace tessera::contract
