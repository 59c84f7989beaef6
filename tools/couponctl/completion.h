#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tessera::couponctl {

// A bash script that completes the commands and options of `app`, and the values of those that take one of
// few words or a file.
std::string BashCompletion(CLI::App& app);

}  // namespace tessera::couponctl
