#include "services/program/store_settings.h"

#include <bit>
#include <charconv>

namespace tessera::program {
namespace {

using server::ConfigSection;

void PowerOfTwo(ConfigSection& section, const char* name, uint32_t* target, uint32_t max, const char* doc) {
  const auto parse = [target, max](const std::string& text) {
    uint32_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = failed == std::errc() && end == text.data() + text.size();
    if (!whole || !std::has_single_bit(value) || value > max) {
      return "must be a power of two from 1 to " + std::to_string(max);
    }
    *target = value;
    return std::string();
  };
  section.Text(name, parse, [target] { return std::to_string(*target); }, doc);
}

void Bind(ConfigSection section, redis::Config& config) {
  section.Choice("topology", &config.topology,
                 {{"single", redis::TopologyKind::kSingle},
                  {"sentinel", redis::TopologyKind::kSentinel},
                  {"cluster", redis::TopologyKind::kCluster}},
                 "How the Redis nodes are arranged.");
  section.Field(
      "addresses", &config.addresses,
      "host:port, [v6]:port or unix:/path/to.sock (single only); several for Sentinel and Cluster.");
  section.Field("sentinel_master", &config.sentinel_master,
                "The name under which the Sentinels know the primary.");
  section.Field("user", &config.user, "The ACL user; empty with a password means the default user.");
  section.Secret("password", &config.password, "The password; empty means that no AUTH is sent.");
  section.Field("sentinel_user", &config.sentinel_user, "The ACL user at the Sentinels.");
  section.Secret("sentinel_password", &config.sentinel_password, "The password at the Sentinels.");
  section.Field("database", &config.database, {0, 1'000'000},
                "The database number; only 0 exists on a Cluster.");
  section.Field("connections_per_node", &config.connections_per_node, {1, 64}, "Connections to each node.");
  section.Field("connect_timeout_ms", &config.connect_timeout_ms, {1, 60'000},
                "Milliseconds until an attempt to connect is given up.");
  section.Field("handshake_timeout_ms", &config.handshake_timeout_ms, {1, 60'000},
                "Milliseconds for the first commands of a connection together.");
  section.Field("backoff_min_ms", &config.backoff_min_ms, {1, 60'000},
                "Milliseconds until a second attempt to connect; doubled after each failure.");
  section.Field("backoff_max_ms", &config.backoff_max_ms, {1, 60'000},
                "Milliseconds between attempts to connect, at most.");
  section.Field("stall_timeout_ms", &config.stall_timeout_ms, {100, 600'000},
                "Milliseconds without any answer, while some are owed, after which a connection is dropped.");
  section.Field("unavailable_grace_ms", &config.unavailable_grace_ms, {0, 60'000},
                "Milliseconds for which calls wait for a node that has just gone away.");
  section.Field("wait_timeout_ms", &config.wait_timeout_ms, {1, 60'000},
                "Milliseconds for which a write waits for its replicas.");
  section.Field("topology_refresh_ms", &config.topology_refresh_ms, {100, 600'000},
                "Milliseconds between routine looks at the topology.");
}

void Bind(ConfigSection section, storage::StoreConfig& config) {
  section.Field("namespace", &config.name, "The first word of every key: letters, digits, '-' and '_'.");
  PowerOfTwo(section, "partitions", &config.shape.partitions, 1024,
             "Partitions; fixed when the namespace is created.");
  PowerOfTwo(section, "buckets", &config.shape.buckets, 65'536,
             "User buckets of each partition; fixed when the namespace is created.");
  section.Field(
      "create", &config.create,
      "Whether a namespace that Redis does not have is created. Off in production once it exists, so that an "
      "emptied Redis is noticed.");
  section.Choice("durability", &config.durability,
                 {{"memory", storage::Durability::kMemory},
                  {"everysec", storage::Durability::kEverySec},
                  {"fsync", storage::Durability::kFsync},
                  {"replicated", storage::Durability::kReplicated}},
                 "What an acknowledged effect survives.");
  section.Field("replicas", &config.replicas, {0, 16}, "With replicated: replicas that must have it first.");
  section.Field("retention_long_ms", &config.retention_long, {60'000},
                "How long redemptions are kept at least.");
  section.Field("retention_short_ms", &config.retention_short, {60'000},
                "How long the outcomes of all other calls are kept at least.");
  section.Field("check_interval_ms", &config.check_interval, {50, 60'000},
                "How often Redis is asked whether it keeps the promise.");
  section.Field("memory_limit_percent", &config.memory_limit_percent, {1, 100},
                "The part of maxmemory above which nothing new is written.");
}

bool IsName(const std::string& text) {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789-_") == std::string::npos;
}

}  // namespace

void Bind(server::ConfigBinder& binder, StoreSettings& settings) {
  Bind(binder.Section("redis", "Where the store is."), settings.redis);
  Bind(binder.Section("storage", "How the data lies in the store."), settings.storage);
  binder.Section("keys", "The deployment's keys.")
      .Field("file", &settings.key_file, "Path of the key file; only this process's user may read it.");
  binder.Check([&settings]() -> std::string {
    const storage::StoreConfig& storage = settings.storage;
    const bool replicated = storage.durability == storage::Durability::kReplicated;
    if (!IsName(storage.name)) return "storage.namespace must be 1 to 32 letters, digits, '-' and '_'";
    if (replicated != (storage.replicas > 0))
      return "storage.replicas goes with storage.durability: replicated";
    if (settings.redis.addresses.empty()) return "redis.addresses must name at least one address";
    if (settings.redis.backoff_max_ms < settings.redis.backoff_min_ms) {
      return "redis.backoff_max_ms must not be less than redis.backoff_min_ms";
    }
    settings.redis.wait_replicas = storage.replicas;
    return "";
  });
}

std::string PromiseOf(const storage::StoreConfig& config) {
  switch (config.durability) {
    case storage::Durability::kMemory:
      return "memory";
    case storage::Durability::kEverySec:
      return "everysec";
    case storage::Durability::kFsync:
      return "fsync";
    case storage::Durability::kReplicated:
      return "replicated:" + std::to_string(config.replicas);
  }
  return "";
}

std::string TopologyOf(const redis::Config& config) {
  switch (config.topology) {
    case redis::TopologyKind::kSingle:
      return "single";
    case redis::TopologyKind::kSentinel:
      return "sentinel";
    case redis::TopologyKind::kCluster:
      return "cluster";
  }
  return "";
}

}  // namespace tessera::program
