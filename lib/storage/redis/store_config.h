#pragma once

#include <chrono>
#include <string>

#include "core/ids.h"

namespace tessera::storage {

enum class Durability { kMemory, kEverySec, kFsync, kReplicated };

// How Tessera's data lies in Redis and how durable it is promised to be. A plain value, read once at start.
struct StoreConfig {
  // The first word of every key: namespaces in one Redis do not see each other. Letters, digits, '-' and '_'.
  std::string name = "tessera";
  // Partitions and user buckets per partition: powers of two, fixed when the namespace is created.
  core::Shape shape;
  // Whether a namespace that Redis does not have is created. Off in production: an emptied Redis must be
  // noticed.
  bool create = false;
  // What an acknowledged effect survives: nothing; a crash but for about a second; a crash; that and the loss
  // of the primary after at least `replicas` replicas had it.
  Durability durability = Durability::kFsync;
  int replicas = 0;
  // How long the records of redemptions (and all that belongs to them), and of everything else, are kept at
  // least.
  std::chrono::milliseconds retention_long = std::chrono::hours(24 * 30);
  std::chrono::milliseconds retention_short = std::chrono::hours(24 * 3);
  std::chrono::milliseconds KeptFor(core::Retention retention) const {
    return retention == core::Retention::kLong ? retention_long : retention_short;
  }
  // How often the promise is checked on every primary.
  std::chrono::milliseconds check_interval{2000};
  // The part of maxmemory, in percent, above which nothing new is written.
  int memory_limit_percent = 95;
};

}  // namespace tessera::storage
