#include "redis/single_topology.h"

#include <utility>

namespace tessera::redis {

SingleTopology::SingleTopology(std::shared_ptr<Surroundings> surroundings, const Endpoint& endpoint)
    : surroundings_(std::move(surroundings)), endpoint_(endpoint) {}

void SingleTopology::Start() { node_ = std::make_shared<Node>(surroundings_, endpoint_); }

void SingleTopology::Close() {
  if (node_ != nullptr) node_->Close();
}

NodePtr SingleTopology::Route(const std::string_view*) { return node_; }

std::vector<NodePtr> SingleTopology::Primaries() const {
  if (node_ == nullptr) return {};
  return {node_};
}

NodePtr SingleTopology::Redirect(const Error&, const Node&) { return nullptr; }

Error SingleTopology::Unavailable() const {
  return Error(ErrorKind::kDisconnected, false, endpoint_.ToString() + ": the client was not started");
}

}  // namespace tessera::redis
