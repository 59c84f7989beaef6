#pragma once

#include <cstdint>
#include <string>

#include "tests/support/redis_server.h"

namespace tessera::testing {

// How many calls of scripts the server has counted.
inline int64_t ScriptCalls(RedisServer& server) {
  const std::string stats = server.Command({"INFO", "commandstats"});
  const size_t at = stats.find("cmdstat_evalsha:calls=");
  return at == std::string::npos ? 0 : std::stoll(stats.substr(at + 22));
}

}  // namespace tessera::testing
