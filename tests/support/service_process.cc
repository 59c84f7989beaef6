#include "tests/support/service_process.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/http_get.h"

#ifndef TESSERA_CLOCK_SHIM
#error "the build must say where the shim is"
#endif

namespace tessera::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRoles[] = {"ADMIN", "MARKETER", "ISSUER", "REDEEMER", "ANALYST", "AUDITOR"};

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Hex(const unsigned char* bytes, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text.push_back(kDigits[bytes[i] >> 4]);
    text.push_back(kDigits[bytes[i] & 15]);
  }
  return text;
}

std::string RandomHex(size_t size) {
  std::vector<unsigned char> bytes(size);
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) throw std::runtime_error("no random bytes");
  return Hex(bytes.data(), size);
}

std::string Sha256Hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return Hex(digest, size);
}

// Readable by its owner only, as the services demand of their key file.
void WritePrivate(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
  chmod(path.c_str(), 0600);
}

std::string DurabilityWord(RedisDurability durability) {
  switch (durability) {
    case RedisDurability::kMemory:
      return "memory";
    case RedisDurability::kEverysec:
      return "everysec";
    case RedisDurability::kFsync:
      return "fsync";
  }
  return "";
}

std::filesystem::path BinDir(const std::filesystem::path& chosen) {
  if (!chosen.empty()) return chosen;
  const char* environment = std::getenv("TESSERA_BIN_DIR");
  return environment != nullptr ? std::filesystem::path(environment)
                                : std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace

void ServiceProcess::Launch() {
  std::filesystem::remove(ports_path());
  const std::filesystem::path config = options_.folder / (options_.name + ".yaml");
  std::ofstream(config) << "grpc:\n  listen: \"" << grpc_address_ << "\"\nhttp:\n  listen: \""
                        << http_address_ << "\"\n"
                        << options_.yaml;
  std::vector<std::string> argv = {options_.program, "--config", config.string(), "--ports-file",
                                   ports_path().string()};
  argv.insert(argv.end(), options_.arguments.begin(), options_.arguments.end());
  auto environment = options_.environment;
  if (options_.clock_offset_s != 0) {
    environment.emplace_back("LD_PRELOAD", TESSERA_CLOCK_SHIM);
    environment.emplace_back("CLOCK_SHIM_OFFSET_S", std::to_string(options_.clock_offset_s));
    // The shim stands before the sanitizer's runtime, which would object.
    environment.emplace_back("ASAN_OPTIONS", "detect_leaks=1:verify_asan_link_order=0");
  }
  process_.Start(argv, log_path(), environment);
}

void ServiceProcess::WaitReady(std::chrono::milliseconds timeout) {
  const auto give_up = Clock::now() + timeout;
  while (true) {
    if (const std::string ports = ReadAll(ports_path()); !ports.empty()) {
      const auto json = nlohmann::json::parse(ports);
      grpc_address_ = json.at("grpc");
      http_address_ = json.at("http");
      if (HttpGet(http_address_, "/readyz").status == 200) return;
    }
    if (!running() || Clock::now() > give_up) {
      const std::string log = Log();
      throw std::runtime_error("tessera-" + options_.name +
                               (running() ? " is not ready" : " ended at its start") + ":\n" +
                               log.substr(log.size() > 2000 ? log.size() - 2000 : 0));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void ServiceProcess::Start() {
  Launch();
  WaitReady();
}

int ServiceProcess::Terminate(std::chrono::milliseconds timeout) {
  process_.Signal(SIGTERM);
  return process_.Wait(static_cast<int>(timeout.count()));
}

std::string ServiceProcess::Log() const { return ReadAll(log_path()); }

std::string ServiceProcess::Metrics() const { return HttpGet(http_address_, "/metrics").body; }

Deployment::Deployment(DeploymentOptions options) : options_(std::move(options)), folder_("tsd") {
  WriteKeys();
  WriteTokens();
  StartRedis();
  issuer_ = Replica("issuer", "issuer");
  redeemer_ = Replica("redeemer", "redeemer");
  analytics_ = Replica("analytics", "analytics");
  for (ServiceProcess* service : {issuer_.get(), redeemer_.get(), analytics_.get()}) service->Launch();
  for (ServiceProcess* service : {issuer_.get(), redeemer_.get(), analytics_.get()}) service->WaitReady();
}

Deployment::~Deployment() {
  for (auto* service : {&analytics_, &redeemer_, &issuer_}) {
    if (*service != nullptr) (*service)->Kill9();
  }
}

void Deployment::StartRedis() {
  RedisServerOptions redis;
  redis.durability = options_.durability;
  redis.config_lines = options_.redis_config_lines;
  redis.note_syncs = options_.note_syncs;
  switch (options_.topology) {
    case RedisTopology::kSingle:
      redis_ = std::make_unique<RedisServer>(std::move(redis));
      return;
    case RedisTopology::kSentinel:
      sentinel_ = std::make_unique<RedisSentinel>(std::move(redis));
      return;
    case RedisTopology::kCluster:
      cluster_ = std::make_unique<RedisCluster>(std::move(redis));
      return;
  }
}

std::vector<std::string> Deployment::data_addresses() const {
  switch (options_.topology) {
    case RedisTopology::kSingle:
      return {redis_->unix_address()};
    case RedisTopology::kSentinel:
      return {sentinel_->primary().tcp_address()};
    case RedisTopology::kCluster:
      return cluster_->addresses();
  }
  return {};
}

std::string Deployment::RedisYaml() const {
  const bool sentinel = options_.topology == RedisTopology::kSentinel;
  std::string yaml = "redis:\n";
  if (sentinel) yaml += std::string("  sentinel_master: ") + RedisSentinel::kMasterName + "\n";
  if (sentinel) yaml += "  topology: sentinel\n";
  if (options_.topology == RedisTopology::kCluster) yaml += "  topology: cluster\n";
  std::string addresses;
  for (const std::string& address : sentinel ? sentinel_->addresses() : data_addresses()) {
    addresses += (addresses.empty() ? "\"" : ", \"") + address + "\"";
  }
  return yaml + "  addresses: [" + addresses + "]\n";
}

void Deployment::WriteKeys() const {
  std::string text;
  for (const char* purpose : {"user", "code", "request", "token"}) {
    text += std::string(purpose) + " 1 " + RandomHex(32) + " current\n";
  }
  WritePrivate(key_file(), text);
}

void Deployment::WriteTokens() {
  std::string text = "tokens:\n";
  for (const char* role : kRoles) {
    const std::string token = RandomHex(16);
    tokens_[role] = token;
    text += "  - name: test-" + std::string(role) + "\n    sha256: \"" + Sha256Hex(token) +
            "\"\n    roles: [" + role + "]\n";
    WritePrivate(folder_.path() / ("token-" + std::string(role)), token + "\n");
  }
  WritePrivate(folder_.path() / "tokens.yaml", text);
}

std::string Deployment::StorageYaml() const {
  return RedisYaml() + "storage:\n  create: true\n  durability: " + DurabilityWord(options_.durability) +
         "\n  partitions: " + std::to_string(options_.partitions) +
         "\n  buckets: " + std::to_string(options_.buckets) + "\n";
}

std::unique_ptr<ServiceProcess> Deployment::Replica(const std::string& service,
                                                    const std::string& name) const {
  ServiceProcess::Options options;
  options.program = (BinDir(options_.bin_dir) / ("tessera-" + service)).string();
  options.name = name;
  options.folder = folder_.path();
  options.yaml = "identity:\n  tokens_file: " + (folder_.path() / "tokens.yaml").string() +
                 "\nlog:\n  level: " + options_.log_level + "\nkeys:\n  file: " + key_file().string() + "\n" +
                 StorageYaml() + options_.extra_yaml;
  options.clock_offset_s = options_.clock_offset_s;
  // Tests count every wallet of many campaigns on machines that do much else.
  options.environment = {{"TESSERA_GRPC_DEADLINE_MAX_MS", "300000"}};
  options.environment.insert(options.environment.end(), options_.environment.begin(),
                             options_.environment.end());
  return std::make_unique<ServiceProcess>(std::move(options));
}

}  // namespace tessera::testing
