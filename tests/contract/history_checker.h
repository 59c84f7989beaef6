// HistoryChecker runs a random history on a store and on the model and compares every answer, and at the end
// everything that can be read.
//
// Time. The store's clock cannot be set (Redis judges by its own TIME), so the model's clock is set from the
// store's. The store runs on this machine and its clock is this machine's, so a call that began at t0 and
// ended at t1 was judged at an instant in [t0, t1]. When the answer names its instant, the model is set to
// that one. When it names none (a refusal, a read, a replay), it changed nothing: the answer is right when
// the model, asked without taking effect, gives the same answer at some instant in [t0, t1]. So an answer is
// never accepted that no instant of the call explains, and none is doubted because a hold ran out while the
// call was under way.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "history_generator.h"
#include "memory_store.h"
#include "store_under_test.h"

namespace tessera::contract {

struct HistoryResult {
  int64_t calls = 0;
  std::optional<std::string> mismatch;      // the first one, told in full
  std::map<std::string, int64_t> outcomes;  // "redeem: ok", "redeem: COUPON_EXPIRED", ...
};

class HistoryChecker {
 public:
  HistoryChecker(StoreUnderTest& store, uint64_t seed);

  // Ends with the first mismatch, or after `calls` and the comparison of all state.
  HistoryResult Run(int64_t calls);

 private:
  // Makes the call on both; false on a mismatch, which is in result_ then.
  bool Step(const HistoryCall& call);
  void AwaitEndsOfHolds(const HistoryCall& call);
  // Whether the model explains the answers to `call`, made within [from, until]; it has taken the same effect
  // then.
  bool Explains(const HistoryCall& call, const std::vector<Answer>& found);
  bool ExplainsOne(const HistoryCall& call, const Answer& found);
  bool EndsWithACoupon(const storage::Reservation& reservation);
  bool ExplainsIssue(const HistoryCall& call, const std::vector<Answer>& found);
  // Makes sure that both have swept the same; false when the store can't.
  bool SweepsAlike(const HistoryCall& call);
  Answer AskModel(const HistoryCall& call, core::InstantMs at, bool probing);
  // The coupons that `found` left out for a reason that time may have taken away before the call took effect.
  std::map<core::CouponName, core::Error> LeftOutEarly(const HistoryCall& call, const Answer& found,
                                                       core::InstantMs effect_ms);
  // What the model says to `call` at any instant of the call is `found`.
  bool AnyInstantExplains(const HistoryCall& call, const Answer& found);
  bool CompareState();
  bool SettleAndCompareTotals();
  void Note(const HistoryCall& call, const std::vector<Answer>& found);
  void Fail(const HistoryCall& call, const std::string& expected, const std::string& found);

  StoreUnderTest& store_;
  const Ports store_ports_;
  const uint64_t seed_;
  core::InstantMs model_now_ = 0;
  MemoryStore model_;
  async::EventLoop model_loop_;
  const Ports model_ports_;
  HistoryGenerator generator_;
  core::InstantMs from_ = 0;  // of the call that is being judged
  core::InstantMs until_ = 0;
  std::string expected_;  // what the model said last
  std::deque<std::string> last_;
  HistoryResult result_;
};

}  // namespace tessera::contract
