#include "tools/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tessera::load {

// A value below 64 is its own bucket. Above, its highest bit chooses the doubling and the next six bits the
// bucket in it.
void LatencyHistogram::Record(int64_t nanoseconds) {
  const uint64_t value = nanoseconds < 0 ? 0 : static_cast<uint64_t>(nanoseconds);
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - (kSubBits + 1));
  const uint64_t bucket = (static_cast<uint64_t>(shift) << kSubBits) + (value >> shift);
  ++counts_[std::min<uint64_t>(bucket, kBuckets - 1)];
  ++count_;
  max_ns_ = std::max(max_ns_, static_cast<int64_t>(value));
  sum_ns_ += static_cast<double>(value);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (int i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
}

int64_t LatencyHistogram::Quantile(double quantile) const {
  if (count_ == 0) return 0;
  const auto rank =
      std::clamp<int64_t>(std::llround(std::ceil(quantile * static_cast<double>(count_))), 1, count_);
  int64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen < rank) continue;
    if (i < (2 << kSubBits)) return std::min<int64_t>(i, max_ns_);
    const int shift = (i >> kSubBits) - 1;
    const int64_t low = ((int64_t{i} & ((1 << kSubBits) - 1)) + (1 << kSubBits)) << shift;
    return std::min(low + (int64_t{1} << shift) - 1, max_ns_);
  }
  return max_ns_;
}

}  // namespace tessera::load
