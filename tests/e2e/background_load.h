// BackgroundLoad claims and redeems coupons all the time, on threads of its own, while a test breaks things.
// It tries each call again until it knows the outcome, and remembers every answer: what was acknowledged must
// be there afterwards.
//
// Start, Stop and the questions are for one thread.
#pragma once

#include <atomic>
#include <chrono>
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
    std::string code;
    std::optional<pb::RedeemCouponsRequest> redeem;
    std::string redeem_answer;
  };

  // Each thread has a client of its own and rests for `pause` after each coupon. The campaign may have a
  // stock; a thread that is told that it is used up rests for a while.
  BackgroundLoad(testing::Deployment& deployment, std::string campaign_id, int threads,
                 std::chrono::milliseconds pause = std::chrono::milliseconds(0));
  ~BackgroundLoad();

  // Redeems nothing. Before Start.
  void ClaimOnly() { claim_only_ = true; }
  void Start();
  // Ends when every call that was begun has its outcome.
  void Stop();
  // The same when every thread has been told that the stock is used up.
  void StopWhenSoldOut();
  // Waits until so many more claims are acknowledged; throws after a minute, with what the calls were told.
  void WaitForMore(int64_t claims);

  // Tries that were answered by neither OK nor a verdict, by status, reason and message.
  std::map<std::string, int64_t> tried_again();
  // Claims and redemptions that were acknowledged.
  int64_t acknowledged();

  // Sends everything that was acknowledged again and returns how much of it was not answered the same.
  int64_t CountLost();
  // Everything that was acknowledged answers the same bytes again, the statistics count it exactly, the
  // invariants hold. Nothing that was acknowledged is lost, and nothing happened twice.
  void ExpectNothingLost(TesseraClient& client);
  // That, and the stock was issued to the last unit and no further. REQUIRES: StopWhenSoldOut.
  void ExpectSold(TesseraClient& client, int64_t stock);

 private:
  void Work(int thread);
  // One coupon's turn; false when the stock is used up.
  bool Turn(TesseraClient& client, const std::string& name, bool redeems);
  // How many of the two answers are not what they were; says which in `unlike`.
  int64_t CheckOne(TesseraClient& client, const Acknowledged& one, std::vector<std::string>* unlike) const;

  const std::string campaign_id_;
  const std::chrono::milliseconds pause_;
  bool claim_only_ = false;
  std::vector<std::unique_ptr<TesseraClient>> clients_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> stop_when_sold_out_{false};
  std::atomic<int64_t> count_{0};
  std::mutex mutex_;
  std::vector<Acknowledged> done_;
  int64_t redeemed_ = 0;
  std::vector<std::string> unexpected_;
  std::vector<std::string> unlike_;
  std::map<std::string, int64_t> tried_again_;
};

}  // namespace tessera::e2e
