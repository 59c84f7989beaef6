#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::server {

// The W3C trace context (https://www.w3.org/TR/trace-context/) of one call. A value type; any thread.
struct TraceContext {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};
  std::array<uint8_t, 8> parent_id{};  // the caller's span, all zero when the trace begins here
  bool sampled = false;

  std::string TraceIdHex() const;
  std::string SpanIdHex() const;
  // What to send to the next service: "00-<trace id>-<this span>-<flags>".
  std::string Traceparent() const;
  // The same trace with a span of its own, for work that deserves one.
  TraceContext Child() const;
};

// Reads a traceparent header. Nothing when it is malformed, of version ff, or has an all-zero id: the caller
// then starts a new trace, as the standard says. Versions above 00 are read as far as version 00 goes.
// `span_id` of the answer is the sender's.
std::optional<TraceContext> ParseTraceparent(std::string_view header);

// The context for a call that came with `header` ("" for none): the sender's trace continued, or a new one,
// with a fresh span id either way. Ids come from a per-thread generator; they are unique, not secret.
TraceContext BeginSpan(std::string_view header);

}  // namespace tessera::server
