// NodeTable holds the nodes of a topology by address. A node that is not wanted any more is not cut off at
// once: it may still owe answers (to say MOVED, after a failover), so it is closed when it owes none, or
// after ten seconds.
//
// Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "redis/endpoint.h"
#include "redis/node.h"
#include "redis/surroundings.h"

namespace tessera::redis {

class NodeTable {
 public:
  explicit NodeTable(std::shared_ptr<Surroundings> surroundings);

  // The node at this address, made and connected if there is none. It counts as wanted from now on.
  NodePtr Get(const Endpoint& endpoint);

  // Says that no other nodes than these are wanted.
  void KeepOnly(const std::vector<NodePtr>& wanted);

  // Closes nodes that were not wanted for long enough.
  void Sweep();

  void CloseAll();

  // All nodes, wanted or not.
  std::vector<NodePtr> All() const;

 private:
  struct Entry {
    NodePtr node;
    std::optional<async::Deadline> unwanted_since;
  };

  const std::shared_ptr<Surroundings> surroundings_;
  std::map<std::string, Entry> entries_;
};

}  // namespace tessera::redis
