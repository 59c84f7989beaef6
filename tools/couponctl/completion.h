#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tessera::couponctl {

// A bash script that completes the commands and options of `app`, the words that some take, formats of
// answers, and names of files.
std::string BashCompletion(CLI::App& app);

}  // namespace tessera::couponctl
