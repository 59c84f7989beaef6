#include "redis/topology.h"

#include <utility>

#include "redis/single_topology.h"

namespace tessera::redis {

Result<std::unique_ptr<Topology>> MakeTopology(const std::shared_ptr<Surroundings>& surroundings) {
  const Config& config = surroundings->config;
  std::vector<Endpoint> endpoints;
  for (const std::string& address : config.addresses) {
    const std::optional<Endpoint> endpoint = Endpoint::Parse(address);
    if (!endpoint.has_value()) {
      return Error(ErrorKind::kOther, false,
                   "addresses: \"" + address + "\" is neither host:port nor unix:/path");
    }
    endpoints.push_back(*endpoint);
  }
  if (endpoints.empty()) return Error(ErrorKind::kOther, false, "addresses: none is given");
  switch (config.topology) {
    case TopologyKind::kSingle:
      if (endpoints.size() > 1) return Error(ErrorKind::kOther, false, "addresses: a single Redis has one");
      return std::unique_ptr<Topology>(std::make_unique<SingleTopology>(surroundings, endpoints.front()));
    case TopologyKind::kSentinel:
    case TopologyKind::kCluster:
      return Error(ErrorKind::kOther, false, "topology: not built in");
  }
  return Error(ErrorKind::kOther, false, "topology: unknown");
}

}  // namespace tessera::redis
