#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

namespace tessera::crypto {

// This thread's place in every pool: threads get different ones, so that as a rule each finds its own slot
// free.
inline size_t PreferredSlot() {
  static std::atomic<size_t> next{0};
  thread_local const size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

// A few equal OpenSSL contexts behind one key, lent to one caller at a time. OpenSSL's contexts are not
// thread-safe and setting one up costs more than using it; contexts per thread would keep key material after
// the key's object is gone. An uncontended loan costs two atomic operations. Any thread; loans last some tens
// of nanoseconds and never nest.
template <class Context>
class ContextPool {
 public:
  static constexpr size_t kSlots = 16;

  // `make()` gives one Context; it is called once per slot.
  template <class Make>
  explicit ContextPool(const Make& make) {
    for (Slot& slot : slots_) slot.context = make();
  }
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;

  // Runs `use(context)` while no other thread has that context. `use` must not throw.
  template <class Use>
  void Lend(const Use& use) const {
    const size_t first = PreferredSlot();
    for (size_t tries = 0;; ++tries) {
      const Slot& slot = slots_[(first + tries) % kSlots];
      if (!slot.taken.test_and_set(std::memory_order_acquire)) {
        use(slot.context);
        slot.taken.clear(std::memory_order_release);
        return;
      }
      if (tries % kSlots == kSlots - 1) std::this_thread::yield();
    }
  }

 private:
  // A cache line each, so that threads at work on neighbours do not slow each other.
  struct alignas(64) Slot {
    mutable std::atomic_flag taken = ATOMIC_FLAG_INIT;
    Context context;
  };
  std::array<Slot, kSlots> slots_;
};

}  // namespace tessera::crypto
