// Command is one Redis command in wire format (RESP), built argument by argument into one string. Binary
// safe.
//
//   Command("HGET").ReadOnly().Key("{p7}:wallet:3").Arg("field")
//   Command(kClaimScript).Key(wallet).Key(quota).Arg(request).Arg(now_ms)        // EVALSHA
//
// Names and scripts are kept by reference: literals and static objects. A Command is a value; it is built on
// any thread and may be sent more than once.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "redis/script.h"

namespace tessera::redis {

class Command {
 public:
  // `name` is the first word, such as "HGET" or "CLUSTER"; further words are arguments.
  explicit Command(std::string_view name);
  // Runs `script` by its digest. All keys come before the arguments.
  explicit Command(const Script& script);

  // Adds a key. The first one decides which node of a cluster the command goes to.
  Command& Key(std::string_view key) &;
  Command&& Key(std::string_view key) && { return static_cast<Command&&>(Key(key)); }

  Command& Arg(std::string_view text) &;
  Command&& Arg(std::string_view text) && { return static_cast<Command&&>(Arg(text)); }
  template <std::integral Number>
  Command& Arg(Number number) & {
    if constexpr (std::is_signed_v<Number>) return ArgSigned(number);
    return ArgUnsigned(static_cast<uint64_t>(number));
  }
  template <std::integral Number>
  Command&& Arg(Number number) && {
    return static_cast<Command&&>(Arg(number));
  }

  // Says that the command writes nothing: it may be repeated when its answer is lost, and needs no WAIT.
  Command& ReadOnly() & {
    reads_only_ = true;
    return *this;
  }
  Command&& ReadOnly() && { return static_cast<Command&&>(ReadOnly()); }

  // Says that the answer to this read waits, as after a write, until the replicas that are promised have it.
  Command& WaitForReplicas() & {
    waits_for_replicas_ = true;
    return *this;
  }

  // Makes room for `bytes` of keys and arguments, so that building it allocates once.
  Command& Reserve(size_t bytes) & {
    buffer_.reserve(kHeadBytes + bytes);
    return *this;
  }

  // The command in wire format; valid until the command changes. The head is written on the first call.
  std::string_view Wire() const;

  std::string_view name() const { return name_; }
  const Script* script() const { return script_; }
  bool reads_only() const { return reads_only_; }
  bool waits_for_replicas() const { return !reads_only_ || waits_for_replicas_; }
  int key_count() const { return keys_; }
  bool has_key() const { return keys_ > 0; }
  // REQUIRES: has_key().
  std::string_view first_key() const { return std::string_view(buffer_).substr(key_begin_, key_bytes_); }

 private:
  // The count of arguments comes first on the wire and is known last, so the head (with name, digest and
  // count of keys) is written right-aligned into a gap of this size before the arguments.
  static constexpr size_t kHeadBytes = 104;

  void Append(std::string_view text);
  Command& ArgSigned(int64_t number) &;
  Command& ArgUnsigned(uint64_t number) &;
  void WriteHead() const;

  std::string_view name_;
  const Script* script_ = nullptr;
  mutable std::string buffer_;
  mutable uint32_t wire_begin_ = 0;  // 0 while the head is not written
  uint32_t keys_ = 0;
  uint32_t arguments_ = 0;  // keys included
  uint32_t key_begin_ = 0;
  uint32_t key_bytes_ = 0;
  bool reads_only_ = false;
  bool waits_for_replicas_ = false;
};

}  // namespace tessera::redis
