#include "redis/node.h"

#include <algorithm>

namespace tessera::redis {

Node::Node(const std::shared_ptr<Surroundings>& surroundings, const Endpoint& endpoint) {
  for (int i = 0; i < std::max(1, surroundings->config.connections_per_node); ++i) {
    connections_.push_back(std::make_shared<Connection>(surroundings, endpoint));
    connections_.back()->Start();
  }
}

Node::~Node() { Close(); }

void Node::Close() {
  for (const auto& connection : connections_) connection->Close();
}

std::shared_ptr<Session> Node::Pick() {
  for (size_t tries = 0; tries < connections_.size(); ++tries) {
    if (++next_ >= connections_.size()) next_ = 0;
    const std::shared_ptr<Session>& session = connections_[next_]->session();
    if (session != nullptr && session->open()) return session;
  }
  return nullptr;
}

bool Node::ready() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& connection) {
    return connection->session() != nullptr && connection->session()->open();
  });
}

void Node::Reconnect(const Error& error) {
  for (const auto& connection : connections_) connection->Reconnect(error);
}

bool Node::SilentFor(std::chrono::milliseconds limit) const {
  const async::Deadline now = async::Clock::now();
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& connection) {
    const auto since =
        connection->session() == nullptr ? std::nullopt : connection->session()->silent_since();
    return since.has_value() && now - *since > limit;
  });
}

size_t Node::in_flight() const {
  size_t sum = 0;
  for (const auto& connection : connections_) {
    if (connection->session() != nullptr) sum += connection->session()->in_flight();
  }
  return sum;
}

}  // namespace tessera::redis
