// SingleFlight lets coroutines that ask for the same thing at the same time share one answer.
//
// Share joins a read that is under way. ShareFresh does not: its answer comes from a read that began after
// the call, which a proof of freshness needs ("sold out" is only true when it was read after the claim
// arrived). Whoever calls ShareFresh while a read is under way waits for the next one, and all such callers
// share that.
//
// Loop thread only. The SingleFlight must outlive every call on it. The read runs inside the call of one of
// the callers, under that caller's limits: the answer, also a refusal, is everybody's. T must be copyable; an
// exception from `read` is a bug and must not happen, as the others would wait for ever.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "async/event.h"
#include "async/task.h"

namespace tessera::async {

template <typename Key, typename T, typename Hash = std::hash<Key>>
class SingleFlight {
 public:
  // `read` is called with no arguments and returns a Task<T>.
  template <typename Read>
  Task<T> Share(Key key, Read read) {
    return Join(std::move(key), std::move(read), false);
  }

  template <typename Read>
  Task<T> ShareFresh(Key key, Read read) {
    return Join(std::move(key), std::move(read), true);
  }

  // Keys with a read under way.
  size_t size() const { return flights_.size(); }

 private:
  // One read and those who share its answer.
  struct Round {
    bool started = false;
    Event done;
    std::optional<T> answer;
  };

  struct Flight {
    std::shared_ptr<Round> current;
    std::shared_ptr<Round> next;
  };

  template <typename Read>
  Task<T> Join(Key key, Read read, bool fresh) {
    std::shared_ptr<Round> round;
    auto found = flights_.find(key);
    if (found == flights_.end()) {
      round = std::make_shared<Round>();
      flights_[key].current = round;
    } else if (!fresh || !found->second.current->started) {
      round = found->second.current;
      co_await round->done.Wait();
      co_return *round->answer;
    } else if (found->second.next != nullptr) {
      round = found->second.next;
      co_await round->done.Wait();
      co_return *round->answer;
    } else {
      round = std::make_shared<Round>();
      found->second.next = round;
      std::shared_ptr<Round> before = found->second.current;
      co_await before->done.Wait();
    }
    round->started = true;
    round->answer.emplace(co_await read());
    auto flight = flights_.find(key);
    if (flight->second.next != nullptr) {
      // The next round is led by the first who joined it; from now on it is the one under way.
      flight->second.current = std::exchange(flight->second.next, nullptr);
    } else {
      flights_.erase(flight);
    }
    round->done.Set();
    co_return *round->answer;
  }

  std::unordered_map<Key, Flight, Hash> flights_;
};

}  // namespace tessera::async
