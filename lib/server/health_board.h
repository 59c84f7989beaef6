#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::server {

class HealthBoard;

// Something the service cannot work without, such as "redis". Set from any thread, usually the loop's; valid
// as long as its board.
class HealthComponent {
 public:
  // `detail` is a word or short sentence for the operator: "connected, fsync", "durability below promise".
  void Set(bool healthy, std::string_view detail);

 private:
  friend class HealthBoard;
  HealthComponent(HealthBoard* board, std::string name) : board_(board), name_(std::move(name)) {}

  HealthBoard* board_;
  const std::string name_;
  bool healthy_ = false;
  std::string detail_ = "not yet known";
};

// The health of one process: serving when every component is healthy and the process is not draining.
// Components start unhealthy. Any thread. Listeners are told of every change of the whole, in order, on the
// thread that made it; they must not call back into the board.
class HealthBoard {
 public:
  struct ComponentState {
    std::string name;
    bool healthy;
    std::string detail;
  };

  HealthBoard() = default;
  HealthBoard(const HealthBoard&) = delete;
  HealthBoard& operator=(const HealthBoard&) = delete;

  // REQUIRES: one call per name. The component stays valid as long as the board.
  HealthComponent* Add(std::string name);

  // From now on not serving, for good.
  void StartDrain();

  bool serving() const;
  std::vector<ComponentState> components() const;

  // Tells `listener` now and on every change of serving().
  void OnChange(std::function<void(bool serving)> listener);

 private:
  friend class HealthComponent;
  void Set(HealthComponent& component, bool healthy, std::string_view detail);
  bool ServingLocked() const;
  void TellLocked();

  mutable std::mutex mutex_;
  bool draining_ = false;
  bool told_ = true;  // an empty board serves
  std::vector<std::unique_ptr<HealthComponent>> components_;
  std::vector<std::function<void(bool)>> listeners_;
};

}  // namespace tessera::server
