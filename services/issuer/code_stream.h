#pragma once

#include <string>
#include <vector>

#include "services/program/handler_tools.h"
#include "storage/batch_store.h"

namespace tessera::issuer {

// Reads the codes of a batch, in their order. Derived codes are computed. Short ones are drawn again, and
// looked up to see which draw was stored. Loop thread only; store and tools must outlive it.
class CodeStream {
 public:
  CodeStream(storage::BatchStore& store, const program::HandlerTools& tools) : store_(store), tools_(tools) {}

  // As printed: those of `count` places from `start` on. REQUIRES: the batch has made them; it was not
  // imported.
  async::Task<core::Result<std::vector<std::string>>> Read(const storage::CodeBatch* batch, uint64_t start,
                                                           size_t count, storage::Deadline deadline) const;

 private:
  struct Found;  // a short code

  async::Task<void> Find(const storage::CodeBatch* batch, Found* found, storage::Deadline deadline) const;

  storage::BatchStore& store_;
  const program::HandlerTools& tools_;
};

}  // namespace tessera::issuer
