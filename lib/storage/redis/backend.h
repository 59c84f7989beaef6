#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/result.h"
#include "crypto/digest.h"
#include "redis/client.h"
#include "storage/operation.h"
#include "storage/redis/guard.h"
#include "storage/redis/keys.h"
#include "storage/redis/redis_clock.h"
#include "storage/redis/store_config.h"

namespace tessera::storage {

// A script's answer: its status, Redis' instant, and the rest.
struct ScriptReply {
  redis::Reply reply;
  std::string_view status;  // reply[0]; lives in reply
  core::InstantMs now_ms = 0;

  // What follows STALE: the version that the partition knows.
  int64_t version() const;
};

// Where the record of an operation stands, and until when that is right.
struct OperationPlace {
  core::OpRef ref;
  core::OpRef earlier;  // the period before, or the same when the request id carries its time
  core::InstantMs expires_ms = 0;
  core::InstantMs from_ms = 0;
  core::InstantMs until_ms = 0;

  // Of a record whose place is known.
  static OperationPlace At(core::OpRef ref);
};

// A request id's own time may lie so far ahead of Redis' clock.
inline constexpr core::InstantMs kRequestAheadMaxMs = core::InstantMs{24} * 3600 * 1000;

// Until when a call that has taken effect does what a sweeper would do otherwise: its caller has better
// things to wait for.
Deadline Afterwards(Deadline deadline);

// What everything in the adapter stands on: the client, the names, Redis' clock, and the guard that closes
// it. Loop thread only; all it refers to must outlive it.
struct Backend {
  redis::Client& client;
  const Keys& keys;
  RedisClock& clock;
  const Guard& guard;
  const StoreConfig& config;
  const crypto::RequestDigests& digests;

  // Runs a script that answers {status, now, ...}. Scripts do nothing when they are done twice, but for those
  // of attempts, so an answer that was lost is asked for again until the deadline.
  async::Task<core::Result<ScriptReply>> Run(redis::Command command, Deadline deadline,
                                             redis::Retry retry = redis::Retry::kIdempotent) const;
  // The same for scripts and commands that answer anything else.
  async::Task<core::Result<redis::Reply>> Call(redis::Command command, Deadline deadline,
                                               redis::Retry retry = redis::Retry::kIdempotent) const;

  // REQUEST_TOO_OLD when its record's time may be over; INVALID_FIELD when it lies in the future.
  core::Status MayBeRecorded(Method method, std::optional<core::InstantMs> id_time_ms) const;
  core::Status MayBeRecorded(const Operation& op) const { return MayBeRecorded(op.method, op.id_time_ms); }

  // The same for the operations that stand in buckets of their own: all but those that issue coupons.
  core::Result<OperationPlace> Place(Method method, uint32_t partition, const std::array<uint8_t, 12>& field,
                                     std::optional<core::InstantMs> id_time_ms) const;
  core::Result<OperationPlace> Place(const Operation& op, uint32_t partition) const {
    return Place(op.method, partition, op.field, op.id_time_ms);
  }

  // The operation's record, wherever it lies; `where`, unless null, becomes its reference.
  async::Task<core::Result<std::optional<std::string>>> Find(OperationPlace place, Deadline deadline,
                                                             core::OpRef* where = nullptr) const;

  // The record of an operation that issues a coupon: it stands in the user's wallet.
  async::Task<core::Result<std::optional<std::string>>> FindClaim(uint32_t partition, uint32_t bucket,
                                                                  std::array<uint8_t, 12> field,
                                                                  Deadline deadline) const;

  async::Task<core::Result<std::optional<std::string>>> ReadRecord(std::string key, std::string field,
                                                                   Deadline deadline) const;

  // What `record`, found for `op`, says: itself (a replay), REUSED or FENCED.
  static core::Result<std::optional<std::string>> Replayed(const Operation& op, std::string record);

  // What the record of `op` says before anything else is asked: the record (a replay), nothing, or REUSED or
  // FENCED.
  async::Task<core::Result<std::optional<std::string>>> Replay(Operation op, OperationPlace place,
                                                               core::OpRef* where = nullptr) const;

  // Whether a script refused because a period or a day had passed in the meantime. The clock has caught up
  // then: another attempt will know.
  bool PeriodPassed(const ScriptReply& reply) const;

  // Adds the arguments that scripts/part/begin.lua reads. REQUIRES: the keys were added.
  void AddBegin(redis::Command& command, const Operation& op, const OperationPlace& place) const;
};

}  // namespace tessera::storage
