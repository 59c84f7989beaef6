#pragma once

#include <string>

namespace tessera::couponctl {

// The whole of a file; "-" is stdin. Throws Mistake where it can't be read.
std::string ReadFile(const std::string& path);

}  // namespace tessera::couponctl
