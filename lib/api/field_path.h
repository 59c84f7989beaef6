#pragma once

#include <string>
#include <string_view>

namespace tessera::api {

// Where a field stands in a request, such as "order.lines[2].quantity". A link in a chain on the stack: it
// costs nothing until somebody asks for its text, and its parent must outlive it. So parents have names; a
// temporary cannot be one.
class FieldPath {
 public:
  // A field of the request itself.
  constexpr FieldPath(const char* name) : name_(name) {}  // NOLINT: a literal is a path

  constexpr FieldPath Field(std::string_view name) const& { return FieldPath(this, name, -1); }
  constexpr FieldPath At(int index) const& { return FieldPath(this, {}, index); }
  FieldPath Field(std::string_view name) const&& = delete;
  FieldPath At(int index) const&& = delete;

  std::string ToString() const;

 private:
  constexpr FieldPath(const FieldPath* parent, std::string_view name, int index)
      : parent_(parent), name_(name), index_(index) {}

  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  int index_ = -1;
};

}  // namespace tessera::api
