#include "tests/support/redis_server.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/free_port.h"

#ifndef TESSERA_FSYNC_SHIM
#error "the build must say where the shim is"
#endif

namespace tessera::testing {
namespace {

constexpr const char* kRedisServer = "/usr/bin/redis-server";
constexpr std::chrono::seconds kStartMax{15};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

RedisServer::RedisServer(RedisServerOptions options) : options_(std::move(options)), folder_("tsr") {
  if (options_.tcp) port_ = FreePort();
  redis_ = std::make_unique<BlockingRedis>(unix_address());
  WriteConfig();
  if (options_.start) Start();
}

std::string RedisServer::unix_address() const { return "unix:" + (folder_.path() / "redis.sock").string(); }

std::string RedisServer::tcp_address() const { return "127.0.0.1:" + std::to_string(port_); }

void RedisServer::WriteConfig() {
  std::ofstream config(folder_.path() / "redis.conf");
  config << "dir " << folder_.path().string() << "\n"
         << "unixsocket " << (folder_.path() / "redis.sock").string() << "\n"
         << "port " << port_ << "\n"
         << "bind 127.0.0.1\n"
         << "logfile redis.log\n"
         << "save \"\"\n"
         << "rdbchecksum no\n"
         << "repl-diskless-sync-delay 0\n"
         << "maxmemory-policy noeviction\n";
  switch (options_.durability) {
    case RedisDurability::kMemory:
      break;
    case RedisDurability::kEverysec:
      config << "appendonly yes\nappendfsync everysec\n";
      break;
    case RedisDurability::kFsync:
      config << "appendonly yes\nappendfsync always\n";
      break;
  }
  for (const std::string& user : options_.acl_users) config << "user " << user << "\n";
  for (const std::string& line : options_.config_lines) config << line << "\n";
}

void RedisServer::Launch() {
  std::vector<std::string> argv = {kRedisServer, (folder_.path() / "redis.conf").string()};
  argv.insert(argv.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<std::pair<std::string, std::string>> environment;
  if (options_.note_syncs) {
    environment.emplace_back("LD_PRELOAD", TESSERA_FSYNC_SHIM);
    environment.emplace_back("TESSERA_FSYNC_LOG", (folder_.path() / "syncs.log").string());
  }
  process_.Start(argv, folder_.path() / "output.log", environment);
}

void RedisServer::Start() {
  Launch();
  const auto give_up = std::chrono::steady_clock::now() + kStartMax;
  while (!redis_->Ping()) {
    if (!process_.running() || std::chrono::steady_clock::now() > give_up) {
      throw std::runtime_error("redis-server did not start: " + Log() +
                               ReadFile(folder_.path() / "output.log"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void RedisServer::Kill9() { process_.Kill(); }

uint64_t RedisServer::Kill9DroppingUnsynced() {
  Kill9();
  if (!options_.note_syncs) throw std::logic_error("Kill9DroppingUnsynced needs note_syncs");
  // Each line of the shim is "inode size"; the last one of a file counts.
  std::map<ino_t, uint64_t> synced;
  std::ifstream log(folder_.path() / "syncs.log");
  ino_t inode = 0;
  uint64_t size = 0;
  while (log >> inode >> size) synced[inode] = size;
  uint64_t lost = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "appendonlydir")) {
    // The base file is complete before the manifest names it; only the increments grow.
    if (entry.path().string().find(".incr.") == std::string::npos) continue;
    struct stat status{};
    if (stat(entry.path().c_str(), &status) != 0) continue;
    const uint64_t kept = synced.count(status.st_ino) > 0 ? synced[status.st_ino] : 0;
    const auto written = static_cast<uint64_t>(status.st_size);
    if (kept >= written) continue;
    lost += written - kept;
    if (truncate(entry.path().c_str(), static_cast<off_t>(kept)) != 0)
      throw std::runtime_error("truncate failed");
  }
  return lost;
}

void RedisServer::Restart() {
  Kill9();
  Start();
}

void RedisServer::Stop() { process_.Signal(SIGSTOP); }

void RedisServer::Cont() { process_.Signal(SIGCONT); }

std::string RedisServer::Log() const { return ReadFile(folder_.path() / "redis.log"); }

}  // namespace tessera::testing
