#pragma once

#include <string>

#include "core/ids.h"

namespace tessera::core {

// An instant as callers read it in error metadata: RFC 3339 in UTC with milliseconds, such as
// "2026-03-29T01:00:00.000Z". REQUIRES: within the years 1 to 9999.
std::string InstantText(InstantMs instant);

}  // namespace tessera::core
