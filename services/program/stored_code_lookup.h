#pragma once

#include <optional>
#include <vector>

#include "async/task.h"
#include "core/result.h"
#include "core/stored_code.h"
#include "storage/batch_store.h"

namespace tessera::program {

// The number of a stored code that stands under one of `keys`; absent when it stands under none. Loop thread
// only; the dictionary must live until it answers.
async::Task<core::Result<std::optional<core::CodeNumber>>> FindUnder(storage::CodeDictionary& dictionary,
                                                                     std::vector<core::StoredCodeKey> keys,
                                                                     storage::Deadline deadline);

}  // namespace tessera::program
