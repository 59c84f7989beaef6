#include "tools/load/options.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>

namespace tessera::load {
namespace {

const std::map<std::string, LoadMethod> kMethods = {{"echo", LoadMethod::kEcho},
                                                    {"claim", LoadMethod::kClaim},
                                                    {"batch-issue", LoadMethod::kBatchIssue},
                                                    {"redeem", LoadMethod::kRedeem},
                                                    {"forged-redeem", LoadMethod::kForgedRedeem}};

// What the method needs and the command line lacks, or an address that is not this machine; empty when all is
// well.
std::string Missing(const LoadOptions& options, bool any_address) {
  const bool claims = options.method == LoadMethod::kClaim || options.method == LoadMethod::kBatchIssue ||
                      options.method == LoadMethod::kRedeem;
  if (claims && options.issuer.empty()) return "--issuer is needed";
  if (options.method == LoadMethod::kEcho && options.echo.empty()) return "--echo is needed";
  if ((options.method == LoadMethod::kRedeem || options.method == LoadMethod::kForgedRedeem) &&
      options.redeemer.empty()) {
    return "--redeemer is needed";
  }
  if (any_address) return "";
  for (const std::string& address : {options.issuer, options.redeemer, options.echo}) {
    if (address.empty() || IsLoopback(address)) continue;
    return address +
           " is not on this machine. A load generator aimed at a machine of somebody else's is an attack, "
           "and over "
           "a network it measures the network. If the machine is yours and that is what you want: "
           "--any-address";
  }
  return "";
}

}  // namespace

std::string MethodWord(LoadMethod method) {
  for (const auto& [word, value] : kMethods) {
    if (value == method) return word;
  }
  return "";
}

bool IsLoopback(const std::string& address) {
  if (address.starts_with("unix:") || address.starts_with("localhost:") || address.starts_with("[::1]:"))
    return true;
  in_addr parsed{};
  const std::string host = address.substr(0, address.rfind(':'));
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 && ntohl(parsed.s_addr) >> 24 == 127;
}

std::optional<LoadOptions> ParseLoadOptions(int argc, char** argv, int* exit_status) {
  LoadOptions options;
  std::string token_file;
  double duration_s = 5;
  double warmup_s = 0.5;
  double timeout_s = 10;
  bool any_address = false;
  CLI::App app("Sends load to Tessera's services and tells rates and latencies. It stops by itself.",
               "tessera-load");
  app.add_option("method", options.method, "echo, claim, batch-issue, redeem or forged-redeem")
      ->required()
      ->transform(CLI::CheckedTransformer(kMethods).description(""));
  app.add_option("--issuer", options.issuer, "Address of the issuer, such as 127.0.0.1:7001");
  app.add_option("--redeemer", options.redeemer, "Address of the redeemer");
  app.add_option("--echo", options.echo, "Address of tessera-bench-echo");
  app.add_option("--token-file", token_file, "File with the bearer token to send")->check(CLI::ExistingFile);
  app.add_option("--campaign", options.campaign_id,
                 "Campaign to claim from; by default one without limits is created");
  app.add_option("--rate", options.plan.rate, "Open loop: calls a second")->check(CLI::Range(0.0, 1e6));
  app.add_option("--in-flight", options.plan.in_flight,
                 "Closed loop: calls in flight. Open loop: the bound on them")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  app.add_option("--connections", options.connections, "Connections to each service")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--duration", duration_s, "Seconds that count")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--warmup", warmup_s, "Seconds before, not counted")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--count", options.plan.calls_max,
                 "Calls that count, if they are sent before --duration ends");
  app.add_option("--timeout", timeout_s, "Deadline of each call in seconds")
      ->check(CLI::Range(0.001, 600.0))
      ->capture_default_str();
  app.add_option("--batch", options.batch_size, "batch-issue: users in each call")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--prepare", options.prepared,
                 "redeem: coupons claimed beforehand; the run ends when they are used up")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed,
                 "Users of a run are the same for the same seed; by default they are new");
  app.add_flag("--json", options.json, "Print one JSON object instead of a table");
  app.add_flag("--any-address", any_address, "Allow addresses of other machines");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    *exit_status = app.exit(e) == 0 ? 0 : 2;
    return std::nullopt;
  }
  if (const std::string missing = Missing(options, any_address); !missing.empty()) {
    std::fprintf(stderr, "tessera-load: %s\n", missing.c_str());
    *exit_status = 2;
    return std::nullopt;
  }
  if (!token_file.empty()) std::getline(std::ifstream(token_file), options.plan.token);
  const auto ms = [](double seconds) {
    return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
  };
  options.plan.duration = ms(duration_s);
  options.plan.warmup = ms(warmup_s);
  options.plan.call_timeout = ms(timeout_s);
  if (options.seed == 0) {
    options.seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  }
  return options;
}

}  // namespace tessera::load
