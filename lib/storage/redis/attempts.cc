#include "storage/redis/attempts.h"

#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {

async::Task<core::Result<AttemptSpent>> Attempts::Spend(AttemptSubject subject, AttemptLimit limit,
                                                        Deadline deadline) const {
  redis::Command command(redis_scripts::kSpendAttempt);
  command.Key(backend_.keys.Attempts(subject)).Arg(limit.attempts_max).Arg(limit.window.count());
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline, redis::Retry::kSafe);
  if (!reply.ok()) co_return std::move(reply).error();
  AttemptSpent spent;
  spent.allowed = reply->status == "SPENT";
  if (!spent.allowed && reply->status != "EXHAUSTED") co_return Nonsense("spend_attempt", reply->reply);
  spent.window_end_ms = reply->reply[2].integer();
  spent.window_left = std::chrono::milliseconds(spent.window_end_ms - reply->now_ms);
  co_return spent;
}

async::Task<core::Status> Attempts::Return(AttemptSubject subject, core::InstantMs window_end_ms,
                                           Deadline deadline) const {
  redis::Command command(redis_scripts::kReturnAttempt);
  command.Key(backend_.keys.Attempts(subject)).Arg(window_end_ms);
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline, redis::Retry::kSafe);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->status != "RETURNED" && reply->status != "OVER") {
    co_return Nonsense("return_attempt", reply->reply);
  }
  co_return core::Ok();
}

}  // namespace tessera::storage
