#include "services/issuer/code_import.h"

#include <array>

#include "api/numbered_id.h"
#include "services/program/stored_code_lookup.h"

namespace tessera::issuer {
namespace {

namespace pb = coupon::v1;

}  // namespace

async::Task<core::Status> CodeImport::Open(api::ImportHeader header, api::Asker asker) {
  const api::CampaignSubject subject{header.campaign_id};
  const std::string body = "import of " + std::to_string(header.codes_max) + " codes good " +
                           std::to_string(header.uses_max) + " times";
  storage::ImportIntent intent;
  intent.op =
      tools_.operations.MakeItem(storage::Method::kImportCodes, subject, header.request_id, body, asker);
  intent.campaign_id = header.campaign_id;
  intent.codes_max = header.codes_max;
  intent.uses_max = header.uses_max;
  deadline_ = asker.deadline;
  codes_max_ = header.codes_max;
  const auto opened = co_await store_.OpenImport(std::move(intent));
  if (!opened.ok()) co_return opened.error();
  batch_ = *opened;
  co_return core::Ok();
}

std::optional<CodeImport::Candidate> CodeImport::Judge(const std::string& text) {
  Candidate candidate;
  candidate.place = verdicts_.size();
  const core::Result<std::string> code = core::CanonicalStoredCode(text);
  verdicts_.push_back(pb::IMPORT_VERDICT_INVALID);
  if (!code.ok()) return std::nullopt;
  verdicts_.back() = pb::IMPORT_VERDICT_DUPLICATE_IN_REQUEST;
  if (!seen_.insert(*code).second) return std::nullopt;
  candidate.keys = tools_.stored_codes.KeysOf(*code);
  return candidate;
}

void CodeImport::Decide(const Candidate& candidate, core::CodeNumber standing) {
  const uint64_t ahead = standing.value - batch_.numbers.first;
  const uint64_t stride = batch_.numbers.stride;
  const bool ours =
      standing.value >= batch_.numbers.first && ahead % stride == 0 && ahead / stride < batch_.numbers.count;
  verdicts_[candidate.place] = ours ? pb::IMPORT_VERDICT_ADDED : pb::IMPORT_VERDICT_EXISTS;
}

async::Task<core::Result<bool>> CodeImport::StoredBefore(const Candidate* candidate) {
  std::vector<core::StoredCodeKey> older(candidate->keys.begin() + 1, candidate->keys.end());
  const auto standing = co_await program::FindUnder(store_, std::move(older), deadline_);
  if (!standing.ok()) co_return standing.error();
  if (standing->has_value()) Decide(*candidate, **standing);
  co_return standing->has_value();
}

async::Task<core::Status> CodeImport::Add(std::vector<std::string> codes) {
  if (verdicts_.size() + codes.size() > codes_max_) {
    co_return core::InvalidField("codes", "must not be more than codes_max announced");
  }
  std::vector<Candidate> candidates;
  for (const std::string& text : codes) {
    const std::optional<Candidate> candidate = Judge(text);
    if (!candidate) continue;
    const core::Result<bool> known = co_await StoredBefore(&*candidate);
    if (!known.ok()) co_return known.error();
    if (!*known) candidates.push_back(*candidate);
  }
  co_return co_await Store(std::move(candidates));
}

async::Task<core::Status> CodeImport::Store(std::vector<Candidate> candidates) {
  if (candidates.empty()) co_return core::Ok();
  std::vector<storage::StoredCode> codes;
  for (const Candidate& candidate : candidates) codes.push_back({candidate.keys.front(), std::nullopt});
  const auto standing =
      co_await store_.AddStoredCodes(batch_.campaign_id, batch_.batch, std::move(codes), deadline_);
  if (!standing.ok()) co_return standing.error();
  for (size_t i = 0; i < candidates.size(); ++i) Decide(candidates[i], (*standing)[i]);
  co_return core::Ok();
}

pb::ImportCodesResponse CodeImport::Answer() const {
  pb::ImportCodesResponse response;
  response.set_batch_id(api::BatchId(batch_.batch));
  std::array<int64_t, pb::ImportVerdict_ARRAYSIZE> counts{};
  for (const pb::ImportVerdict verdict : verdicts_) {
    response.add_verdicts(verdict);
    ++counts[verdict];
  }
  response.set_added_count(counts[pb::IMPORT_VERDICT_ADDED]);
  response.set_exists_count(counts[pb::IMPORT_VERDICT_EXISTS]);
  response.set_duplicate_count(counts[pb::IMPORT_VERDICT_DUPLICATE_IN_REQUEST]);
  response.set_invalid_count(counts[pb::IMPORT_VERDICT_INVALID]);
  return response;
}

}  // namespace tessera::issuer
