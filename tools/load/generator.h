#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/load/latency_histogram.h"
#include "tools/load/traffic.h"

namespace tessera::load {

// How calls are sent.
struct LoadPlan {
  // Calls a second, sent at their times whether or not earlier ones were answered. 0: closed loop.
  double rate = 0;
  // Closed loop: calls kept in flight. Open loop: the bound on them; a call that finds it reached is sent
  // late, and its latency still counts from the time at which it should have been sent.
  int in_flight = 64;
  // Sent and answered, but not counted.
  std::chrono::milliseconds warmup{0};
  // The counted time ends after `duration` or `calls_max` counted calls, whichever comes first.
  std::chrono::milliseconds duration{5000};
  uint64_t calls_max = UINT64_MAX;
  // Deadline of each call.
  std::chrono::milliseconds call_timeout{10000};
  // Sent as bearer token when not empty.
  std::string token;
};

// What came of it. Latencies count from the intended send time: in the open loop the call's own time, in the
// closed loop the moment at which the call before it was answered.
struct LoadResult {
  int64_t succeeded = 0;
  int64_t refused = 0;
  std::map<std::string, int64_t> refusals;  // by "RESOURCE_EXHAUSTED/STOCK"
  double seconds = 0;
  int64_t sent_late = 0;           // open loop: calls sent more than 1 ms after their time
  double own_cpu_us_per_call = 0;  // what this process spent on one call
  LatencyHistogram latency;        // of all answered calls

  double calls_per_second() const {
    return seconds == 0 ? 0 : static_cast<double>(succeeded + refused) / seconds;
  }
  double successes_per_second() const { return seconds == 0 ? 0 : static_cast<double>(succeeded) / seconds; }
};

using Channels = std::vector<std::shared_ptr<grpc::Channel>>;

// `count` connections of their own to `address`; blocks until each is made, at most 5 s in all. Whoever calls
// over one that could not be made is told so.
Channels Connect(const std::string& address, int count);

// Sends `traffic` as planned and returns when every call is answered or timed out; at most warmup + duration
// + call_timeout and a little. `first_index` is the index of the first call, so that several runs can share
// one traffic's users. Blocks the calling thread; uses one more for sending in the open loop. `stop`, when
// given, is asked between calls and ends the sending early.
LoadResult RunLoad(const Channels& channels, Traffic& traffic, const LoadPlan& plan, uint64_t first_index = 0,
                   const std::function<bool()>& stop = nullptr);

}  // namespace tessera::load
