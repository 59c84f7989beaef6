#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "redis/reply.h"

namespace tessera::storage {

// The id of a stream's entry, such as 1716208223512-3. Pure, any thread.
struct StreamId {
  int64_t instant_ms = 0;
  int64_t sequence = 0;
  auto operator<=>(const StreamId&) const = default;
};
StreamId OpenStreamId(std::string_view text);

// What XINFO STREAM says of one; all zero of one that is not there.
struct StreamState {
  int64_t there = 0;
  int64_t added = 0;
  StreamId last;
};
StreamState OpenStreamState(const redis::Reply& reply);

}  // namespace tessera::storage
