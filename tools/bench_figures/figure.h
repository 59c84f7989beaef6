#pragma once

#include <map>
#include <string>
#include <vector>

namespace tessera::bench {

// One figure of the bench: a sample for each round, and what it should be.
struct Figure {
  std::string name;     // in --json
  std::string meaning;  // for people
  // What the figure is held against; 0 for none.
  double at_least = 0;
  double at_most = 0;
  std::vector<double> samples = {};

  double Median() const;
  double Min() const;
  double Max() const;
  bool Met() const;
};

double MedianOf(std::vector<double> values);

// Everything that one run of the bench gave.
struct BenchResult {
  std::vector<Figure> figures;
  // Beside the ratios: rates and costs that they were made of, with their unit in the name. Not comparable
  // between machines.
  std::map<std::string, std::vector<double>> parts;
};

std::string FiguresTable(const BenchResult& result);
// One object: the medians by their names, "spread" with [min, max] of each, "parts" with medians, "machine".
std::string FiguresJson(const BenchResult& result);

}  // namespace tessera::bench
