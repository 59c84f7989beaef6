#pragma once

#include <span>
#include <variant>
#include <vector>

#include "core/order.h"
#include "core/refusal.h"
#include "core/stacking.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// What coupons take off an order at an instant, or who of them can't be used and why, in the core's words.
struct RefusedPlace {
  size_t place = 0;  // among the candidates
  core::Refusal refusal;
};
struct Judgement {
  std::variant<core::PricedStack, std::vector<RefusedPlace>> stack;
  core::Window holds{0, core::kAmountMax};  // as storage::Decision::holds
};

// By the campaigns' offers and their weekly windows, on the clock of each campaign's zone. Pure, any thread.
Judgement JudgeStack(const core::Order& order, std::span<const storage::Candidate> candidates,
                     core::InstantMs now);

// Decides for one request, as storage::Decide. A copy is what it was made of.
class StackJudge {
 public:
  // `listed`: the coupons of the request, by their places in it; none where it named none.
  StackJudge(core::Order order, std::vector<core::CouponName> listed)
      : order_(std::move(order)), listed_(std::move(listed)) {}

  storage::Decision operator()(std::span<const storage::Candidate> candidates, core::InstantMs now) const;

 private:
  core::Order order_;
  std::vector<core::CouponName> listed_;
};

}  // namespace tessera::redeemer
