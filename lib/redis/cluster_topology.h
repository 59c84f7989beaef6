// ClusterTopology: a Redis Cluster. It keeps the table of slots, follows MOVED and ASK, and reads the table
// anew when something does not fit, at most every 100 ms however many callers complain.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "async/event.h"
#include "redis/node_table.h"
#include "redis/topology.h"

namespace tessera::redis {

class ClusterTopology : public Topology, public std::enable_shared_from_this<ClusterTopology> {
 public:
  ClusterTopology(std::shared_ptr<Surroundings> surroundings, std::vector<Endpoint> seeds);

  void Start() override;
  void Close() override;
  NodePtr Route(const std::string_view* key) override;
  std::vector<NodePtr> Primaries() const override { return primaries_; }
  void Suspect() override { suspected_.Set(); }
  NodePtr Redirect(const Error& redirection, const Node& from) override;
  Error Unavailable() const override { return unavailable_; }
  bool CanMove() const override { return true; }
  bool HasSlots() const override { return true; }

 private:
  async::Task<void> Run();
  async::Task<bool> Refresh();
  async::Task<Result<Reply>> AskAnyNode(Endpoint* answered);
  bool Apply(const Reply& slots, const Endpoint& answered);

  const std::shared_ptr<Surroundings> surroundings_;
  const std::vector<Endpoint> seeds_;
  NodeTable nodes_;
  std::vector<NodePtr> slots_;  // by slot; null where nobody is known to serve it
  std::vector<NodePtr> primaries_;
  async::Event suspected_;
  Error unavailable_;
  size_t turn_ = 0;  // whom to ask next
  async::Event closed_;
};

}  // namespace tessera::redis
