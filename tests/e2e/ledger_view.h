// LedgerView looks at a deployment's ledger where it lies, behind the services' backs: a test has to know
// when the last event was counted, and that the sums are those of the whole ledger. One thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/redis/keys.h"
#include "tests/support/service_process.h"

namespace tessera::e2e {

class LedgerView {
 public:
  // `deployment` must outlive it.
  explicit LedgerView(testing::Deployment& deployment);

  // Whether the sums hold every event, in every partition.
  bool AllCounted();
  // Drops all sums: analytics adds the whole ledger up anew.
  void DropSums();

  const storage::Keys& keys() const { return keys_; }

 private:
  // Asks whichever node serves the partition.
  std::vector<std::string> Ask(uint32_t partition, const std::vector<std::string>& argv);

  testing::Deployment& deployment_;
  const storage::Keys keys_;
  std::map<std::string, std::unique_ptr<testing::BlockingRedis>> nodes_;
};

}  // namespace tessera::e2e
