#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "tests/support/cut_proxy.h"
#include "tests/support/service_process.h"
#include "tools/demo_day/book.h"
#include "tools/demo_day/progress.h"
#include "tools/demo_day/shop.h"

namespace tessera::demo {

// One busy day of a shop, from the creation of three campaigns to the comparison of its book with Tessera's
// statistics. Play it on one thread; `stop` may be set from a signal handler and ends it within seconds.
class Day {
 public:
  // The deployment must outlive the day.
  Day(testing::Deployment* deployment, const std::atomic<bool>* stop);

  void Play();

  // What the day gave, for people.
  std::string Report();
  // Empty when all is as it must be.
  std::vector<std::string> Violations() const { return book_.violations(); }

 private:
  struct Visit {
    std::string campaign_id;
    load::HeldCoupon coupon;
  };

  void OpenCampaigns();
  void Rush();
  void Grants();
  void LoyalCustomers();
  void Orders();
  // Waits until the reservations that nobody finished have run out and the statistics have caught up.
  void Settle();
  void Keep(const std::string& campaign_id, const std::vector<load::HeldCoupon>& coupons);
  void Run(const std::string& stage, int64_t count, const std::function<void(int64_t)>& work);

  const std::atomic<bool>* stop_;
  testing::CutProxy issuer_proxy_;
  testing::CutProxy redeemer_proxy_;
  Book book_;
  Shop shop_;
  Progress progress_;
  std::mutex mutex_;
  std::vector<Visit> visits_;
  std::map<std::string, coupon::v1::CampaignStats> stats_;
  coupon::v1::VerifyInvariantsResponse verified_;
  double claims_per_second_ = 0;
};

}  // namespace tessera::demo
