// Surroundings is what all connections of one Client share. Connections keep it alive while they wind down.
//
// Loop thread only. The loop must outlive it; the observer is not called any more once the Client is closed.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "async/event.h"
#include "async/event_loop.h"
#include "redis/config.h"
#include "redis/observer.h"
#include "redis/session.h"

namespace tessera::redis {

// Runs on a new session before it is used for anything else; a failure closes it, and the next attempt runs
// it again.
using ConnectHook = std::function<async::Task<Result<void>>(Session&)>;

struct Surroundings {
  Surroundings(async::EventLoop& event_loop, const Config& redis_config, ConnectHook connect_hook,
               Observer& client_observer)
      : loop(event_loop), config(redis_config), hook(std::move(connect_hook)), observer(client_observer) {}

  async::EventLoop& loop;
  const Config config;
  const ConnectHook hook;  // may be empty
  Observer& observer;
  // Pulsed when a connection or the topology changed: calls that wait for a node look again.
  async::Event changed;
};

}  // namespace tessera::redis
