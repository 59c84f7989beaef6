// Script is a Lua script with the digest under which Redis caches it.
//
// A plain value; it must outlive every command made from it and is compared by address in Observer.
#pragma once

#include <string_view>

namespace tessera::redis {

struct Script {
  // For metrics and logs, such as "claim".
  std::string_view name;
  std::string_view source;
  // 40 lower-case hex digits, as SCRIPT LOAD answers for `source`.
  std::string_view sha1;
  // The fewest keys that it takes.
  int keys_min = 1;
  // True when it writes nothing: it may be repeated when its answer is lost, and needs no WAIT.
  bool reads_only = false;
};

}  // namespace tessera::redis
