#include "redis/command.h"

#include <cassert>
#include <charconv>
#include <cstring>

namespace tessera::redis {
namespace {

constexpr size_t kNumberBytes = 20;  // the longest 64-bit number, with its sign

// Writes so that the text ends right before `end`, and returns where it begins.
char* WriteBefore(char* end, std::string_view text) {
  std::memcpy(end - text.size(), text.data(), text.size());
  return end - text.size();
}

char* WriteBefore(char* end, uint64_t number) {
  do {
    *--end = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return end;
}

char* WriteBulkBefore(char* end, std::string_view text) {
  char* begin = WriteBefore(end, "\r\n");
  begin = WriteBefore(begin, text);
  begin = WriteBefore(begin, "\r\n");
  begin = WriteBefore(begin, text.size());
  return WriteBefore(begin, "$");
}

}  // namespace

Command::Command(std::string_view name) : name_(name), buffer_(kHeadBytes, '\0') {
  assert(name.size() <= 32);
  buffer_.reserve(256);
}

Command::Command(const Script& script)
    : name_("EVALSHA"), script_(&script), buffer_(kHeadBytes, '\0'), reads_only_(script.reads_only) {
  assert(script.sha1.size() == 40);
  buffer_.reserve(512);
}

void Command::Append(std::string_view text) {
  char head[kNumberBytes + 3];
  head[0] = '$';
  char* end = std::to_chars(head + 1, head + kNumberBytes + 1, text.size()).ptr;
  *end++ = '\r';
  *end++ = '\n';
  buffer_.append(head, static_cast<size_t>(end - head));
  buffer_.append(text);
  buffer_.append("\r\n", 2);
  ++arguments_;
  wire_begin_ = 0;
}

Command& Command::Key(std::string_view key) & {
  assert(script_ == nullptr || keys_ == arguments_);
  Append(key);
  if (keys_++ == 0) {
    key_begin_ = static_cast<uint32_t>(buffer_.size() - key.size() - 2);
    key_bytes_ = static_cast<uint32_t>(key.size());
  }
  return *this;
}

Command& Command::Arg(std::string_view text) & {
  Append(text);
  return *this;
}

Command& Command::ArgSigned(int64_t number) & {
  char digits[kNumberBytes];
  const char* end = std::to_chars(digits, digits + kNumberBytes, number).ptr;
  Append(std::string_view(digits, static_cast<size_t>(end - digits)));
  return *this;
}

Command& Command::ArgUnsigned(uint64_t number) & {
  char digits[kNumberBytes];
  const char* end = std::to_chars(digits, digits + kNumberBytes, number).ptr;
  Append(std::string_view(digits, static_cast<size_t>(end - digits)));
  return *this;
}

void Command::WriteHead() const {
  char* begin = buffer_.data() + kHeadBytes;
  uint64_t count = arguments_ + 1;
  if (script_ != nullptr) {
    char digits[kNumberBytes];
    const char* end = std::to_chars(digits, digits + kNumberBytes, keys_).ptr;
    begin = WriteBulkBefore(begin, std::string_view(digits, static_cast<size_t>(end - digits)));
    begin = WriteBulkBefore(begin, script_->sha1);
    count += 2;
  }
  begin = WriteBulkBefore(begin, name_);
  begin = WriteBefore(begin, "\r\n");
  begin = WriteBefore(begin, count);
  begin = WriteBefore(begin, "*");
  wire_begin_ = static_cast<uint32_t>(begin - buffer_.data());
}

std::string_view Command::Wire() const {
  if (wire_begin_ == 0) WriteHead();
  return std::string_view(buffer_).substr(wire_begin_);
}

}  // namespace tessera::redis
