#pragma once

#include <google/protobuf/message.h>

#include "async/task.h"
#include "core/result.h"

namespace tessera::server {

// What a stream does below its types. One operation at a time; the loop's thread.
class OutgoingMessages {
 public:
  virtual async::Task<bool> Send(const google::protobuf::Message& message) = 0;

 protected:
  ~OutgoingMessages() = default;
};

class IncomingMessages {
 public:
  virtual async::Task<core::Result<const google::protobuf::Message*>> Next() = 0;

 protected:
  ~IncomingMessages() = default;
};

// The messages that a server stream sends, as its handler sees them. It lives as long as the handler's Task;
// one Send at a time, on the loop's thread.
template <class Response>
class ResponseStream {
 public:
  explicit ResponseStream(OutgoingMessages& messages) : messages_(messages) {}
  ResponseStream(const ResponseStream&) = delete;
  ResponseStream& operator=(const ResponseStream&) = delete;

  // Sends one message and waits until gRPC took it, which it does at the reader's pace: what is on its way is
  // what the connection's windows hold, however slow the reader. False when nobody waits for it any more: the
  // caller is gone or the deadline has passed. So it is from then on, and the call ends with that, whatever
  // the handler returns; the handler should return soon.
  async::Task<bool> Send(const Response& response) { return messages_.Send(response); }

 private:
  OutgoingMessages& messages_;
};

// The messages that a caller streams, as the handler sees them. It lives as long as the handler's Task; one
// Next at a time, on the loop's thread.
template <class Request>
class RequestStream {
 public:
  explicit RequestStream(IncomingMessages& messages) : messages_(messages) {}
  RequestStream(const RequestStream&) = delete;
  RequestStream& operator=(const RequestStream&) = delete;

  // The next message, which stays until the next Next; null when the caller has sent all, and only then: a
  // stream that broke off never looks like one that ended. UNDECODABLE_REQUEST for bytes that are no such
  // message, DEADLINE_PASSED when the deadline has passed or the caller is gone. After null or an error, the
  // same again. After DEADLINE_PASSED the call ends with that, or as cancelled, whatever the handler returns.
  async::Task<core::Result<const Request*>> Next() {
    const core::Result<const google::protobuf::Message*> next = co_await messages_.Next();
    if (!next.ok()) co_return next.error();
    co_return static_cast<const Request*>(*next);
  }

 private:
  IncomingMessages& messages_;
};

}  // namespace tessera::server
