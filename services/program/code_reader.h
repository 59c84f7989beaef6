#pragma once

#include <string_view>

#include "api/coupon_ref.h"
#include "async/task.h"
#include "core/code.h"
#include "server/call_context.h"
#include "services/program/attempt_budget.h"
#include "services/program/handler_tools.h"
#include "storage/batch_store.h"

namespace tessera::program {

// Reads the codes that callers send, under the budget of wrong ones. Handlers check everything else in a
// request first: a malformed request is charged nothing, and learns nothing of its code. Loop thread only;
// what it is made of must outlive it.
class CodeReader {
 public:
  CodeReader(storage::AttemptStore& attempts, storage::CodeDictionary& dictionary, const HandlerTools& tools,
             const AttemptConfig& config, prometheus::Registry& registry)
      : dictionary_(dictionary), tools_(tools), budget_(attempts, tools.users, config, registry) {}

  // What the code names. INVALID_CODE for a text that can be no code, COUPON_NOT_FOUND for one that could be
  // a stored one and is none: both are charged to the user, if the call names one, and to the caller.
  // ATTEMPTS_EXHAUSTED, for right codes too, while a budget of theirs is spent; what the store says when it
  // can't charge. A derived code that is right costs no look at the store; a stored one is charged before it
  // is looked up, so that guesses at the same time are all counted, and has its charge given back.
  // `code`, `user_id` and `context` must live until it answers.
  async::Task<core::Result<core::CouponName>> ReadCode(const api::TypedCode& code, std::string_view user_id,
                                                       const server::CallContext& context);

  // The same for a coupon that may be named by its id, which is no secret, so nobody need guess it: ids are
  // under no budget.
  async::Task<core::Result<core::CouponName>> Read(const api::TypedCoupon& coupon, std::string_view user_id,
                                                   const server::CallContext& context);

 private:
  storage::CodeDictionary& dictionary_;
  const HandlerTools& tools_;
  AttemptBudget budget_;
};

}  // namespace tessera::program
