// tessera-bench: measures what the README promises, as ratios within one run. `tools/bench` builds and runs
// it.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

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
  std::vector<std::string> names;
  for (const FigureGroup& group : kFigureGroups) names.emplace_back(group.name);
  std::vector<std::string> only;
  app.add_option("--only", only, "Groups of figures to measure; all without it")->check(CLI::IsMember(names));
  CLI11_PARSE(app, argc, argv);
  options.slice = std::chrono::milliseconds(static_cast<int64_t>(slice_s * 1000));
  BenchResult result;
  try {
    for (const FigureGroup& group : kFigureGroups) {
      if (only.empty() || std::count(only.begin(), only.end(), group.name) > 0)
        group.measure(options, &result);
    }
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
