#include "redis/topology.h"

#include <utility>

#include "redis/cluster_topology.h"
#include "redis/sentinel_topology.h"
#include "redis/single_topology.h"

namespace tessera::redis {

Result<std::shared_ptr<Topology>> MakeTopology(const std::shared_ptr<Surroundings>& surroundings) {
  const Config& config = surroundings->config;
  std::vector<Endpoint> endpoints;
  bool any_unix = false;
  for (const std::string& address : config.addresses) {
    const std::optional<Endpoint> endpoint = Endpoint::Parse(address);
    if (!endpoint.has_value()) {
      return Error(ErrorKind::kOther, false,
                   "addresses: \"" + address + "\" is neither host:port nor unix:/path");
    }
    any_unix = any_unix || endpoint->is_unix();
    endpoints.push_back(*endpoint);
  }
  if (endpoints.empty()) return Error(ErrorKind::kOther, false, "addresses: none is given");
  switch (config.topology) {
    case TopologyKind::kSingle:
      if (endpoints.size() > 1) return Error(ErrorKind::kOther, false, "addresses: a single Redis has one");
      return std::shared_ptr<Topology>(std::make_shared<SingleTopology>(surroundings, endpoints.front()));
    case TopologyKind::kSentinel:
      if (any_unix) return Error(ErrorKind::kOther, false, "addresses: Sentinels have a host and port");
      return std::shared_ptr<Topology>(
          std::make_shared<SentinelTopology>(surroundings, std::move(endpoints)));
    case TopologyKind::kCluster:
      if (any_unix)
        return Error(ErrorKind::kOther, false, "addresses: the nodes of a cluster have a host and port");
      if (config.database != 0)
        return Error(ErrorKind::kOther, false, "database: a cluster has only database 0");
      return std::shared_ptr<Topology>(std::make_shared<ClusterTopology>(surroundings, std::move(endpoints)));
  }
  return Error(ErrorKind::kOther, false, "topology: unknown");
}

}  // namespace tessera::redis
