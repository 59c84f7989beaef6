#include "tests/e2e/metric_names.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <vector>

namespace tessera::e2e {
namespace {

// Units that promlint knows and would have as a base unit.
constexpr const char* kOtherUnits[] = {
    "milliseconds", "microseconds", "nanoseconds", "minutes",   "hours", "days",    "kilobytes",
    "megabytes",    "gigabytes",    "kibibytes",   "mebibytes", "bits",  "percent", "celsiuses"};
constexpr const char* kTypes[] = {"counter", "gauge", "histogram", "summary", "untyped"};

std::vector<std::string> WordsOf(const std::string& name) {
  std::vector<std::string> words;
  std::istringstream text(name);
  for (std::string word; std::getline(text, word, '_');) words.push_back(word);
  return words;
}

}  // namespace

MetricNames::MetricNames(const std::string& page) {
  std::istringstream lines(page);
  const std::regex label("([A-Za-z_][A-Za-z0-9_]*)=\"");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, what, name, rest;
    words >> hash >> what >> name >> rest;
    if (hash != "#") {
      for (std::sregex_iterator at(line.begin(), line.end(), label), end; at != end; ++at)
        labels_.insert((*at)[1]);
      continue;
    }
    if (what == "HELP" && !rest.empty()) helped_.insert(name);
    if (what == "TYPE") types_[name] = rest;
  }
}

std::string MetricNames::Mistakes() const {
  std::string mistakes;
  const auto wrong = [&](const std::string& name, const std::string& what) {
    mistakes += name + ": " + what + "\n";
  };
  if (types_.empty()) wrong("the page", "has no family");
  for (const auto& [name, type] : types_) {
    if (!helped_.contains(name)) wrong(name, "no help text");
    if ((type == "counter") != name.ends_with("_total"))
      wrong(name, "counters, and only they, end in _total");
    if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      wrong(name, "has capital letters");
    }
    if (name.find(':') != std::string::npos) wrong(name, "has a colon");
    const std::vector<std::string> words = WordsOf(name);
    const auto holds = [&](const char* word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    for (const char* unit : kOtherUnits) {
      if (holds(unit)) wrong(name, std::string("uses the unit ") + unit);
    }
    for (const char* other : kTypes) {
      if (holds(other)) wrong(name, std::string("holds the type's name ") + other);
    }
    for (const char* suffix : {"_bucket", "_count", "_sum"}) {
      if (type != "histogram" && name.ends_with(suffix)) wrong(name, "ends as a part of a histogram does");
    }
  }
  for (const std::string& label : labels_) {
    if (std::any_of(label.begin(), label.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      wrong(label, "is a label with capital letters");
    }
  }
  return mistakes;
}

}  // namespace tessera::e2e
