#pragma once

#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/result.h"
#include "core/stored_code.h"
#include "storage/operation.h"

namespace tessera::storage {

// A batch of codes as it stands.
struct CodeBatch {
  std::string campaign_id;
  core::NumberRow numbers;
  uint8_t code_key_id = 0;
  bool imported = false;                     // others have its codes
  std::optional<core::CodePattern> pattern;  // of short codes
  uint64_t made = 0;                         // of numbers, from the first on
  bool growing = false;                      // a job is making the rest
};

struct ImportIntent {
  Operation op;
  std::string campaign_id;
  uint64_t codes_max = 0;  // 1 or more
  uint32_t uses_max = 1;   // of each code, 1 or more
};

// A stored code, and the number that it is to have.
struct StoredCode {
  core::StoredCodeKey key;
  core::CodeNumber number;
};

// Batches of codes that belong to nobody, and those of them that are stored: imported, vanity and short ones.
// A stored code stands for a number, and all else is as with a code that has it. All methods run on the event
// loop's thread.
class BatchStore {
 public:
  virtual ~BatchStore() = default;

  // BATCH_NOT_FOUND.
  virtual async::Task<core::Result<CodeBatch>> GetBatch(uint64_t batch, Deadline deadline) = 0;

  // Gives an import its numbers, one for each code, in their order. Refuses as CodeStore::GenerateCodes.
  virtual async::Task<core::Result<GeneratedCodes>> OpenImport(ImportIntent intent) = 0;
  // The numbers that the codes have now, in their order: their own, unless they had others before. At most
  // 1,000 codes, each once, with numbers of the batch. Doing it again changes nothing. CAMPAIGN_NOT_FOUND.
  virtual async::Task<core::Result<std::vector<core::CodeNumber>>> AddStoredCodes(
      std::string campaign_id, uint64_t batch, std::vector<StoredCode> codes, Deadline deadline) = 0;
  // COUPON_NOT_FOUND.
  virtual async::Task<core::Result<core::CodeNumber>> FindStoredCode(core::StoredCodeKey key,
                                                                     Deadline deadline) = 0;
};

}  // namespace tessera::storage
