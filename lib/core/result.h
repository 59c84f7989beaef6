#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/reason.h"

namespace tessera::core {

// A refusal or a failure. `message` and `metadata` go to the caller and hold no user text, no code and no
// user id; `cause` goes to the log only.
struct Error {
  Error(Reason why, std::string text) : reason(why), message(std::move(text)) {}

  // Adds a fact the caller can act on, such as {"field", "order.lines[2].quantity"} or {"held_until", "..."}.
  Error&& With(std::string key, std::string value) && {
    metadata.emplace_back(std::move(key), std::move(value));
    return std::move(*this);
  }
  Error&& Because(std::string text) && {
    cause = std::move(text);
    return std::move(*this);
  }

  Reason reason;
  std::string message;
  std::string cause;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// INVALID_FIELD on the field at `path`, such as "campaign.limits.stock_total".
inline Error InvalidField(std::string path, const std::string& must) {
  return Error(Reason::kInvalidField, path + " " + must).With("field", path);
}

// A value or the reason why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Nothing {
  bool operator==(const Nothing&) const = default;
};
using Status = Result<Nothing>;
inline Status Ok() { return Nothing{}; }

}  // namespace tessera::core
