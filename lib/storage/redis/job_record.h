#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/job_store.h"

namespace tessera::storage {

// Jobs as scripts/part/job.lua keeps them at home `home`. Pure, any thread.

struct StoredJob {
  Job job;  // without its campaign's id
  core::CampaignNumber campaign;
};
std::optional<StoredJob> OpenJob(std::string_view packed, uint64_t job, const core::Shape& shape);

// The type's letter, and what the type needs besides what all jobs have.
char TypeOf(const Work& work);
std::string PackSpec(const Work& work);

}  // namespace tessera::storage
