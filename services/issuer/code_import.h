#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "api/parse_batch.h"
#include "coupon/v1/issuer_service.pb.h"
#include "services/program/handler_tools.h"
#include "storage/batch_store.h"

namespace tessera::issuer {

// One import on its way, part by part. A code that has a number of this import's batch is its own, whenever
// it was added: so an import may be sent again, and with more codes. Loop thread only; store and tools must
// outlive it.
class CodeImport {
 public:
  CodeImport(storage::BatchStore& store, const program::HandlerTools& tools) : store_(store), tools_(tools) {}

  async::Task<core::Status> Open(api::ImportHeader header, api::Asker asker);
  // REQUIRES: Open succeeded, and the part has been checked. INVALID_FIELD for more codes than were
  // announced; then none of the part is added.
  async::Task<core::Status> Add(std::vector<std::string> codes);
  // So far.
  coupon::v1::ImportCodesResponse Answer() const;

 private:
  // A code that may be new.
  struct Candidate {
    size_t place = 0;
    std::vector<core::StoredCodeKey> keys;  // the current one, and older ones
  };

  std::optional<Candidate> Judge(const std::string& text);
  // Whether the code was stored before the current key came; its verdict is given then.
  async::Task<core::Result<bool>> StoredBefore(const Candidate* candidate);
  async::Task<core::Status> Store(std::vector<Candidate> candidates);
  void Decide(const Candidate& candidate, core::CodeNumber standing);

  storage::BatchStore& store_;
  const program::HandlerTools& tools_;
  storage::Deadline deadline_{};
  storage::GeneratedCodes batch_;
  uint64_t codes_max_ = 0;
  std::unordered_set<std::string> seen_;  // in canonical form
  std::vector<coupon::v1::ImportVerdict> verdicts_;
};

}  // namespace tessera::issuer
