// ServiceProcess is one of Tessera's services, running as it does in production: the real program, a
// configuration file, two ports. Deployment is all three of them with a private Redis (one server, a Cluster,
// or servers under Sentinel), keys and callers' tokens.
//
// One thread at a time; start from a thread that lives as long as the deployment (see ChildProcess).
// Everything is gone when the objects are, also after a kill -9 of the process that made them, but for its
// folders under /tmp.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/redis_cluster.h"
#include "tests/support/redis_sentinel.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_folder.h"

namespace tessera::testing {

class ServiceProcess {
 public:
  struct Options {
    std::string program;  // full path
    std::string name;     // "issuer": names its files
    std::filesystem::path folder;
    std::string yaml;  // its configuration but for the two ports
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::string> arguments;
    // Puts the process under another clock, so many seconds off.
    int clock_offset_s = 0;
  };

  explicit ServiceProcess(Options options) : options_(std::move(options)) {}

  // Starts it (again, at the same ports) and waits until /readyz says 200. Throws with the end of its log
  // when it does not.
  void Start();
  // Starts it and does not wait.
  void Launch();
  void WaitReady(std::chrono::milliseconds timeout = std::chrono::seconds(60));

  void Kill9() { process_.Kill(); }
  void Signal(int signal) { process_.Signal(signal); }
  // SIGTERM; the exit status, or -1 when it still runs after `timeout`.
  int Terminate(std::chrono::milliseconds timeout = std::chrono::seconds(15));
  bool running() { return process_.running(); }
  pid_t pid() const { return process_.pid(); }

  // "127.0.0.1:port". REQUIRES: it was started.
  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& http_address() const { return http_address_; }
  std::filesystem::path log_path() const { return options_.folder / (options_.name + ".log"); }
  std::string Log() const;
  // The page of /metrics.
  std::string Metrics() const;

 private:
  std::filesystem::path ports_path() const { return options_.folder / (options_.name + ".ports"); }

  const Options options_;
  ChildProcess process_;
  std::string grpc_address_ = "127.0.0.1:0";
  std::string http_address_ = "127.0.0.1:0";
};

enum class RedisTopology { kSingle, kSentinel, kCluster };

struct DeploymentOptions {
  RedisTopology topology = RedisTopology::kSingle;
  RedisDurability durability = RedisDurability::kFsync;
  // The single redis-server can lose what it never synced to disk (Kill9DroppingUnsynced).
  bool note_syncs = false;
  std::vector<std::string> redis_config_lines;
  uint32_t partitions = 64;
  uint32_t buckets = 2048;
  // Further lines for every service's YAML, top-level sections that are not set already.
  std::string extra_yaml;
  // Further variables for every service, such as {"TESSERA_STORAGE_CHECK_INTERVAL_MS", "200"}.
  std::vector<std::pair<std::string, std::string>> environment;
  // "info", or "off" where log lines would cost what is measured.
  std::string log_level = "info";
  int clock_offset_s = 0;
  // Full path of the folder with the programs; by default $TESSERA_BIN_DIR, else the folder of the running
  // program.
  std::filesystem::path bin_dir;
};

class Deployment {
 public:
  // Starts everything and waits until all are ready.
  explicit Deployment(DeploymentOptions options = {});
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  // What the topology has; the other two are not there.
  RedisServer& redis() { return *redis_; }
  RedisSentinel& sentinel() { return *sentinel_; }
  RedisCluster& cluster() { return *cluster_; }
  // Where data may lie now: the server, the primary, or all nodes of the Cluster.
  std::vector<std::string> data_addresses() const;
  const DeploymentOptions& options() const { return options_; }

  ServiceProcess& issuer() { return *issuer_; }
  ServiceProcess& redeemer() { return *redeemer_; }
  ServiceProcess& analytics() { return *analytics_; }

  // The bearer token of a caller that has this role alone, such as "ISSUER"; "ADMIN" may do everything.
  const std::string& token(const std::string& role) const { return tokens_.at(role); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path key_file() const { return folder_.path() / "keys.txt"; }
  // What the services' "redis" and "storage" sections say.
  std::string StorageYaml() const;

  // Another replica of a service ("issuer"), not started yet.
  std::unique_ptr<ServiceProcess> Replica(const std::string& service, const std::string& name) const;

 private:
  void StartRedis();
  std::string RedisYaml() const;
  void WriteKeys() const;
  void WriteTokens();

  const DeploymentOptions options_;
  TempFolder folder_;
  std::map<std::string, std::string> tokens_;
  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<RedisSentinel> sentinel_;
  std::unique_ptr<RedisCluster> cluster_;
  std::unique_ptr<ServiceProcess> issuer_;
  std::unique_ptr<ServiceProcess> redeemer_;
  std::unique_ptr<ServiceProcess> analytics_;
};

}  // namespace tessera::testing
