// Reply is what Redis answered: a tree of values in one block of memory. Value is a view of one node of it.
//
// A Redis that answers nonsense must not be able to crash its client. So a Value is total: an index that does
// not exist gives a missing Value, and a Value of the wrong type gives an empty one of the right type. A
// decoder checks types with the accessors that return a Result, or reads in order with ReplyReader and checks
// once at the end.
//
// A Reply may be moved to another thread. Views live as long as the Reply that they come from, moving it
// included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "redis/error.h"

namespace tessera::redis {

enum class ReplyType : uint8_t { kMissing, kNil, kInteger, kString, kStatus, kError, kArray };

// One value of a tree. Strings point into the text of the block, arrays to their first element.
struct ReplyNode {
  ReplyType type = ReplyType::kMissing;
  uint32_t size = 0;   // bytes of a string, elements of an array
  int64_t number = 0;  // the integer; the offset of the text; the index of the first element
};

class Value {
 public:
  Value() = default;
  Value(const ReplyNode* node, const ReplyNode* nodes, const char* text)
      : node_(node), nodes_(nodes), text_(text) {}

  ReplyType type() const { return node_ == nullptr ? ReplyType::kMissing : node_->type; }
  bool is_nil() const { return type() == ReplyType::kNil; }
  bool is_integer() const { return type() == ReplyType::kInteger; }
  bool is_text() const { return type() == ReplyType::kString || type() == ReplyType::kStatus; }
  bool is_array() const { return type() == ReplyType::kArray; }
  bool is_error() const { return type() == ReplyType::kError; }

  // The number of an integer, else 0.
  int64_t integer() const { return is_integer() ? node_->number : 0; }
  // The bytes of a string, status or error, else "".
  std::string_view text() const {
    const bool has_text = is_text() || is_error();
    return has_text ? std::string_view(text_ + node_->number, node_->size) : std::string_view();
  }
  // The elements of an array, else 0.
  size_t size() const { return is_array() ? node_->size : 0; }
  Value operator[](size_t index) const {
    if (index >= size()) return Value();
    return Value(nodes_ + node_->number + index, nodes_, text_);
  }

  // The same with a check: kProtocol says what stood there instead.
  Result<int64_t> Integer() const;
  Result<std::string_view> Text() const;
  // The number of an integer, or of a string that is a whole decimal number.
  Result<int64_t> Number() const;

  // For logs and tests: Redis' own notation on one line, cut after 200 bytes.
  std::string ToString() const;

 private:
  const ReplyNode* node_ = nullptr;
  const ReplyNode* nodes_ = nullptr;
  const char* text_ = nullptr;
};

class Reply {
 public:
  Reply() = default;  // a missing value

  // Copies the tree whose root is nodes[0].
  Reply(const ReplyNode* nodes, size_t node_count, std::string_view text);
  explicit Reply(int64_t integer) { root_ = ReplyNode{ReplyType::kInteger, 0, integer}; }

  Value value() const {
    const auto* nodes = reinterpret_cast<const ReplyNode*>(block_.get());
    // The offset of the text is kept in the block's first node when there is a block.
    if (nodes == nullptr) return Value(&root_, &root_, "");
    return Value(nodes, nodes, block_.get() + text_offset_);
  }

  ReplyType type() const { return value().type(); }
  bool is_nil() const { return value().is_nil(); }
  bool is_array() const { return value().is_array(); }
  int64_t integer() const { return value().integer(); }
  std::string_view text() const { return value().text(); }
  size_t size() const { return value().size(); }
  Value operator[](size_t index) const { return value()[index]; }
  std::string ToString() const { return value().ToString(); }

 private:
  ReplyNode root_;  // the whole reply when it is a nil or an integer: no block then
  size_t text_offset_ = 0;
  std::unique_ptr<char[]> block_;
};

// Reads the elements of an array in order. The first element that is missing or of another type makes it fail
// for good; what is read from then on is 0 and "". A decoder reads everything and asks status() once.
class ReplyReader {
 public:
  explicit ReplyReader(Value array) : array_(array), failed_(!array.is_array()) {}

  int64_t Integer();
  std::string_view Text();
  // An integer, or a string that is a whole decimal number (as HGETALL and HMGET answer numbers).
  int64_t Number();
  // Text, or "" for a nil; `present` says which.
  std::string_view OptionalText(bool* present);
  ReplyReader Array();
  Value Next();

  size_t left() const { return failed_ ? 0 : array_.size() - next_; }
  bool failed() const { return failed_; }
  void Fail() { failed_ = true; }

  // kProtocol when something did not fit. What is left over is no failure: newer scripts may answer more.
  Result<void> status() const;

 private:
  Value array_;
  size_t next_ = 0;
  bool failed_;
};

}  // namespace tessera::redis
