// Topology knows which node serves a command. One kind each for a single Redis, Sentinel and Cluster.
//
// Loop thread only. It owns the nodes; the Client owns it, and its own Task keeps it alive until it has
// ended.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "redis/error.h"
#include "redis/node.h"
#include "redis/surroundings.h"

namespace tessera::redis {

class Topology {
 public:
  virtual ~Topology() = default;

  // Begins to find out what there is.
  virtual void Start() = 0;

  // Closes all connections. What is in flight fails with kDisconnected.
  virtual void Close() = 0;

  // The node for a command with this first key; any primary when `key` is null. Null while none is known.
  virtual NodePtr Route(const std::string_view* key) = 0;

  // The primaries that are known.
  virtual std::vector<NodePtr> Primaries() const = 0;

  // Something does not fit what is known (an error, a lost connection): look again soon. Cheap to call often.
  virtual void Suspect() = 0;

  // Redis said that the key's slot is served elsewhere for good (MOVED) or for this command only (ASK).
  // `from` is who said it. Returns the node to try next, or null.
  virtual NodePtr Redirect(const Error& redirection, const Node& from) = 0;

  // Why Route finds nothing.
  virtual Error Unavailable() const = 0;

  // Whether a look at the topology can lead to another node: a lone Redis is asked again only when it was
  // away.
  virtual bool CanMove() const = 0;

  // Whether keys lie in slots, so that those of one command must share one.
  virtual bool HasSlots() const { return false; }
};

// The topology that the configuration asks for; an error names what is wrong with the configuration.
Result<std::shared_ptr<Topology>> MakeTopology(const std::shared_ptr<Surroundings>& surroundings);

}  // namespace tessera::redis
