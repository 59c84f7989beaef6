// Observer is told what the client does, so that metrics and logs can be attached without the client knowing
// them.
//
// Called on the loop thread; it must be quick, must not throw and must outlive the Client. The default does
// nothing.
#pragma once

#include <chrono>
#include <string_view>

#include "redis/command.h"
#include "redis/endpoint.h"
#include "redis/error.h"

namespace tessera::redis {

class Observer {
 public:
  virtual ~Observer() = default;

  // A call has ended, repetitions included. `error` is null when it succeeded. command.script() tells scripts
  // apart.
  virtual void OnCommand(const Command& command, std::chrono::nanoseconds latency, const Error* error) {
    (void)command, (void)latency, (void)error;
  }

  // A command is sent again, because of `error`.
  virtual void OnRetry(const Command& command, const Error& error) { (void)command, (void)error; }

  // A connection can be used from now on.
  virtual void OnConnected(const Endpoint& endpoint) { (void)endpoint; }

  // A connection was lost, or an attempt to connect failed.
  virtual void OnDisconnected(const Endpoint& endpoint, const Error& error) { (void)endpoint, (void)error; }

  // The set of primaries, or who serves what, is different now.
  virtual void OnTopologyChanged(std::string_view description) { (void)description; }
};

}  // namespace tessera::redis
