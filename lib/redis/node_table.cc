#include "redis/node_table.h"

#include <algorithm>
#include <utility>

namespace tessera::redis {
namespace {

// An answer that is owed longer than this is later than any deadline.
constexpr std::chrono::seconds kOwedMax{10};

// A node that owes nothing may still be the target of a redirection that is on its way.
constexpr std::chrono::seconds kIdleMax{1};

}  // namespace

NodeTable::NodeTable(std::shared_ptr<Surroundings> surroundings) : surroundings_(std::move(surroundings)) {}

NodePtr NodeTable::Get(const Endpoint& endpoint) {
  Entry& entry = entries_[endpoint.ToString()];
  if (entry.node == nullptr) entry.node = std::make_shared<Node>(surroundings_, endpoint);
  entry.unwanted_since.reset();
  return entry.node;
}

void NodeTable::KeepOnly(const std::vector<NodePtr>& wanted) {
  for (auto& [address, entry] : entries_) {
    if (std::find(wanted.begin(), wanted.end(), entry.node) != wanted.end()) {
      entry.unwanted_since.reset();
    } else if (!entry.unwanted_since.has_value()) {
      entry.unwanted_since = async::Clock::now();
    }
  }
}

void NodeTable::Sweep() {
  const async::Deadline now = async::Clock::now();
  std::vector<NodePtr> closing;
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    if (!entry.unwanted_since.has_value()) return false;
    const auto unwanted_for = now - *entry.unwanted_since;
    const bool over = unwanted_for > kOwedMax || (unwanted_for > kIdleMax && entry.node->in_flight() == 0);
    if (over) closing.push_back(entry.node);
    return over;
  });
  // Closing wakes callers, who may come back here.
  for (const NodePtr& node : closing) node->Close();
}

void NodeTable::CloseAll() {
  for (const NodePtr& node : All()) node->Close();
}

std::vector<NodePtr> NodeTable::All() const {
  std::vector<NodePtr> nodes;
  for (const auto& [address, entry] : entries_) nodes.push_back(entry.node);
  return nodes;
}

}  // namespace tessera::redis
