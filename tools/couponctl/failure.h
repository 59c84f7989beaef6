#pragma once

#include <grpcpp/support/status.h>

#include <stdexcept>
#include <string>

#include "tools/couponctl/exit_code.h"

namespace tessera::couponctl {

// Why a command ends early, as a sentence.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode exit_code, const std::string& what) : std::runtime_error(what), exit_code_(exit_code) {}
  ExitCode exit_code() const { return exit_code_; }

 private:
  const ExitCode exit_code_;
};

// What was typed, or lies in a file, can't be meant.
class Mistake : public Failure {
 public:
  explicit Mistake(const std::string& what) : Failure(kMistaken, what) {}
};

// A call that did not succeed. `request_id` is empty for calls that change nothing.
class CallFailed : public std::exception {
 public:
  CallFailed(grpc::Status status, std::string request_id)
      : status_(std::move(status)), request_id_(std::move(request_id)) {}

  const char* what() const noexcept override { return "the call failed"; }

  ExitCode exit_code() const;
  // Such as "STOCK"; empty where the services did not say one.
  std::string reason() const;
  // Status, reason and message, in one line.
  std::string Summary() const;
  // Before the text, such as the campaign of several, or what to do about an outcome that is not known
  // instead of repeating the call.
  void SetSubject(const std::string& subject) { subject_ = subject; }
  void SetAdvice(const std::string& advice) { advice_ = advice; }
  // Status, reason, message and the reason's facts; the request id where the outcome is not known. Ends with
  // a newline.
  std::string Text() const;
  std::string Json() const;

 private:
  bool outcome_unknown() const {
    return !request_id_.empty() && (exit_code() == kTryAgain || exit_code() == kFault);
  }

  grpc::Status status_;
  std::string request_id_;
  std::string subject_;
  std::string advice_ = "Repeat it with --request-id, and it takes effect once.";
};

}  // namespace tessera::couponctl
