#include "tests/e2e/ledger_view.h"

#include <stdexcept>

namespace tessera::e2e {
namespace {

core::Shape ShapeOf(const testing::DeploymentOptions& options) {
  core::Shape shape;
  shape.partitions = options.partitions;
  shape.buckets = options.buckets;
  return shape;
}

}  // namespace

LedgerView::LedgerView(testing::Deployment& deployment)
    : deployment_(deployment), keys_("tessera", ShapeOf(deployment.options())) {}

std::vector<std::string> LedgerView::Ask(uint32_t partition, const std::vector<std::string>& argv) {
  for (const std::string& address : deployment_.data_addresses()) {
    auto& node = nodes_[address];
    if (node == nullptr) node = std::make_unique<testing::BlockingRedis>(address);
    std::vector<std::string> answer = node->List(argv);
    if (answer.empty() || !answer.front().starts_with("MOVED ")) return answer;
  }
  throw std::runtime_error("no node serves partition " + std::to_string(partition));
}

bool LedgerView::AllCounted() {
  for (uint32_t p = 0; p < keys_.shape().partitions; ++p) {
    const auto newest = Ask(p, {"XREVRANGE", keys_.Ledger(p), "+", "-", "COUNT", "1"});
    const auto counted = Ask(p, {"HGET", keys_.Totals(p), "last"});
    if (!newest.empty() && newest.front() != counted.front()) return false;
  }
  return true;
}

void LedgerView::DropSums() {
  for (uint32_t p = 0; p < keys_.shape().partitions; ++p) Ask(p, {"DEL", keys_.Totals(p)});
}

}  // namespace tessera::e2e
