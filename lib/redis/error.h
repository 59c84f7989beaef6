// Error says why a command got no answer, or which error Redis answered; Result<T> is a value or an Error.
//
// Plain values: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tessera::redis {

enum class ErrorKind {
  // No answer from Redis.
  kTimeout,       // the deadline passed first
  kDisconnected,  // the connection is down or was lost
  kOverloaded,    // too much is in flight; never sent
  kProtocol,      // what came back is not what Redis answers
  // Answers of Redis, by the first word of the error.
  kOom,
  kMisconf,
  kReadOnly,
  kLoading,
  kBusy,
  kNoReplicas,  // also: written, but WAIT did not see enough replicas in time
  kNoScript,
  kMoved,
  kAsk,
  kTryAgain,
  kClusterDown,
  kCrossSlot,
  kMasterDown,
  kNoAuth,
  kWrongPass,
  kNoPerm,
  kWrongType,
  kOther,
};

// A short constant name such as "timeout", for logs and labels.
std::string_view Name(ErrorKind kind);

struct Error {
  Error(ErrorKind error_kind, bool was_sent, std::string error_text)
      : kind(error_kind), sent(was_sent), text(std::move(error_text)) {}

  // Reads the error that Redis answered, such as "MOVED 7 127.0.0.1:7001".
  static Error FromReply(std::string_view reply_text);

  // True when the command may have taken effect although it failed: it was sent and its answer was lost, or
  // it was answered but not replicated in time. A refusal by Redis itself is no such case, unless the answer
  // to an earlier attempt at the same command was lost.
  bool OutcomeUnknown() const;

  ErrorKind kind;
  bool sent;                 // false: Redis has not seen this attempt at the command
  bool lost_before = false;  // an earlier attempt may have taken effect
  std::string text;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() { return *std::get_if<0>(&state_); }
  const T& value() const { return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  Error& error() { return *std::get_if<1>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: !ok().
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace tessera::redis
