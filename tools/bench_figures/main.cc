// tessera-bench: measures what the README promises, as ratios within one run. `tools/bench` builds and runs
// it.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tools/bench_figures/measure.h"

int main(int argc, char** argv) {
  using namespace tessera::bench;
  BenchOptions options;
  bool json = false;
  bool strict = false;
  double slice_s = 2;
  CLI::App app("Measures Tessera on its own servers and prints ratios with their spread.", "tessera-bench");
  app.add_flag("--json", json, "One JSON object instead of a table");
  app.add_flag("--strict", strict, "Exit with 1 when a figure misses its target");
  app.add_option("--rounds", options.rounds, "Rounds; the median counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--slice", slice_s, "Seconds for each rate in each round")
      ->check(CLI::Range(0.1, 60.0))
      ->capture_default_str();
  app.add_option("--coupons", options.coupons, "Coupons for the figures of memory")
      ->check(CLI::Range(10'000, 50'000'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.slice = std::chrono::milliseconds(static_cast<int64_t>(slice_s * 1000));
  BenchResult result;
  try {
    MeasureServices(options, &result);
    MeasureStore(options, &result);
    MeasureStacks(options, &result);
    MeasurePricing(options, &result);
    MeasureEligible(options, &result);
    MeasureForged(options, &result);
    MeasureCodes(options, &result);
    MeasureJobs(&result);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench: failed: %s\n", e.what());
    return 1;
  }
  std::fputs((json ? FiguresJson(result) + "\n" : FiguresTable(result)).c_str(), stdout);
  for (const Figure& figure : result.figures) {
    if (strict && !figure.Met()) return 1;
  }
  return 0;
}
