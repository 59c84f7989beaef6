#pragma once

#include "storage/job_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/code_ranges.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Jobs at their campaigns' homes. Loop thread only.
class Jobs {
 public:
  Jobs(const Backend& backend, CampaignDirectory& directory, const Outcomes& outcomes,
       const CodeRanges& ranges)
      : backend_(backend), directory_(directory), outcomes_(outcomes), ranges_(ranges) {}

  async::Task<core::Result<JobCreated>> Create(CreateJobIntent intent);
  async::Task<core::Result<Job>> Get(uint64_t job, Deadline deadline) const;
  async::Task<core::Result<JobPage>> List(std::string campaign_id, std::optional<uint64_t> before,
                                          int32_t page_size, Deadline deadline) const;
  async::Task<core::Result<Job>> Cancel(uint64_t job, Deadline deadline) const;

  async::Task<core::Result<std::vector<uint64_t>>> Open(uint32_t partition, Deadline deadline) const;
  async::Task<core::Result<std::optional<Job>>> Lease(JobLease lease, Deadline deadline) const;
  async::Task<core::Result<bool>> Advance(JobLease lease, JobStep step, Deadline deadline) const;

 private:
  // Which codes a job is about.
  struct Extent {
    uint64_t batch = 0;  // 0: its own
    uint64_t first = 0;  // index
    uint64_t count = 0;
  };

  async::Task<core::Result<Extent>> ExtentOf(const Work* work, std::string campaign_id,
                                             Deadline deadline) const;
  redis::Command BuildCommand(const CreateJobIntent& intent, const Extent& extent,
                              const core::Campaign& campaign, const OperationPlace& place) const;
  // Of a job: its home, and its number there.
  uint32_t HomeOf(uint64_t job) const {
    return static_cast<uint32_t>(job % backend_.keys.shape().partitions);
  }
  uint64_t NumberOf(uint64_t job) const { return job / backend_.keys.shape().partitions; }
  async::Task<core::Result<Job>> Opened(uint64_t job, std::string packed, Deadline deadline) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  const Outcomes& outcomes_;
  const CodeRanges& ranges_;
};

}  // namespace tessera::storage
