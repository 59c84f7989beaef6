#include "tools/bench_figures/lag_sampler.h"

#include <algorithm>

#include "tests/support/blocking_redis.h"

namespace tessera::bench {
namespace {

constexpr std::chrono::milliseconds kRest{20};

// The milliseconds since the epoch that Redis' clock shows.
int64_t NowMs(testing::BlockingRedis& redis) {
  const std::vector<std::string> time = redis.List({"TIME"});
  return std::stoll(time.at(0)) * 1000 + std::stoll(time.at(1)) / 1000;
}

}  // namespace

LagSampler::LagSampler(std::string redis_address, const std::string& name, const core::Shape& shape)
    : address_(std::move(redis_address)), keys_(name, shape) {}

LagSampler::~LagSampler() {
  if (thread_.joinable()) Stop();
}

void LagSampler::Start() {
  stop_ = false;
  ages_.clear();
  thread_ = std::thread([this] { Work(); });
}

std::vector<double> LagSampler::Stop() {
  stop_ = true;
  thread_.join();
  std::sort(ages_.begin(), ages_.end());
  return ages_;
}

void LagSampler::Work() {
  testing::BlockingRedis redis(address_);
  while (!stop_) {
    int64_t oldest_ms = 0;
    for (uint32_t p = 0; p < keys_.shape().partitions; ++p) {
      const std::string last = redis.Command({"HGET", keys_.Totals(p), "last"});
      const std::string after = last == "(nil)" ? "-" : "(" + last;
      const std::vector<std::string> next = redis.List({"XRANGE", keys_.Ledger(p), after, "+", "COUNT", "1"});
      if (!next.empty() && next[0].find('-') != std::string::npos) {
        const int64_t age_ms = NowMs(redis) - std::stoll(next[0]);
        oldest_ms = std::max(oldest_ms, age_ms);
      }
    }
    ages_.push_back(static_cast<double>(oldest_ms) / 1000);
    std::this_thread::sleep_for(kRest);
  }
}

}  // namespace tessera::bench
