#pragma once

#include <array>
#include <cstdint>

namespace tessera::load {

// Counts of latencies in buckets whose width grows with the value: at most 1.6 % wide, from 1 us to over an
// hour. It has a fixed size and never allocates. One thread at a time; a value type.
class LatencyHistogram {
 public:
  void Record(int64_t nanoseconds);
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  int64_t max_ns() const { return max_ns_; }
  double mean_ns() const { return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_); }
  // The upper end of the bucket that holds the share `quantile` (0 to 1) of all values, never above the
  // largest value; 0 when nothing was recorded.
  int64_t Quantile(double quantile) const;

 private:
  static constexpr int kSubBits = 6;  // 64 buckets for each doubling
  static constexpr int kDoublings = 36;
  static constexpr int kBuckets = (kDoublings + 1) << kSubBits;

  std::array<int64_t, kBuckets> counts_{};
  int64_t count_ = 0;
  int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace tessera::load
