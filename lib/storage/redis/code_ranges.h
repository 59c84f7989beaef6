#pragma once

#include <map>
#include <vector>

#include "storage/redis/backend.h"

namespace tessera::storage {

// Which campaign a code is of. Ranges of code numbers are given out once and never change, so what was read
// is remembered. Loop thread only.
class CodeRanges {
 public:
  explicit CodeRanges(const Backend& backend) : backend_(backend), known_(backend.keys.shape().partitions) {}

  // COUPON_NOT_FOUND for a number that was not given out.
  async::Task<core::Result<core::CampaignNumber>> CampaignOf(core::CodeNumber code, Deadline deadline);

 private:
  static constexpr size_t kRememberedMax = 100'000;  // of each home

  struct Range {
    uint64_t end = 0;
    core::CampaignNumber campaign;
  };
  using Ranges = std::map<uint64_t, Range>;  // by the first index

  const Range* Find(const Ranges& ranges, uint64_t index) const;

  const Backend& backend_;
  std::vector<Ranges> known_;  // by home
};

}  // namespace tessera::storage
