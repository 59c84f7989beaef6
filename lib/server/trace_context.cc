#include "server/trace_context.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace tessera::server {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

template <size_t N>
void AppendHex(const std::array<uint8_t, N>& bytes, std::string* out) {
  for (const uint8_t byte : bytes) {
    *out += kDigits[byte >> 4];
    *out += kDigits[byte & 15];
  }
}

// The standard allows lower case only.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

template <size_t N>
bool ReadHex(std::string_view text, std::array<uint8_t, N>* bytes) {
  for (size_t i = 0; i < N; ++i) {
    const int high = HexValue(text[2 * i]);
    const int low = HexValue(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    (*bytes)[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

template <size_t N>
bool AllZero(const std::array<uint8_t, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

// A generator seeded once per thread from the kernel, so that ids of different processes do not meet.
uint64_t NextRandom() {
  thread_local std::mt19937_64 generator = [] {
    std::array<uint32_t, 8> seed{};
    if (getrandom(seed.data(), sizeof(seed), 0) != sizeof(seed)) {
      std::random_device device;
      for (uint32_t& word : seed) word = device();
    }
    std::seed_seq sequence(seed.begin(), seed.end());
    return std::mt19937_64(sequence);
  }();
  return generator();
}

template <size_t N>
void FillRandom(std::array<uint8_t, N>* bytes) {
  static_assert(N % 8 == 0);
  do {
    for (size_t i = 0; i < N; i += 8) {
      const uint64_t word = NextRandom();
      std::memcpy(bytes->data() + i, &word, 8);
    }
  } while (AllZero(*bytes));
}

}  // namespace

std::string TraceContext::TraceIdHex() const {
  std::string text;
  AppendHex(trace_id, &text);
  return text;
}

std::string TraceContext::SpanIdHex() const {
  std::string text;
  AppendHex(span_id, &text);
  return text;
}

std::string TraceContext::Traceparent() const {
  std::string text = "00-";
  AppendHex(trace_id, &text);
  text += '-';
  AppendHex(span_id, &text);
  text += sampled ? "-01" : "-00";
  return text;
}

TraceContext TraceContext::Child() const {
  TraceContext child = *this;
  child.parent_id = span_id;
  FillRandom(&child.span_id);
  return child;
}

std::optional<TraceContext> ParseTraceparent(std::string_view header) {
  // version(2) - trace id(32) - parent id(16) - flags(2)
  constexpr size_t kLength = 55;
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return std::nullopt;
  std::array<uint8_t, 1> version{};
  std::array<uint8_t, 1> flags{};
  TraceContext context;
  if (!ReadHex(header.substr(0, 2), &version) || !ReadHex(header.substr(3, 32), &context.trace_id) ||
      !ReadHex(header.substr(36, 16), &context.span_id) || !ReadHex(header.substr(53, 2), &flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xff || (version[0] == 0 && header.size() != kLength)) return std::nullopt;
  if (header.size() > kLength && header[kLength] != '-') return std::nullopt;
  if (AllZero(context.trace_id) || AllZero(context.span_id)) return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  return context;
}

TraceContext BeginSpan(std::string_view header) {
  TraceContext context;
  if (!header.empty()) {
    if (const std::optional<TraceContext> sent = ParseTraceparent(header)) return sent->Child();
  }
  FillRandom(&context.trace_id);
  FillRandom(&context.span_id);
  return context;
}

}  // namespace tessera::server
