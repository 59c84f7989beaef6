#include "redis/reply_parser.h"

#include <algorithm>
#include <new>

namespace tessera::redis {
namespace {

// Values in one reply: far above any page that a script answers, and a bound for what a few bytes of nonsense
// can cost.
constexpr size_t kReplyNodesMax = 4u << 20;

// Scratch space that one huge reply has left behind is given back above this size.
constexpr size_t kScratchBytesMax = 1u << 20;

}  // namespace

redisReplyObjectFunctions ReplyParser::functions_ = {
    ReplyParser::CreateString, ReplyParser::CreateArray, ReplyParser::CreateInteger,
#if HIREDIS_MAJOR >= 1
    ReplyParser::CreateDouble,
#endif
    ReplyParser::CreateNil,
#if HIREDIS_MAJOR >= 1
    ReplyParser::CreateBool,
#endif
    ReplyParser::FreeObject,
};

ReplyParser::ReplyParser(size_t reply_bytes_max)
    : reply_bytes_max_(reply_bytes_max), reader_(redisReaderCreateWithFunctions(&functions_)) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyParser::~ReplyParser() { redisReaderFree(reader_); }

void ReplyParser::Feed(const char* bytes, size_t size) { redisReaderFeed(reader_, bytes, size); }

Result<std::optional<Reply>> ReplyParser::Next() {
  void* object = nullptr;
  if (redisReaderGetReply(reader_, &object) != REDIS_OK) {
    std::string text = too_large_ ? "a reply is too large" : reader_->errstr;
    return Error(ErrorKind::kProtocol, true, std::move(text));
  }
  if (object == nullptr) {
    if (reader_->len - reader_->pos + text_.size() > reply_bytes_max_) {
      return Error(ErrorKind::kProtocol, true, "a reply is too large");
    }
    return std::optional<Reply>();
  }
  std::optional<Reply> reply(std::in_place, nodes_.data(), nodes_.size(), text_);
  if (nodes_.capacity() * sizeof(ReplyNode) > kScratchBytesMax) nodes_ = {};
  if (text_.capacity() > kScratchBytesMax) text_ = {};
  nodes_.clear();
  text_.clear();
  return reply;
}

void* ReplyParser::Store(const redisReadTask* task, ReplyNode node) {
  auto* self = static_cast<ReplyParser*>(task->privdata);
  size_t index = 0;
  if (task->parent == nullptr) {
    self->nodes_.push_back(node);
  } else {
    const auto parent = reinterpret_cast<uintptr_t>(task->parent->obj) - 1;
    index = static_cast<size_t>(self->nodes_[parent].number) + static_cast<size_t>(task->idx);
    self->nodes_[index] = node;
  }
  return reinterpret_cast<void*>(index + 1);
}

void* ReplyParser::CreateString(const redisReadTask* task, char* text, size_t size) {
  auto* self = static_cast<ReplyParser*>(task->privdata);
  ReplyNode node;
  node.type = ReplyType::kString;
  if (task->type == REDIS_REPLY_STATUS) node.type = ReplyType::kStatus;
  if (task->type == REDIS_REPLY_ERROR) node.type = ReplyType::kError;
  node.size = static_cast<uint32_t>(size);
  node.number = static_cast<int64_t>(self->text_.size());
  self->text_.append(text, size);
  return Store(task, node);
}

#if HIREDIS_MAJOR >= 1
void* ReplyParser::CreateArray(const redisReadTask* task, size_t elements) {
#else
void* ReplyParser::CreateArray(const redisReadTask* task, int elements) {
#endif
  auto* self = static_cast<ReplyParser*>(task->privdata);
  const auto count = static_cast<size_t>(elements);
  if (count > kReplyNodesMax - std::min(kReplyNodesMax, self->nodes_.size() + 1)) {
    self->too_large_ = true;
    return nullptr;  // the reader turns this into an error
  }
  ReplyNode node;
  node.type = ReplyType::kArray;
  node.size = static_cast<uint32_t>(count);
  void* object = Store(task, node);
  // The elements get neighbouring nodes at once, so that an index is found without a walk.
  self->nodes_[reinterpret_cast<uintptr_t>(object) - 1].number = static_cast<int64_t>(self->nodes_.size());
  self->nodes_.resize(self->nodes_.size() + count);
  return object;
}

#if HIREDIS_MAJOR >= 1
// RESP3 is never asked for, so these two are never called by a Redis in its right mind.
void* ReplyParser::CreateDouble(const redisReadTask* task, double, char* text, size_t size) {
  return CreateString(task, text, size);
}

void* ReplyParser::CreateBool(const redisReadTask* task, int value) { return CreateInteger(task, value); }
#endif

void* ReplyParser::CreateInteger(const redisReadTask* task, long long number) {
  ReplyNode node;
  node.type = ReplyType::kInteger;
  node.number = number;
  return Store(task, node);
}

void* ReplyParser::CreateNil(const redisReadTask* task) {
  ReplyNode node;
  node.type = ReplyType::kNil;
  return Store(task, node);
}

void ReplyParser::FreeObject(void*) {}

}  // namespace tessera::redis
