// BackgroundLoad claims and redeems coupons all the time, on threads of its own, while a test breaks things.
// It tries each call again until it knows the outcome, and remembers every answer: what was acknowledged must
// be there afterwards.
//
// Start, Stop and the questions are for one thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/tessera_client.h"

namespace tessera::e2e {

class BackgroundLoad {
 public:
  struct Acknowledged {
    pb::ClaimCouponRequest claim;
    std::string claim_answer;  // its bytes
    std::optional<pb::RedeemCouponsRequest> redeem;
    std::string redeem_answer;
  };

  // `campaign_id` has no limits. Each thread has a client of its own.
  BackgroundLoad(testing::Deployment& deployment, std::string campaign_id, int threads);
  ~BackgroundLoad();

  void Start();
  // Ends when every call that was begun has its outcome.
  void Stop();
  // Waits until so many more claims are acknowledged; throws after a minute, with what the calls were told.
  void WaitForMore(int64_t claims);

  // Everything that was acknowledged answers the same bytes again, the statistics count it exactly, the
  // invariants hold. Nothing that was acknowledged is lost, and nothing happened twice.
  void ExpectNothingLost(TesseraClient& client);

 private:
  void Work(int thread);
  void CheckOne(TesseraClient& client, const Acknowledged& one) const;

  const std::string campaign_id_;
  std::vector<std::unique_ptr<TesseraClient>> clients_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> count_{0};
  std::mutex mutex_;
  std::vector<Acknowledged> done_;
  int64_t redeemed_ = 0;
  std::vector<std::string> unexpected_;
  std::map<std::string, int64_t> tried_again_;
};

}  // namespace tessera::e2e
