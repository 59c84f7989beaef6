#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <chrono>
#include <set>

#include "async/event.h"
#include "server/config.h"
#include "services/program/background_loop.h"
#include "services/program/handler_tools.h"
#include "storage/batch_store.h"
#include "storage/job_store.h"

namespace tessera::issuer {

struct JobConfig {
  bool enabled = true;
  std::chrono::milliseconds interval{500};
  int at_once = 4;
};
void Bind(server::ConfigSection section, JobConfig& config);

// Does jobs: leases one that nobody does, and step by step notes how far it came. Any number of processes may
// do so at once; each job is one's at a time, and when that one dies, another's. Store and tools must outlive
// it.
class JobWorker final : public program::BackgroundLoop {
 public:
  JobWorker(storage::JobWork& work, storage::BatchStore& batches, const program::HandlerTools& tools,
            const JobConfig& config, prometheus::Registry& registry);

  async::Task<void> Run() override;
  void Stop() override { stopped_.Set(); }

 private:
  template <class T>
  using Asked = async::Task<core::Result<T>>;

  async::Task<void> Begin(uint32_t partition);
  async::Task<void> Do(uint64_t job);
  // Steps until the job is done, lost, or can't go on for now.
  Asked<bool> Work(storage::JobLease lease);
  Asked<storage::JobStep> Step(const storage::Job& job);
  Asked<storage::JobStep> Make(const storage::Job& job, const storage::GenerateWork& work);
  Asked<storage::JobStep> MakeShort(const storage::Job& job, const storage::GenerateWork& work);

  storage::JobWork& work_;
  storage::BatchStore& batches_;
  const program::HandlerTools& tools_;
  const JobConfig& config_;
  uint64_t worker_ = 0;
  std::set<uint64_t> running_;
  async::Event stopped_;
  async::Event idle_;  // nothing is running
  prometheus::Gauge* jobs_running_;
  prometheus::Counter* codes_done_;
  prometheus::Counter* failures_;
};

}  // namespace tessera::issuer
