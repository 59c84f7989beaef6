// AwaitReplica waits until a primary streams to its replica. Redis calls a replica online up to a second
// before it streams to it. Until then its acknowledged offset is 0, and WAIT is no proof: for a write from
// before the replica came, at offset 0, it is satisfied at once.
#pragma once

#include "tests/support/redis_server.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {

inline void AwaitReplica(RedisServer& primary) {
  WaitUntil("the replica acknowledges what is streamed to it", [&] {
    primary.Command({"SET", "first", "1"});
    const std::string seen = primary.redis().Info("slave0");
    return seen.find("state=online") != std::string::npos && seen.find("offset=0,") == std::string::npos;
  });
}

}  // namespace tessera::testing
