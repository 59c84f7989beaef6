#include "tools/couponctl/table.h"

#include <algorithm>

namespace tessera::couponctl {
namespace {

constexpr size_t kGap = 2;

// Columns on a terminal: bytes but for those that continue a UTF-8 character.
size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Padded(const std::string& text, size_t width) {
  return text + std::string(width + kGap - WidthOf(text), ' ');
}

}  // namespace

std::string Table::Text() const {
  std::vector<size_t> widths(rows_.front().size(), 1);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += Padded(row[i].empty() ? "-" : row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string Lines(const Facts& facts) {
  size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, value.empty() ? 0 : WidthOf(name));
  std::string text;
  for (const auto& [name, value] : facts) {
    if (!value.empty()) text += Padded(name, width) + value + "\n";
  }
  return text;
}

}  // namespace tessera::couponctl
