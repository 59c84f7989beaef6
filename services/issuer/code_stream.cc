#include "services/issuer/code_stream.h"

#include "api/convert_coupon.h"
#include "async/when_all.h"
#include "services/issuer/short_codes.h"
#include "services/program/stored_code_lookup.h"

namespace tessera::issuer {

struct CodeStream::Found {
  core::CodeNumber number;
  core::Result<std::string> text = std::string();
};

async::Task<void> CodeStream::Find(const storage::CodeBatch* batch, Found* found,
                                   storage::Deadline deadline) const {
  for (uint32_t draw = 0; draw < kShortCodeDrawsMax; ++draw) {
    std::string text = tools_.stored_codes.Draw(batch->code_key_id, *batch->pattern, found->number, draw);
    auto keys = tools_.stored_codes.KeysOf(*core::CanonicalStoredCode(text));
    const auto standing = co_await program::FindUnder(store_, std::move(keys), deadline);
    if (!standing.ok()) {
      found->text = standing.error();
      co_return;
    }
    if (*standing == found->number) {
      found->text = std::move(text);
      co_return;
    }
  }
  found->text = core::Error(core::Reason::kStoreNonsense, "a short code is not where it was stored");
}

async::Task<core::Result<std::vector<std::string>>> CodeStream::Read(const storage::CodeBatch* batch,
                                                                     uint64_t start, size_t count,
                                                                     storage::Deadline deadline) const {
  if (!batch->pattern) {
    core::NumberRow row = batch->numbers;
    row.first += start * row.stride;
    row.count = count;
    co_return api::TextsOf(row, batch->code_key_id, tools_.codes);
  }
  if (!tools_.stored_codes.HasCodeKey(batch->code_key_id)) {
    co_return core::InvalidField("batch_id", "must be of codes whose key is not retired");
  }
  std::vector<Found> found(count);
  std::vector<async::Task<void>> tasks;
  for (size_t i = 0; i < count; ++i) {
    found[i].number.value = batch->numbers.first + (start + i) * batch->numbers.stride;
    tasks.push_back(Find(batch, &found[i], deadline));
  }
  co_await async::WhenAll(std::move(tasks));
  std::vector<std::string> read;
  read.reserve(count);
  for (Found& one : found) {
    if (!one.text.ok()) co_return one.text.error();
    read.push_back(*std::move(one.text));
  }
  co_return read;
}

}  // namespace tessera::issuer
