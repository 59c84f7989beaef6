"""What tools/tidy --self-test feeds to the rules: a tree that keeps them all, and one violation each."""

SCRIPT = """-- Takes one unit.
-- KEYS[1] stock: the books
-- KEYS[2..] wallet: one per item
-- ARGV[1] count: units, and a line
--   that goes on
-- returns: OK, left : taken
-- returns: EMPTY : nothing is left
--include part/now.lua
local left = redis.call('HGET', KEYS[1], 'left')
for i = 2, #KEYS do redis.call('HSET', KEYS[i], 'n', now) end
if tonumber(left) < tonumber(ARGV[1]) then return {'EMPTY'} end
return {'OK', left}
"""
SCRIPTS = "lib/storage/redis/scripts/"

PROTO = """// Money.
syntax = "proto3";

package coupon.v1;

// A service.
service Till {
  // Pays.
  rpc Pay(PayRequest) returns (PayResponse) {
    option (role) = ROLE_ADMIN;
  }
}

// A request.
message PayRequest {
  reserved 4;
  // How much.
  int64 amount_minor = 1;
  // One of two.
  oneof kind {
    // By name.
    string name = 2
        [(sensitive) = true];
  }
}

// A kind.
enum Kind {
  // Unknown.
  KIND_UNSPECIFIED = 0;
}
"""

CORE = """#pragma once
#include <string>
#include "core/result.h"

namespace tessera::core {
inline constexpr int kMax = 100'000;  // it's a limit, co_await f({1}) is not code here
}  // namespace tessera::core
"""

AWAIT = """#include "async/task.h"
Task<void> Run() {
  Options options{.retries = 1};
  if (co_await Send(std::move(options))) { co_return; }
  co_await timer.Wait(std::chrono::milliseconds(5));
  auto&& [a, b] = co_await Both<int>(x[i], y->z());
}
"""

CLEAN = {
    "lib/core/money.h": CORE,
    "lib/async/run.cc": AWAIT,
    "lib/storage/redis/keys.cc": '#include "storage/redis/keys.h"\nauto k = ns + ":{" + tag + "}:";\n',
    "lib/redis/endpoint.cc": '#include <hiredis/hiredis.h>\nauto e = fmt::format("{}:{}", host, port);\n',
    "services/issuer/main.cc": '#include "storage/redis/redis_store.h"\n#include "services/program/store_program.h"\n',
    SCRIPTS + "take.lua": SCRIPT,
    SCRIPTS + "part/now.lua": "-- The instant of the write.\nlocal now = 1\n",
    "proto/coupon/v1/till.proto": PROTO,
}


def script(old, new):
    assert old in SCRIPT, old
    return {SCRIPTS + "take.lua": SCRIPT.replace(old, new)}


def proto(old):
    assert old in PROTO, old
    return {"proto/coupon/v1/till.proto": PROTO.replace(old, "")}


def file(path, text):
    return {path: text}


# (name, files that take the place of clean ones, the rule that must find them and nothing else)
SEEDED = [
    ("long file", file("lib/core/long.cc", "\n" * 401), "length"),
    ("long main", file("services/issuer/main.cc", "\n" * 61), "length"),
    ("long script", file(SCRIPTS + "take.lua", SCRIPT + "\n" * 100), "length"),
    ("core includes a system header", file("lib/core/a.h", "#include <unistd.h>\n"), "include"),
    ("core includes a library", file("lib/core/a.h", "#include <absl/time/time.h>\n"), "include"),
    ("core includes async", file("lib/core/a.h", '#include "async/task.h"\n'), "include"),
    ("crypto includes api", file("lib/crypto/a.h", '#include "api/status.h"\n'), "include"),
    ("async includes core", file("lib/async/a.h", '#include "core/result.h"\n'), "include"),
    ("the port includes redis", file("lib/storage/a.h", '#include "redis/client.h"\n'), "include"),
    ("the port includes its adapter", file("lib/storage/a.h", '#include "storage/redis/keys.h"\n'), "include"),
    ("the adapter includes api", file("lib/storage/redis/a.h", '#include "api/status.h"\n'), "include"),
    ("redis includes storage", file("lib/redis/a.h", '#include "storage/operation.h"\n'), "include"),
    ("api includes redis", file("lib/api/a.h", '#include "redis/client.h"\n'), "include"),
    ("server includes storage", file("lib/server/a.h", '#include "storage/operation.h"\n'), "include"),
    ("server includes a conversion", file("lib/server/a.h", '#include "api/convert_coupon.h"\n'), "include"),
    ("a library includes a service", file("lib/server/a.h", '#include "services/issuer/issuer_metrics.h"\n'), "include"),
    ("a service includes another", file("services/issuer/a.h", '#include "services/redeemer/redeemer_metrics.h"\n'), "include"),
    ("a handler includes redis", file("services/issuer/a.h", '#include "redis/client.h"\n'), "include"),
    ("a handler includes the adapter", file("services/issuer/a.h", '#include "storage/redis/redis_store.h"\n'), "include"),
    ("a key outside keys", file("lib/storage/redis/a.cc", 'auto k = ns + ":{" + tag;\n'), "key"),
    ("a whole key outside keys", file("services/issuer/a.cc", 'auto k = "tessera:{ab}:l";\n'), "key"),
    ("a key in a script", script("redis.call('HGET', KEYS[1]", "redis.call('HGET', 'stock' .. KEYS[1]"), "key"),
    ("a key in a call by its short name", script("redis.call('HGET', KEYS[1]", "call('HGET', 'stock' .. KEYS[1]"), "key"),
    ("a key in a pcall", script("redis.call('HGET', KEYS[1]", "pcall('HGET', 'stock' .. KEYS[1]"), "key"),
    ("Lua in C++", file("lib/redis/a.cc", 'auto s = "return redis.call(1)";\n'), "lua-in-cpp"),
    ("Lua in a raw string", file("lib/redis/a.cc", 'auto s = R"(\nreturn KEYS[1]\n)";\n'), "lua-in-cpp"),
    ("no purpose", script("-- Takes one unit.\n", ""), "script-header"),
    ("purpose is no sentence", script("unit.\n", "unit\n"), "script-header"),
    ("undocumented key", script("-- KEYS[1] stock: the books\n", ""), "script-header"),
    ("key without a name", script("KEYS[1] stock: the books", "KEYS[1] the books"), "script-header"),
    ("undocumented argument", script("tonumber(ARGV[1])", "tonumber(ARGV[2])"), "script-header"),
    ("unused argument", script("-- returns: OK", "-- ARGV[2] more: unused\n-- returns: OK"), "script-header"),
    ("undocumented status", script("-- returns: EMPTY : nothing is left\n", ""), "script-header"),
    ("status never returned", script("-- returns: EMPTY", "-- returns: GONE : never\n-- returns: EMPTY"), "script-header"),
    ("status without a when", script("EMPTY : nothing is left", "EMPTY"), "script-header"),
    ("no such fragment", script("part/now.lua", "part/then.lua"), "script-header"),
    ("fragment without a purpose", file(SCRIPTS + "part/now.lua", "local now = 1\n"), "script-header"),
    ("bare service", proto("// A service.\n"), "proto-comment"),
    ("bare rpc", proto("  // Pays.\n"), "proto-comment"),
    ("bare message", proto("// A request.\n"), "proto-comment"),
    ("bare field", proto("  // How much.\n"), "proto-comment"),
    ("bare oneof", proto("  // One of two.\n"), "proto-comment"),
    ("bare field of a oneof", proto("    // By name.\n"), "proto-comment"),
    ("bare enum", proto("// A kind.\n"), "proto-comment"),
    ("bare enum value", proto("  // Unknown.\n"), "proto-comment"),
    ("banned file", file("lib/core/string_utils.h", "#pragma once\n"), "name"),
    ("banned folder", file("lib/common/a.h", "#pragma once\n"), "name"),
    ("banned namespace", file("lib/core/a.h", "namespace tessera::helpers {}\n"), "name"),
    ("aggregate awaited", file("lib/async/run.cc", "Task<void> R() { co_await f(Options{.n = 1}); }\n"), "co-await"),
    ("braces awaited", file("lib/async/run.cc", "Task<void> R() { auto x = co_await a->f(1, {2, 3}); }\n"), "co-await"),
    ("lambda awaited", file("lib/async/run.cc", "Task<void> R() { co_await [](int x) -> Task<void> { co_return; }(1); }\n"), "co-await"),
    ("choice awaited", file("lib/async/run.cc", "Task<void> R() { auto x = a ? co_await f() : co_await g(); }\n"), "co-await"),
    ("temporary awaited", file("lib/async/run.cc", "Task<void> R() { if (co_await Waiter{loop}) { co_return; } }\n"), "co-await"),
    ("leftover", file("lib/core/a.h", "// TO" + "DO: later\n"), "leftover"),
    ("leftover in a script", file("tools/a", "#!/bin/sh\n# FIX" + "ME\n"), "leftover"),
    ("machine path", file("tools/a", "#!/bin/sh\ncd /ho" + "me/someone/x\n"), "machine-path"),
]
