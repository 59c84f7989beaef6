#pragma once

#include <vector>

#include "storage/batch_store.h"
#include "storage/redis/backend.h"
#include "storage/redis/code_ranges.h"

namespace tessera::storage {

// Which numbers stored codes have: a dictionary by their digests, spread over all partitions. Loop thread
// only.
class CodeNames {
 public:
  explicit CodeNames(const Backend& backend) : backend_(backend) {}

  // As BatchStore::AddStoredCodes says.
  async::Task<core::Result<std::vector<core::CodeNumber>>> Add(CodeRange range, std::vector<StoredCode> codes,
                                                               Deadline deadline) const;
  // COUPON_NOT_FOUND.
  async::Task<core::Result<core::CodeNumber>> Find(core::StoredCodeKey key, Deadline deadline) const;

 private:
  // Those of one partition, by their places among all.
  struct Share {
    uint32_t partition = 0;
    std::vector<size_t> places;
  };
  struct Addition;  // on its way

  async::Task<void> AddShare(Addition* addition, Share share) const;

  const Backend& backend_;
};

}  // namespace tessera::storage
