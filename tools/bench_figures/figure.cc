#include "tools/bench_figures/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/load/report.h"

namespace tessera::bench {
namespace {

// Three significant digits, without exponents.
std::string Short(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  if (value >= 100) return fmt::format("{:.1f}", value);
  return value >= 10 ? fmt::format("{:.2f}", value) : fmt::format("{:.3f}", value);
}

std::string Target(const Figure& figure) {
  if (figure.at_least > 0) return "at least " + Short(figure.at_least);
  return figure.at_most > 0 ? "at most " + Short(figure.at_most) : "";
}

}  // namespace

double MedianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Figure::Median() const { return MedianOf(samples); }

double Figure::Min() const { return samples.empty() ? 0 : *std::min_element(samples.begin(), samples.end()); }

double Figure::Max() const { return samples.empty() ? 0 : *std::max_element(samples.begin(), samples.end()); }

bool Figure::Met() const {
  if (samples.empty()) return false;
  return (at_least == 0 || Median() >= at_least) && (at_most == 0 || Median() <= at_most);
}

std::string FiguresTable(const BenchResult& result) {
  std::string text =
      "| figure | median | spread | target | met | what it is |\n| --- | ---: | --- | --- | --- | --- |\n";
  for (const Figure& figure : result.figures) {
    text += fmt::format("| {} | {} | {} to {} | {} | {} | {} |\n", figure.name, Short(figure.Median()),
                        Short(figure.Min()), Short(figure.Max()), Target(figure), figure.Met() ? "yes" : "no",
                        figure.meaning);
  }
  text += "\nParts of the same run (medians): ";
  const char* separator = "";
  for (const auto& [name, samples] : result.parts) {
    text += fmt::format("{}{} {}", separator, name, Short(MedianOf(samples)));
    separator = "; ";
  }
  return text + ".\nMachine: " + load::MachineLine() + ".\n";
}

std::string FiguresJson(const BenchResult& result) {
  nlohmann::ordered_json json, spread, parts;
  for (const Figure& figure : result.figures) {
    json[figure.name] = figure.Median();
    spread[figure.name] = {figure.Min(), figure.Max()};
  }
  for (const auto& [name, samples] : result.parts) parts[name] = MedianOf(samples);
  json["spread"] = spread;
  json["parts"] = parts;
  json["machine"] = load::MachineLine();
  return json.dump();
}

}  // namespace tessera::bench
