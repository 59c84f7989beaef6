#pragma once

#include "storage/batch_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/code_names.h"
#include "storage/redis/code_ranges.h"
#include "storage/redis/jobs.h"

namespace tessera::storage {

// Batches: what a range of numbers is of. Loop thread only.
class CodeBatches {
 public:
  CodeBatches(CampaignDirectory& directory, const CodeRanges& ranges, const CodeNames& names,
              const Jobs& jobs)
      : directory_(directory), ranges_(ranges), names_(names), jobs_(jobs) {}

  async::Task<core::Result<CodeBatch>> Get(uint64_t batch, Deadline deadline) const;
  async::Task<core::Result<std::vector<core::CodeNumber>>> AddStored(std::string campaign_id, uint64_t batch,
                                                                     std::vector<StoredCode> codes,
                                                                     Deadline deadline) const;

 private:
  CampaignDirectory& directory_;
  const CodeRanges& ranges_;
  const CodeNames& names_;
  const Jobs& jobs_;
};

}  // namespace tessera::storage
