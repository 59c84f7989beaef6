#include "services/program/stored_code_lookup.h"

namespace tessera::program {

async::Task<core::Result<std::optional<core::CodeNumber>>> FindUnder(storage::CodeDictionary& dictionary,
                                                                     std::vector<core::StoredCodeKey> keys,
                                                                     storage::Deadline deadline) {
  for (const core::StoredCodeKey& key : keys) {
    const core::Result<core::CodeNumber> found = co_await dictionary.FindStoredCode(key, deadline);
    if (found.ok()) co_return std::optional<core::CodeNumber>(*found);
    if (found.error().reason != core::Reason::kCouponNotFound) co_return found.error();
  }
  co_return std::optional<core::CodeNumber>();
}

}  // namespace tessera::program
