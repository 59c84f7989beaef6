#pragma once

#include "storage/batch_store.h"
#include "storage/code_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/home_call.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Makes codes: gives a campaign's batch a range of numbers at the campaign's home. Nothing is stored of the
// codes themselves. Loop thread only.
class CodeGenerating {
 public:
  CodeGenerating(const Backend& backend, CampaignDirectory& directory, const Outcomes& outcomes)
      : backend_(backend), directory_(directory), outcomes_(outcomes) {}

  async::Task<core::Result<GeneratedCodes>> Make(GenerateCodesIntent intent);
  // Numbers for codes that will be stored one by one, and count as made only then.
  async::Task<core::Result<GeneratedCodes>> OpenImport(ImportIntent intent);

 private:
  struct Extent;  // what is given out, and how

  async::Task<core::Result<GeneratedCodes>> GiveOut(HomeCall call, Extent extent);

  const Backend& backend_;
  CampaignDirectory& directory_;
  const Outcomes& outcomes_;
};

}  // namespace tessera::storage
