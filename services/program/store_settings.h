#pragma once

#include <string>

#include "redis/config.h"
#include "server/config.h"
#include "storage/redis/store_config.h"

namespace tessera::program {

// Where the store is, how it is kept, and the keys: what every service over the store is configured with.
struct StoreSettings {
  redis::Config redis;
  storage::StoreConfig storage;
  std::string key_file;
};

// Declares the sections "redis", "storage" and "keys", and the rules between them.
void Bind(server::ConfigBinder& binder, StoreSettings& settings);

// "fsync", "replicated:2", ...
std::string PromiseOf(const storage::StoreConfig& config);

// "single", "sentinel" or "cluster".
std::string TopologyOf(const redis::Config& config);

}  // namespace tessera::program
