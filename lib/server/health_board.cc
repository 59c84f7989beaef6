#include "server/health_board.h"

#include <algorithm>
#include <utility>

namespace tessera::server {

void HealthComponent::Set(bool healthy, std::string_view detail) { board_->Set(*this, healthy, detail); }

HealthComponent* HealthBoard::Add(std::string name) {
  const std::lock_guard lock(mutex_);
  components_.push_back(std::unique_ptr<HealthComponent>(new HealthComponent(this, std::move(name))));
  TellLocked();
  return components_.back().get();
}

void HealthBoard::StartDrain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  TellLocked();
}

bool HealthBoard::serving() const {
  const std::lock_guard lock(mutex_);
  return ServingLocked();
}

std::vector<HealthBoard::ComponentState> HealthBoard::components() const {
  const std::lock_guard lock(mutex_);
  std::vector<ComponentState> states;
  for (const auto& component : components_) {
    states.push_back({component->name_, component->healthy_, component->detail_});
  }
  return states;
}

void HealthBoard::OnChange(std::function<void(bool)> listener) {
  const std::lock_guard lock(mutex_);
  listener(ServingLocked());
  listeners_.push_back(std::move(listener));
}

void HealthBoard::Set(HealthComponent& component, bool healthy, std::string_view detail) {
  const std::lock_guard lock(mutex_);
  component.healthy_ = healthy;
  component.detail_ = detail;
  TellLocked();
}

bool HealthBoard::ServingLocked() const {
  return !draining_ && std::all_of(components_.begin(), components_.end(),
                                   [](const auto& component) { return component->healthy_; });
}

// A listener hears every change once; told_ is what it heard last.
void HealthBoard::TellLocked() {
  const bool serving = ServingLocked();
  if (serving == told_) return;
  told_ = serving;
  for (const auto& listener : listeners_) listener(serving);
}

}  // namespace tessera::server
