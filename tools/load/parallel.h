#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace tessera::load {

// Calls `work(index, worker)` for each index below `count` on `workers` threads and returns when all have
// returned. Indices are handed out in order. `stop`, when given, is asked before each and ends the handing
// out.
inline void Parallel(int workers, int64_t count, const std::function<void(int64_t index, int worker)>& work,
                     const std::function<bool()>& stop = nullptr) {
  std::atomic<int64_t> next{0};
  std::vector<std::thread> threads;
  for (int worker = 0; worker < workers; ++worker) {
    threads.emplace_back([&, worker] {
      for (int64_t index = next++; index < count; index = next++) {
        if (stop && stop()) return;
        work(index, worker);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace tessera::load
