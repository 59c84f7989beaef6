#include "storage/redis/stream_state.h"

#include <charconv>

namespace tessera::storage {

StreamId OpenStreamId(std::string_view text) {
  StreamId id;
  const auto [dash, failed] = std::from_chars(text.data(), text.data() + text.size(), id.instant_ms);
  if (failed == std::errc() && dash != text.data() + text.size()) {
    std::from_chars(dash + 1, text.data() + text.size(), id.sequence);
  }
  return id;
}

StreamState OpenStreamState(const redis::Reply& reply) {
  StreamState state;
  for (size_t i = 0; i + 1 < reply.size(); i += 2) {
    const std::string_view name = reply[i].text();
    if (name == "length") state.there = reply[i + 1].integer();
    if (name == "entries-added") state.added = reply[i + 1].integer();
    if (name == "last-generated-id") state.last = OpenStreamId(reply[i + 1].text());
  }
  return state;
}

}  // namespace tessera::storage
