#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "storage/redis/backend.h"

namespace tessera::storage {

// part/range.lua: numbers of one batch of codes.
struct CodeRange {
  uint64_t first = 0;  // index
  uint64_t count = 0;
  core::CampaignNumber campaign;
  uint64_t batch = 0;  // unique in the namespace
  uint8_t code_key_id = 0;
  bool imported = false;
  uint32_t uses_max = 1;  // of each code
};

// The first index from `from` on whose code has its state in `partition`.
inline uint64_t IndexIn(uint32_t partition, uint64_t from, const core::Shape& shape) {
  return from + (partition + shape.partitions - from % shape.partitions) % shape.partitions;
}

// Which batch and campaign a code is of. Ranges of code numbers are given out once and never change, so what
// was read is remembered. Loop thread only.
class CodeRanges {
 public:
  explicit CodeRanges(const Backend& backend) : backend_(backend), known_(backend.keys.shape().partitions) {}

  // COUPON_NOT_FOUND for a number that was not given out.
  async::Task<core::Result<CodeRange>> Of(core::CodeNumber code, Deadline deadline);
  // BATCH_NOT_FOUND.
  async::Task<core::Result<CodeRange>> OfBatch(uint64_t batch, Deadline deadline) const;
  core::NumberRow Row(const CodeRange& range) const;

 private:
  static constexpr size_t kRememberedMax = 100'000;  // of each home

  using Ranges = std::map<uint64_t, CodeRange>;  // by the first index

  const CodeRange* Find(const Ranges& ranges, uint64_t index) const;
  core::Result<CodeRange> Open(std::string_view packed, uint32_t home) const;

  const Backend& backend_;
  std::vector<Ranges> known_;  // by home
};

}  // namespace tessera::storage
