#include "api/field_checker.h"

#include "core/limits.h"

namespace tessera::api {
namespace {

constexpr int32_t kNanosPerMs = 1'000'000;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

// The character at the start of `text`, which it is cut off from; -1 when it is none (RFC 3629: overlong
// forms, surrogates and values past U+10FFFF are none).
int32_t NextCharacter(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  size_t length = 1;
  int32_t character = first;
  int32_t least = 0;
  if (first >= 0x80) {
    if ((first & 0xE0) == 0xC0) {
      length = 2, character = first & 0x1F, least = 0x80;
    } else if ((first & 0xF0) == 0xE0) {
      length = 3, character = first & 0x0F, least = 0x800;
    } else if ((first & 0xF8) == 0xF0) {
      length = 4, character = first & 0x07, least = 0x10000;
    } else {
      return -1;
    }
  }
  if (text.size() < length) return -1;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return -1;
    character = character << 6 | (byte(i) & 0x3F);
  }
  if (character < least || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) return -1;
  text.remove_prefix(length);
  return character;
}

bool IsControl(int32_t character) {
  return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x2028 ||
         character == 0x2029;
}

}  // namespace

std::optional<size_t> PrintableLength(std::string_view text) {
  size_t characters = 0;
  while (!text.empty()) {
    const int32_t character = NextCharacter(text);
    if (character < 0 || IsControl(character)) return std::nullopt;
    ++characters;
  }
  return characters;
}

bool IsCampaignId(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > core::limits::kCampaignIdLengthMax) return false;
  if (!is_letter(text.front()) || text.back() == '-') return false;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) && c != '-') return false;
  }
  return true;
}

void FieldChecker::Fail(const FieldPath& path, const std::string& must) {
  if (ok()) error_ = core::InvalidField(path.ToString(), must);
}

void FieldChecker::Fail(core::Error error) {
  if (ok()) error_ = std::move(error);
}

bool FieldChecker::Printable(const FieldPath& path, const std::string& value) {
  if (value.empty()) {
    Fail(path, "must not be empty");
  } else if (!PrintableLength(value)) {
    Fail(path, "must be UTF-8 without control characters");
  } else {
    return true;
  }
  return false;
}

std::string FieldChecker::Text(const FieldPath& path, const std::string& value, size_t characters_max) {
  // The bytes are bounded first, so that nobody's megabytes are counted.
  if (value.size() > 4 * characters_max ||
      (Printable(path, value) && *PrintableLength(value) > characters_max)) {
    Fail(path, "must have at most " + std::to_string(characters_max) + " characters");
  }
  return value;
}

std::string FieldChecker::Name(const FieldPath& path, const std::string& value, size_t bytes_max) {
  if (value.size() > bytes_max) {
    Fail(path, "must have at most " + std::to_string(bytes_max) + " bytes");
    return std::string();
  }
  Printable(path, value);
  return value;
}

std::string FieldChecker::CampaignId(const FieldPath& path, const std::string& value) {
  if (!IsCampaignId(value)) {
    Fail(path, "must be 1 to " + std::to_string(core::limits::kCampaignIdLengthMax) +
                   " of a-z, 0-9 and \"-\", beginning with a letter and not ending with \"-\"");
  }
  return value;
}

core::RequestId FieldChecker::RequestId(const std::string& value) {
  return Take(core::RequestId::Parse(value, "request_id"));
}

int64_t FieldChecker::Number(const FieldPath& path, int64_t value, int64_t min, int64_t max) {
  if (value < min || value > max) Fail(path, "must be " + std::to_string(min) + " to " + std::to_string(max));
  return value;
}

int32_t FieldChecker::PageSize(int32_t value) {
  if (value == 0) return core::limits::kPageSizeDefault;
  return static_cast<int32_t>(Number("page_size", value, 1, core::limits::kPageSizeMax));
}

core::InstantMs FieldChecker::Instant(const FieldPath& path, bool set,
                                      const google::protobuf::Timestamp& value) {
  if (!set) {
    Fail(path, "must be set");
  } else if (value.seconds() < 0 || value.seconds() > kInstantMsMax / 1000) {
    Fail(path, "must be in the years 1970 to 9998");
  } else if (value.nanos() < 0 || value.nanos() >= kNanosPerSecond || value.nanos() % kNanosPerMs != 0) {
    Fail(path, "must be in whole milliseconds");
  } else {
    return value.seconds() * 1000 + value.nanos() / kNanosPerMs;
  }
  return 0;
}

int64_t FieldChecker::DurationMs(const FieldPath& path, bool set, const google::protobuf::Duration& value,
                                 int64_t min, int64_t max) {
  if (!set) {
    Fail(path, "must be set");
  } else if (value.nanos() <= -kNanosPerSecond || value.nanos() >= kNanosPerSecond ||
             value.nanos() % kNanosPerMs != 0) {
    Fail(path, "must be in whole milliseconds");
  } else if (value.seconds() < 0 || value.nanos() < 0 || value.seconds() > max / 1000) {
    Fail(path, "must be " + std::to_string(min) + " to " + std::to_string(max) + " ms");
  } else {
    const int64_t ms = value.seconds() * 1000 + value.nanos() / kNanosPerMs;
    if (ms < min || ms > max)
      Fail(path, "must be " + std::to_string(min) + " to " + std::to_string(max) + " ms");
    return ms;
  }
  return 0;
}

}  // namespace tessera::api
