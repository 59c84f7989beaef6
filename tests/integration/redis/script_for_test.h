// ScriptForTest is a Script whose digest a running Redis has computed.
#pragma once

#include <string>
#include <string_view>

#include "redis/script.h"
#include "tests/support/redis_server.h"

namespace tessera::redis {

struct ScriptForTest {
  ScriptForTest(testing::RedisServer& server, std::string text)
      : source(std::move(text)),
        sha1(server.Command({"SCRIPT", "LOAD", source})),
        script{"test", source, sha1} {}
  ScriptForTest(const ScriptForTest&) = delete;
  ScriptForTest& operator=(const ScriptForTest&) = delete;

  const std::string source;
  const std::string sha1;
  const Script script;
};

}  // namespace tessera::redis
