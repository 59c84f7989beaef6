#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "server/health_board.h"

namespace tessera::server {

// The usual process_* series of this process, read from /proc when they are scraped. Any thread.
class ProcessMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

// tessera_serving and tessera_component_healthy{component}, read from the board, which must outlive it. Any
// thread.
class HealthMetrics final : public prometheus::Collectable {
 public:
  explicit HealthMetrics(const HealthBoard& board) : board_(board) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const HealthBoard& board_;
};

}  // namespace tessera::server
