// SingleTopology: one Redis at a fixed address.
#pragma once

#include "redis/topology.h"

namespace tessera::redis {

class SingleTopology : public Topology {
 public:
  SingleTopology(std::shared_ptr<Surroundings> surroundings, const Endpoint& endpoint);

  void Start() override;
  void Close() override;
  NodePtr Route(const std::string_view* key) override;
  std::vector<NodePtr> Primaries() const override;
  void Suspect() override {}
  NodePtr Redirect(const Error& redirection, const Node& from) override;
  Error Unavailable() const override;
  bool CanMove() const override { return false; }

 private:
  std::shared_ptr<Surroundings> surroundings_;
  const Endpoint endpoint_;
  NodePtr node_;
};

}  // namespace tessera::redis
