// MetricNames reads a page of /metrics and judges its names as `promtool check metrics` does. Any thread.
#pragma once

#include <map>
#include <set>
#include <string>

namespace tessera::e2e {

class MetricNames {
 public:
  explicit MetricNames(const std::string& page);

  bool has(const std::string& family) const { return types_.contains(family); }
  int count() const { return static_cast<int>(types_.size()); }

  // What is wrong, each on a line; "" when nothing is. promtool's rules (github.com/prometheus/client_golang,
  // promlint): each family has a help text and a type; only counters end in "_total", and every counter does;
  // no name holds a type's name or a capital letter; histograms' suffixes are theirs; units are base units.
  std::string Mistakes() const;

 private:
  std::map<std::string, std::string> types_;
  std::set<std::string> helped_;
  std::set<std::string> labels_;
};

}  // namespace tessera::e2e
