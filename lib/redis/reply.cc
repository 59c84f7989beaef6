#include "redis/reply.h"

#include <charconv>
#include <cstring>

namespace tessera::redis {
namespace {

constexpr size_t kPrintedBytesMax = 200;

std::string_view Name(ReplyType type) {
  switch (type) {
    case ReplyType::kMissing:
      return "nothing";
    case ReplyType::kNil:
      return "nil";
    case ReplyType::kInteger:
      return "an integer";
    case ReplyType::kString:
      return "a string";
    case ReplyType::kStatus:
      return "a status";
    case ReplyType::kError:
      return "an error";
    case ReplyType::kArray:
      return "an array";
  }
  return "nothing";
}

Error Unexpected(std::string_view wanted, ReplyType found) {
  std::string text = "expected ";
  text.append(wanted).append(", Redis answered ").append(Name(found));
  return Error(ErrorKind::kProtocol, true, std::move(text));
}

bool ParseNumber(std::string_view text, int64_t* number) {
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, *number);
  return failure == std::errc() && stop == end;
}

void Print(Value value, std::string* out) {
  if (out->size() > kPrintedBytesMax) return;
  switch (value.type()) {
    case ReplyType::kMissing:
    case ReplyType::kNil:
      out->append(Name(value.type()));
      return;
    case ReplyType::kInteger:
      out->append(std::to_string(value.integer()));
      return;
    case ReplyType::kString:
    case ReplyType::kStatus:
      out->append("\"").append(value.text().substr(0, kPrintedBytesMax)).append("\"");
      return;
    case ReplyType::kError:
      out->append("-").append(value.text().substr(0, kPrintedBytesMax));
      return;
    case ReplyType::kArray:
      out->append("[");
      for (size_t i = 0; i < value.size() && out->size() <= kPrintedBytesMax; ++i) {
        if (i > 0) out->append(", ");
        Print(value[i], out);
      }
      out->append("]");
      return;
  }
}

}  // namespace

Result<int64_t> Value::Integer() const {
  if (is_integer()) return node_->number;
  return Unexpected("an integer", type());
}

Result<std::string_view> Value::Text() const {
  if (is_text()) return text();
  return Unexpected("a string", type());
}

Result<int64_t> Value::Number() const {
  int64_t number = 0;
  if (is_integer()) return node_->number;
  if (is_text() && ParseNumber(text(), &number)) return number;
  return Unexpected("a number", type());
}

std::string Value::ToString() const {
  std::string out;
  Print(*this, &out);
  return out;
}

Reply::Reply(const ReplyNode* nodes, size_t node_count, std::string_view text) {
  if (node_count == 1 && text.empty() && nodes[0].type != ReplyType::kString) {
    root_ = nodes[0];
    return;
  }
  text_offset_ = node_count * sizeof(ReplyNode);
  block_.reset(new char[text_offset_ + text.size()]);
  std::memcpy(block_.get(), nodes, text_offset_);
  std::memcpy(block_.get() + text_offset_, text.data(), text.size());
}

Value ReplyReader::Next() {
  if (failed_ || next_ >= array_.size()) {
    failed_ = true;
    return Value();
  }
  return array_[next_++];
}

int64_t ReplyReader::Integer() {
  const Value value = Next();
  failed_ = failed_ || !value.is_integer();
  return value.integer();
}

std::string_view ReplyReader::Text() {
  const Value value = Next();
  if (!value.is_text()) {
    failed_ = true;
    return {};
  }
  return value.text();
}

int64_t ReplyReader::Number() {
  const Value value = Next();
  int64_t number = 0;
  if (value.is_integer()) return value.integer();
  if (value.is_text() && ParseNumber(value.text(), &number)) return number;
  failed_ = true;
  return 0;
}

std::string_view ReplyReader::OptionalText(bool* present) {
  const Value value = Next();
  *present = value.is_text();
  if (!value.is_text() && !value.is_nil()) failed_ = true;
  return value.is_text() ? value.text() : std::string_view();
}

ReplyReader ReplyReader::Array() {
  const Value value = Next();
  failed_ = failed_ || !value.is_array();
  return ReplyReader(value);
}

Result<void> ReplyReader::status() const {
  if (!failed_) return {};
  return Error(ErrorKind::kProtocol, true,
               "element " + std::to_string(next_ == 0 ? 0 : next_ - 1) +
                   " of the reply does not fit: " + array_.ToString());
}

}  // namespace tessera::redis
