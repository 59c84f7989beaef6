// Node is one Redis server and the connections to it.
//
// Loop thread only; shared by the topology and by calls that are under way.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "redis/connection.h"

namespace tessera::redis {

class Node {
 public:
  Node(const std::shared_ptr<Surroundings>& surroundings, const Endpoint& endpoint);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Closes the connections; what is in flight fails with kDisconnected.
  void Close();

  // A ready session, each in turn; null when there is none.
  std::shared_ptr<Session> Pick();

  // Whether there is a ready session.
  bool ready() const;

  // Why there is no ready session, and since when.
  const Error& last_error() const { return connections_.front()->last_error(); }
  async::Deadline down_since() const { return connections_.front()->down_since(); }

  // Drops the sessions and connects anew.
  void Reconnect(const Error& error);

  // Whether Redis owes an answer for longer than `limit`.
  bool SilentFor(std::chrono::milliseconds limit) const;

  size_t in_flight() const;
  const Endpoint& endpoint() const { return connections_.front()->endpoint(); }

 private:
  std::vector<std::shared_ptr<Connection>> connections_;
  size_t next_ = 0;
};

using NodePtr = std::shared_ptr<Node>;

}  // namespace tessera::redis
