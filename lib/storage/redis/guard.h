#pragma once

#include <optional>
#include <string>

#include "async/task.h"
#include "core/result.h"
#include "redis/client.h"
#include "storage/redis/keys.h"
#include "storage/redis/redis_clock.h"
#include "storage/redis/store_config.h"

namespace tessera::storage {

// Closed, not open: the guard asks every primary, at each connect and every few seconds, whether Redis is as
// durable as promised, is the right one, and has room. While it is not, the adapter refuses. Loop thread
// only.
class Guard {
 public:
  Guard(const StoreConfig& config, const Keys& keys, RedisClock& clock);

  // The reason why nothing may be read, or only nothing written, now.
  core::Status MayUse(bool reads_only) const;

  // What runs on a new session before it is used: learns Redis' clock and, once the namespace was seen, asks
  // all of this again of the node behind it, so that an emptied or weakened Redis is noticed before the first
  // write to it.
  async::Task<redis::Result<void>> OnConnect(redis::Session& session);

  // Creates the namespace if the configuration says so, then checks until Stop.
  async::Task<void> Watch(redis::Client& client);
  // One round of checks, as Watch does every few seconds.
  async::Task<void> Check(redis::Client& client);
  void Stop() { stopped_.Set(); }

  // Whether the last round found everything as promised; the message says what was not.
  const core::Status& verdict() const { return verdict_; }
  // The version of a primary that was asked in the last round; empty before one was.
  const std::string& redis_version() const { return redis_version_; }
  // Whether every primary answered in the last round. When one did not, calls go on and find out themselves.
  bool reachable() const { return reachable_; }

 private:
  core::Status JudgeInfo(std::string_view info);
  core::Status JudgeConfig(const redis::Reply& reply) const;
  async::Task<void> JudgeSession(redis::Session& session, async::Deadline deadline);
  async::Task<core::Status> CheckMarkers(redis::Client& client);

  const StoreConfig& config_;
  const Keys& keys_;
  RedisClock& clock_;
  async::Event stopped_;
  core::Status verdict_;
  std::string redis_version_;
  bool reachable_ = false;
  bool storage_full_ = false;
  bool markers_seen_ = false;
};

}  // namespace tessera::storage
