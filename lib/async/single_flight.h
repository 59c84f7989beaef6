// SingleFlight lets coroutines that ask for the same thing at the same time share one answer.
//
// Share joins a read that is under way. ShareFresh does not: its answer comes from a read that began after
// the call, which a proof of freshness needs ("sold out" is only true when it was read after the claim
// arrived). Whoever calls ShareFresh while a read is under way waits for the next one, and all such callers
// share that.
//
// Each caller waits until its own deadline and no longer. The read belongs to none of them: it goes on when
// callers give up, under limits of its own, and its answer, also a refusal, is everybody's.
//
// Loop thread only. The SingleFlight, and what the reads refer to, must outlive every read. T must be
// copyable; an exception from a read ends the process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "async/event.h"
#include "async/spawn.h"
#include "async/task.h"

namespace tessera::async {

template <typename Key, typename T, typename Hash = std::hash<Key>>
class SingleFlight {
 public:
  // How the answer is found; it must end by itself.
  using Read = std::function<Task<T>()>;

  // Nothing when the deadline came first.
  Task<std::optional<T>> Share(Key key, Read read, Deadline deadline) {
    return Join(std::move(key), std::move(read), deadline, false);
  }
  Task<std::optional<T>> ShareFresh(Key key, Read read, Deadline deadline) {
    return Join(std::move(key), std::move(read), deadline, true);
  }

  // Keys with a read under way.
  size_t size() const { return flights_.size(); }

 private:
  // One read and those who share its answer.
  struct Round {
    Read read;
    bool started = false;
    Event done;
    std::optional<T> answer;
  };

  struct Flight {
    std::shared_ptr<Round> current;
    std::shared_ptr<Round> next;
  };

  Task<std::optional<T>> Join(Key key, Read read, Deadline deadline, bool fresh) {
    Flight& flight = flights_[key];
    const bool first = flight.current == nullptr;
    std::shared_ptr<Round>& joined =
        !first && fresh && flight.current->started ? flight.next : flight.current;
    if (joined == nullptr) {
      joined = std::make_shared<Round>();
      joined->read = std::move(read);
    }
    const std::shared_ptr<Round> round = joined;
    if (first) Spawn(co_await asio::this_coro::executor, Fly(std::move(key)));
    if (!co_await round->done.WaitUntil(deadline)) co_return std::nullopt;
    co_return *round->answer;
  }

  // Read after read, while somebody waits for another.
  Task<void> Fly(Key key) {
    Flight& flight = flights_[key];
    while (flight.current != nullptr) {
      const std::shared_ptr<Round> round = flight.current;
      round->started = true;
      round->answer.emplace(co_await round->read());
      flight.current = std::exchange(flight.next, nullptr);
      round->done.Set();
    }
    flights_.erase(key);
  }

  std::unordered_map<Key, Flight, Hash> flights_;
};

}  // namespace tessera::async
