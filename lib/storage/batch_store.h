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

// A stored code, and the number that it is to have; absent: whichever the batch has for it.
struct StoredCode {
  core::StoredCodeKey key;
  std::optional<core::CodeNumber> number;
};

// Which numbers stored codes have: imported, vanity and short ones. All else is as with a code that has the
// number. All methods run on the event loop's thread.
class CodeDictionary {
 public:
  virtual ~CodeDictionary() = default;

  // COUPON_NOT_FOUND.
  virtual async::Task<core::Result<core::CodeNumber>> FindStoredCode(core::StoredCodeKey key,
                                                                     Deadline deadline) = 0;
};

// Batches of codes that belong to nobody. All methods run on the event loop's thread.
class BatchStore : public CodeDictionary {
 public:
  // BATCH_NOT_FOUND.
  virtual async::Task<core::Result<CodeBatch>> GetBatch(uint64_t batch, Deadline deadline) = 0;

  // Gives an import numbers enough for its codes. Refuses as CodeStore::GenerateCodes.
  virtual async::Task<core::Result<GeneratedCodes>> OpenImport(ImportIntent intent) = 0;
  // The numbers that the codes have now, in their order: one of the batch's, unless they had others before.
  // At most 1,000 codes. Doing it again changes nothing. CAMPAIGN_NOT_FOUND, BATCH_NOT_FOUND; STORAGE_FULL
  // for more codes than the import was opened for.
  virtual async::Task<core::Result<std::vector<core::CodeNumber>>> AddStoredCodes(
      std::string campaign_id, uint64_t batch, std::vector<StoredCode> codes, Deadline deadline) = 0;
};

}  // namespace tessera::storage
