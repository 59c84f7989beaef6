// ChaosCaller is one caller who claims, reserves, redeems, commits, releases and takes back while everything
// around breaks, gives each call too little time, and finds out afterwards what became of it. Nobody else
// touches its users' coupons, so it knows how each of them stands, and every answer that it cannot explain is
// a fault.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/e2e/tessera_client.h"
#include "tests/support/cut_proxy.h"

namespace tessera::e2e {

// What a caller's calls did, and what a campaign's statistics must say.
struct ChaosCounts {
  int64_t calls = 0;
  int64_t unknown = 0;         // calls whose first answer did not tell the outcome
  int64_t took_effect = 0;     // of these, those that had taken effect
  int64_t named_too_late = 0;  // of these, those that the service itself called too late
  int64_t issued = 0;
  int64_t reserved = 0;
  int64_t released = 0;
  int64_t redeemed = 0;
  int64_t rolled_back = 0;
  int64_t reserved_now = 0;
  int64_t redeemed_now = 0;
  int64_t discount_minor = 0;  // of what is redeemed now

  void Add(const ChaosCounts& other);
};

class ChaosCaller {
 public:
  // The proxies stand before issuer and redeemer. All must outlive the caller.
  ChaosCaller(testing::Deployment& deployment, const testing::CutProxy& issuer,
              const testing::CutProxy& redeemer, std::string campaign_id, int number);

  // One call with little time, and whatever it takes to know its outcome.
  void Act();
  // What it knows, against its users' wallets and its own sums.
  void CheckWallets();
  ChaosCounts Counts() const;
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  struct Held {
    std::string user_id;
    std::string code;
    pb::CouponState state = pb::COUPON_STATE_AVAILABLE;
    pb::Reservation reservation;
    pb::Redemption redemption;
  };

  void Claim();
  void Reserve(Held& held);
  void Redeem(Held& held);
  void Commit(Held& held);
  void Release(Held& held);
  void RollBack(Held& held);
  void Redeemed(Held& held, const pb::Redemption& redemption);

  // The call's answer, or nothing when it has not taken effect and never will.
  template <class Response, class Request>
  std::optional<Response> Change(const Request& request, const pb::OperationKey& key);
  // Sends it again until it is answered.
  template <class Response, class Request>
  std::optional<Response> Repeat(const Request& request);
  // Asks what became of it, and sees to it that nothing more does.
  template <class Response, class Request>
  std::optional<Response> Fence(const Request& request, const pb::OperationKey& key);
  void Fault(const std::string& what);
  int64_t Random(int64_t below) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(below)); }
  std::string NewOrder() { return "order-" + name_ + "-" + std::to_string(++orders_); }

  const std::string campaign_id_;
  const std::string name_;
  TesseraClient through_;  // by the proxies
  TesseraClient hasty_;    // straight to the services, with as little time
  TesseraClient patient_;  // straight, until it has an answer
  std::mt19937_64 random_;
  std::map<std::string, Held> held_;  // by coupon id
  ChaosCounts counts_;
  int64_t orders_ = 0;
  std::vector<std::string> faults_;
};

}  // namespace tessera::e2e
