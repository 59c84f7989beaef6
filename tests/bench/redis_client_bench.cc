// What one EVALSHA costs: CPU of the client's loop thread and of Redis, for some numbers of calls in flight.
//
//   redis_client_bench [seconds per row]
//
// It starts a Redis of its own on a Unix socket. The script is the smallest that writes, so that the client
// dominates.
#include <sys/resource.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "async/event_loop.h"
#include "async/timer.h"
#include "redis/client.h"
#include "tests/support/redis_server.h"

namespace tessera {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;

double ThreadCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double RedisCpuSeconds(testing::RedisServer& server) {
  return std::stod(server.redis().Info("used_cpu_user_main_thread")) +
         std::stod(server.redis().Info("used_cpu_sys_main_thread"));
}

struct Counters {
  uint64_t calls = 0;
  uint64_t failures = 0;
  int running = 0;
};

async::Task<void> CallInTurn(redis::Client& client, const redis::Script& script, async::Deadline end,
                             Counters* counters) {
  ++counters->running;
  while (async::Clock::now() < end) {
    redis::Command command(script);
    command.Key("{p7}:wallet:17").Key("{p7}:quota:17").Arg("field").Arg(uint64_t{1}).Arg("0123456789abcdef");
    const redis::Result<redis::Reply> reply =
        co_await client.Execute(std::move(command), async::After(milliseconds(1000)));
    if (!reply.ok() || (*reply)[0].integer() != 1) ++counters->failures;
    ++counters->calls;
  }
  --counters->running;
}

async::Task<void> Measure(async::EventLoop& loop, redis::Client& client, const redis::Script& script,
                          int in_flight, double seconds, Counters* counters) {
  const async::Deadline end = async::Clock::now() + milliseconds(static_cast<int>(seconds * 1000));
  for (int i = 0; i < in_flight; ++i) loop.Spawn(CallInTurn(client, script, end, counters));
  do {
    co_await async::Sleep(milliseconds(20));
  } while (counters->running > 0);
}

// The price of one wait on a OneShot: the bridge between a connection's answer and the coroutine that waits
// for it.
double OneShotNanoseconds(async::EventLoop& loop) {
  constexpr int kRounds = 1'000'000;
  async::OneShot<int> shot;
  bool stop = false;
  auto consumer = [](async::OneShot<int>* own, const bool* end) -> async::Task<void> {
    while (!*end) {
      co_await own->Ready();
      own->Take();
    }
  };
  auto producer = [](async::OneShot<int>* own, bool* end) -> async::Task<double> {
    co_await async::Sleep(milliseconds(1));
    const double before = ThreadCpuSeconds();
    for (int i = 0; i < kRounds; ++i) own->Complete(i);
    const double used = ThreadCpuSeconds() - before;
    *end = true;
    own->Complete(0);
    co_return used;
  };
  loop.Spawn(consumer(&shot, &stop));
  return loop.RunUntilDone(producer(&shot, &stop)) / kRounds * 1e9;
}

int Main(double seconds) {
  testing::RedisServer server;
  const std::string source = "redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2]) return {1, ARGV[3]}";
  const std::string sha1 = server.Command({"SCRIPT", "LOAD", source});
  const redis::Script script{"bench", source, sha1};
  redis::Config config;
  config.addresses = {server.unix_address()};
  async::EventLoop loop;
  std::printf("one wait on a OneShot: %.0f ns\n", OneShotNanoseconds(loop));
  {
    redis::Client client(loop, config);
    if (!loop.RunUntilDone(client.Start(async::After(milliseconds(5000)))).ok()) return 1;
    std::printf("%9s %12s %18s %18s %10s\n", "in flight", "calls/s", "client CPU us/call",
                "Redis CPU us/call", "failures");
    for (const int in_flight : {1, 8, 64, 256}) {
      Counters counters;
      const double redis_before = RedisCpuSeconds(server);
      const double cpu_before = ThreadCpuSeconds();
      const auto begin = async::Clock::now();
      loop.RunUntilDone(Measure(loop, client, script, in_flight, seconds, &counters));
      const double elapsed = duration<double>(async::Clock::now() - begin).count();
      const double cpu = ThreadCpuSeconds() - cpu_before;
      const double redis_cpu = RedisCpuSeconds(server) - redis_before;
      const auto calls = static_cast<double>(counters.calls);
      std::printf("%9d %12.0f %18.2f %18.2f %10llu\n", in_flight, calls / elapsed, cpu / calls * 1e6,
                  redis_cpu / calls * 1e6, static_cast<unsigned long long>(counters.failures));
    }
    client.Close();
    loop.RunUntilDone(async::Sleep(milliseconds(20)));
  }
  return 0;
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) { return tessera::Main(argc > 1 ? std::atof(argv[1]) : 2.0); }
