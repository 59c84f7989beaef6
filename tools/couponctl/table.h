#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tessera::couponctl {

// Text for people: columns as wide as what is in them.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_({std::move(header)}) {}

  // REQUIRES: as many cells as the header has. An empty one is shown as "-".
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

using Facts = std::vector<std::pair<std::string, std::string>>;

// A line for each fact: its name, and its value in one column with the others. Those without a value are left
// out.
std::string Lines(const Facts& facts);

}  // namespace tessera::couponctl
