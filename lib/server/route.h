#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "async/task.h"
#include "core/result.h"
#include "server/call_context.h"
#include "server/method_streams.h"

namespace tessera::server {

// Business logic of one RPC. Runs on the loop's thread; context and request live until it answers. It answers
// by context.deadline and never blocks. An exception that escapes it becomes INTERNAL.
template <class Request, class Response>
using Handler = std::function<async::Task<core::Result<Response>>(const CallContext&, const Request&)>;

// The same for an answer of many parts: writes it where it stands, on memory that is given back as a whole,
// so that no part costs an allocation. What it has written is dropped when it refuses.
template <class Request, class Response>
using WritingHandler =
    std::function<async::Task<core::Status>(const CallContext&, const Request&, Response*)>;

// The same for a server stream: sends what it has, and returns how the call ends.
template <class Request, class Response>
using StreamHandler =
    std::function<async::Task<core::Status>(const CallContext&, const Request&, ResponseStream<Response>&)>;

// The same for a client stream: takes what comes until there is no more, and answers. It may answer or refuse
// earlier; what was not taken is dropped then.
template <class Request, class Response>
using CollectHandler =
    std::function<async::Task<core::Result<Response>>(const CallContext&, RequestStream<Request>&)>;

// One call on its way through the loop, as a route sees it: who asks, what was asked, and where the answer
// goes. Each kind of call has its own. What ends the call is called exactly once, on the loop's thread; the
// call may be gone when it returns.
class RoutedCall {
 public:
  virtual const CallContext& context() const = 0;
  virtual void Refuse(const core::Error& error) = 0;  // ends the call

 protected:
  ~RoutedCall() = default;
};

class RoutedUnary : public RoutedCall {
 public:
  virtual const google::protobuf::Message& request() const = 0;
  virtual void Answer(const google::protobuf::Message& response) = 0;  // ends the call

 protected:
  ~RoutedUnary() = default;
};

class RoutedServerStream : public RoutedCall, public OutgoingMessages {
 public:
  virtual const google::protobuf::Message& request() const = 0;
  virtual void EndStream() = 0;  // ends the call

 protected:
  ~RoutedServerStream() = default;
};

class RoutedClientStream : public RoutedCall, public IncomingMessages {
 public:
  virtual void Answer(const google::protobuf::Message& response) = 0;  // ends the call

 protected:
  ~RoutedClientStream() = default;
};

// A method of a served service with its handler, whatever its types.
struct Route {
  // Run the handler on a call of its kind and end the call. Loop thread.
  using RunUnary = std::function<async::Task<void>(RoutedUnary&)>;
  using RunServerStream = std::function<async::Task<void>(RoutedServerStream&)>;
  using RunClientStream = std::function<async::Task<void>(RoutedClientStream&)>;
  // In the order of MethodKind.
  using Run = std::variant<RunUnary, RunServerStream, RunClientStream>;

  MethodInfo info;
  const google::protobuf::Message* request;  // an empty one, of which others are made
  Run run;
  int index;  // position in Router::routes()
};

inline MethodKind KindOf(const Route::Run& run) { return static_cast<MethodKind>(run.index()); }

// What an exception that escaped a handler is told as. REQUIRES: an exception is being handled.
core::Error CaughtException();

// The four below give a typed handler the form that a route has. The route owns them, so what they hold
// outlives every Task they make.

template <class Request, class Response>
class UnaryHandling {
 public:
  explicit UnaryHandling(Handler<Request, Response> handler) : handler_(std::move(handler)) {}

  async::Task<void> operator()(RoutedUnary& call) const {
    std::optional<core::Error> failure;
    try {
      const core::Result<Response> result =
          co_await handler_(call.context(), static_cast<const Request&>(call.request()));
      if (result.ok()) {
        call.Answer(*result);
      } else {
        call.Refuse(result.error());
      }
      co_return;
    } catch (...) {
      failure = CaughtException();
    }
    call.Refuse(*failure);
  }

 private:
  Handler<Request, Response> handler_;
};

template <class Request, class Response>
class WritingHandling {
 public:
  explicit WritingHandling(WritingHandler<Request, Response> handler) : handler_(std::move(handler)) {}

  async::Task<void> operator()(RoutedUnary& call) const {
    std::optional<core::Error> failure;
    try {
      google::protobuf::ArenaOptions options;
      options.start_block_size = kBlockBytesMin;
      options.max_block_size = kBlockBytesMax;
      google::protobuf::Arena arena(options);
      auto* response = google::protobuf::Arena::CreateMessage<Response>(&arena);
      const core::Status written =
          co_await handler_(call.context(), static_cast<const Request&>(call.request()), response);
      if (written.ok()) {
        call.Answer(*response);
      } else {
        call.Refuse(written.error());
      }
      co_return;
    } catch (...) {
      failure = CaughtException();
    }
    call.Refuse(*failure);
  }

 private:
  // Each block is twice the one before it, up to what malloc still keeps for the next call.
  static constexpr size_t kBlockBytesMin = size_t{4} << 10;
  static constexpr size_t kBlockBytesMax = size_t{64} << 10;

  WritingHandler<Request, Response> handler_;
};

template <class Request, class Response>
class ServerStreamHandling {
 public:
  explicit ServerStreamHandling(StreamHandler<Request, Response> handler) : handler_(std::move(handler)) {}

  async::Task<void> operator()(RoutedServerStream& call) const {
    std::optional<core::Error> failure;
    try {
      ResponseStream<Response> out(call);
      const core::Status ended =
          co_await handler_(call.context(), static_cast<const Request&>(call.request()), out);
      if (ended.ok()) {
        call.EndStream();
      } else {
        call.Refuse(ended.error());
      }
      co_return;
    } catch (...) {
      failure = CaughtException();
    }
    call.Refuse(*failure);
  }

 private:
  StreamHandler<Request, Response> handler_;
};

template <class Request, class Response>
class ClientStreamHandling {
 public:
  explicit ClientStreamHandling(CollectHandler<Request, Response> handler) : handler_(std::move(handler)) {}

  async::Task<void> operator()(RoutedClientStream& call) const {
    std::optional<core::Error> failure;
    try {
      RequestStream<Request> in(call);
      const core::Result<Response> result = co_await handler_(call.context(), in);
      if (result.ok()) {
        call.Answer(*result);
      } else {
        call.Refuse(result.error());
      }
      co_return;
    } catch (...) {
      failure = CaughtException();
    }
    call.Refuse(*failure);
  }

 private:
  CollectHandler<Request, Response> handler_;
};

}  // namespace tessera::server
