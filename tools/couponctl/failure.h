#pragma once

#include <grpcpp/support/status.h>

#include <stdexcept>
#include <string>

#include "tools/couponctl/exit_code.h"

namespace tessera::couponctl {

// What was typed, or lies in a file, can't be meant.
class Mistake : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A call that did not succeed. `request_id` is empty for calls that change nothing.
class CallFailed : public std::exception {
 public:
  CallFailed(grpc::Status status, std::string request_id)
      : status_(std::move(status)), request_id_(std::move(request_id)) {}

  const char* what() const noexcept override { return "the call failed"; }

  ExitCode exit_code() const;
  // Status, reason, message and the reason's facts; the request id where the outcome is not known. Ends with
  // a newline.
  std::string Text() const;
  std::string Json() const;

 private:
  bool outcome_unknown() const { return exit_code() == kTryAgain && !request_id_.empty(); }

  const grpc::Status status_;
  const std::string request_id_;
};

}  // namespace tessera::couponctl
