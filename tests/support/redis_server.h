// RedisServer is a real redis-server of a test's own: in a private folder, on a Unix socket (and a TCP port
// if asked for), gone with the test. It can be killed, stopped and started again, and it can lose what it
// never synced to disk.
//
// One thread at a time. A machine without redis-server fails the test (the constructor throws).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/blocking_redis.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_folder.h"

namespace tessera::testing {

enum class RedisDurability {
  kMemory,    // nothing on disk
  kEverysec,  // append-only file, synced every second
  kFsync,     // append-only file, synced before every answer
};

struct RedisServerOptions {
  RedisDurability durability = RedisDurability::kMemory;
  // Listens on 127.0.0.1 as well, at a free port.
  bool tcp = false;
  // Further lines for redis.conf, such as "maxmemory 4mb".
  std::vector<std::string> config_lines;
  // The rest of "user" lines, such as "app on >secret ~* +@all". The default user stays as it is unless
  // named.
  std::vector<std::string> acl_users;
  // Remembers what was synced to disk, for Kill9DroppingUnsynced.
  bool note_syncs = false;
  // Further arguments, such as "--sentinel".
  std::vector<std::string> arguments;
  // Starts at once and waits until it answers.
  bool start = true;
};

class RedisServer {
 public:
  explicit RedisServer(RedisServerOptions options = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // "unix:/path", as redis::Config takes it.
  std::string unix_address() const;
  // "127.0.0.1:port". REQUIRES: options.tcp.
  std::string tcp_address() const;
  uint16_t port() const { return port_; }
  const TempFolder& folder() const { return folder_; }

  // Starts it (again), with the data that is on disk, and waits until it answers.
  void Start();
  // The same without waiting: it may be reading its data for long.
  void Launch();
  // kill -9. The page cache survives this, so everything that was written is still there.
  void Kill9();
  // As if the machine lost its power: kill -9, then the append-only file is cut to what was synced.
  // REQUIRES: options.note_syncs. Returns the bytes that were lost.
  uint64_t Kill9DroppingUnsynced();
  // Kill9 (if it runs) and Start.
  void Restart();
  // SIGSTOP and SIGCONT: it is there and does not answer.
  void Stop();
  void Cont();
  bool running() { return process_.running(); }

  // One command as the default user (see BlockingRedis).
  std::string Command(const std::vector<std::string>& argv) { return redis_->Command(argv); }
  BlockingRedis& redis() { return *redis_; }
  // What the server has logged.
  std::string Log() const;

 private:
  void WriteConfig();

  const RedisServerOptions options_;
  TempFolder folder_;
  uint16_t port_ = 0;
  ChildProcess process_;
  std::unique_ptr<BlockingRedis> redis_;
};

}  // namespace tessera::testing
