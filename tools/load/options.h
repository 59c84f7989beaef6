#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/load/generator.h"

namespace tessera::load {

enum class LoadMethod { kEcho, kClaim, kBatchIssue, kRedeem, kForgedRedeem };

// The command line of tessera-load.
struct LoadOptions {
  LoadMethod method = LoadMethod::kClaim;
  std::string issuer;
  std::string redeemer;
  std::string echo;
  std::string token;
  std::string campaign_id;  // empty: one is created
  int connections = 8;
  int batch_size = 64;
  uint64_t seed = 0;           // 0: from the clock
  uint64_t prepared = 20'000;  // coupons claimed before a redeem run
  bool json = false;
  LoadPlan plan;
};

// Reads the command line. Nothing when the program should end with `*exit_status`: --help, or a mistake that
// was printed.
std::optional<LoadOptions> ParseLoadOptions(int argc, char** argv, int* exit_status);

// Whether `address` can only mean this machine: unix:..., localhost, 127.0.0.0/8 or ::1.
bool IsLoopback(const std::string& address);

// "claim" and so on, as on the command line.
std::string MethodWord(LoadMethod method);

}  // namespace tessera::load
