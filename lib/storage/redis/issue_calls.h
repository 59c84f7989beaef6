#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/task.h"
#include "storage/redis/backend.h"

namespace tessera::storage {

// What scripts/issue.lua is asked on behalf of one caller: items of one campaign in one partition.
struct IssueRequest {
  struct Item {
    uint32_t bucket = 0;
    std::string packed;  // ITEM
  };
  std::string terms;  // TERMS and DAY: callers whose terms are equal may share a call
  core::CampaignNumber campaign;
  uint32_t partition = 0;
  int64_t stock_leased = 0;
  int64_t day_leased = 0;
  std::vector<Item> items;  // at most IssueCalls::kItemsMax
  Deadline deadline{};
};

// The caller's part of the answer. Views live as long as it does.
struct IssueAnswer {
  std::shared_ptr<const redis::Reply> reply;
  size_t head = 0;   // where the partition's head stands in the reply
  size_t first = 0;  // and the caller's first item

  core::InstantMs now() const;
  std::string_view head_text() const { return (*reply)[head].text(); }
  std::string_view item(size_t index) const { return (*reply)[first + index].text(); }
};

// Brings requests to scripts/issue.lua. Those that are ready in one turn of the loop under the same terms
// share a call, of one partition in a cluster and of any elsewhere: so a claim costs Redis the less the
// greater the rush. Loop thread only; what waits must have ended before it is destroyed.
class IssueCalls {
 public:
  // Items of one call: Redis serves nobody else meanwhile, which this keeps to about a millisecond.
  static constexpr size_t kItemsMax = 64;

  explicit IssueCalls(const Backend& backend) : backend_(backend) {}

  // Each caller waits until its own deadline, however long the others have; OUTCOME_UNKNOWN when it comes
  // before the answer, which may be of a call that was never sent. The answer is complete: it has a head, and
  // an item for each of the request's.
  async::Task<core::Result<IssueAnswer>> Send(IssueRequest request);

 private:
  struct Call;
  using Name = std::pair<std::string, uint32_t>;  // terms; and, in a cluster, the partition

  async::Task<void> Run(std::shared_ptr<Call> call);
  redis::Command Build(const Call& call) const;

  const Backend& backend_;
  std::map<Name, std::shared_ptr<Call>> open_;  // calls that may still be joined
};

}  // namespace tessera::storage
