// ReplyParser cuts the bytes of a connection into Replies. The protocol is read by hiredis' reader; the
// objects that it builds are ours, so that a whole reply costs one allocation (none for an integer) and lives
// as long as we like.
//
// Loop thread only, one per connection. Bytes from the network are not trusted: sizes are bounded, and after
// an error the parser stays failed.
#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/error.h"
#include "redis/reply.h"

namespace tessera::redis {

class ReplyParser {
 public:
  // A reply of more than `reply_bytes_max` bytes is an error.
  explicit ReplyParser(size_t reply_bytes_max);
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  void Feed(const char* bytes, size_t size);

  // The next whole reply; nothing when more bytes are needed. An error reply of Redis is a Reply of type
  // kError.
  Result<std::optional<Reply>> Next();

 private:
  // hiredis keeps an opaque pointer per object; ours is the index of the node plus one.
  static void* Store(const redisReadTask* task, ReplyNode node);
  static void* CreateString(const redisReadTask* task, char* text, size_t size);
#if HIREDIS_MAJOR >= 1
  static void* CreateArray(const redisReadTask* task, size_t elements);
  static void* CreateDouble(const redisReadTask* task, double number, char* text, size_t size);
  static void* CreateBool(const redisReadTask* task, int value);
#else
  static void* CreateArray(const redisReadTask* task, int elements);
#endif
  static void* CreateInteger(const redisReadTask* task, long long number);
  static void* CreateNil(const redisReadTask* task);
  static void FreeObject(void* object);

  static redisReplyObjectFunctions functions_;

  size_t reply_bytes_max_;
  redisReader* reader_;
  // The reply being built: reused from reply to reply.
  std::vector<ReplyNode> nodes_;
  std::string text_;
  bool too_large_ = false;
};

}  // namespace tessera::redis
