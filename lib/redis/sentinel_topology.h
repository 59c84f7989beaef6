// SentinelTopology: one primary, which the Sentinels know. It asks them at start, when something fails, and
// every few seconds, and believes an answer only when the named server itself says that it is a primary.
#pragma once

#include <memory>
#include <vector>

#include "async/event.h"
#include "redis/node_table.h"
#include "redis/topology.h"

namespace tessera::redis {

class SentinelTopology : public Topology, public std::enable_shared_from_this<SentinelTopology> {
 public:
  SentinelTopology(std::shared_ptr<Surroundings> surroundings, std::vector<Endpoint> sentinels);

  void Start() override;
  void Close() override;
  NodePtr Route(const std::string_view* key) override;
  std::vector<NodePtr> Primaries() const override;
  void Suspect() override { suspected_.Set(); }
  NodePtr Redirect(const Error& redirection, const Node& from) override;
  Error Unavailable() const override { return unavailable_; }
  bool CanMove() const override { return true; }

 private:
  async::Task<void> Run();
  async::Task<bool> Resolve();
  async::Task<Result<Endpoint>> AskSentinel(Endpoint sentinel);
  async::Task<Result<void>> VerifyPrimary(Endpoint endpoint);

  const std::shared_ptr<Surroundings> surroundings_;
  std::vector<Endpoint> sentinels_;  // the one that answered last comes first
  NodeTable nodes_;
  NodePtr primary_;
  async::Event suspected_;
  Error unavailable_;
  async::Event closed_;
};

}  // namespace tessera::redis
