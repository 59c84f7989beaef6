#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "async/task.h"
#include "core/result.h"
#include "server/call_context.h"

namespace google::protobuf {
class ServiceDescriptor;
}

namespace tessera::server {

// Business logic of one RPC. Runs on the loop's thread; context and request live until it answers. It answers
// by context.deadline and never blocks. An exception that escapes it becomes INTERNAL.
template <class Request, class Response>
using Handler = std::function<async::Task<core::Result<Response>>(const CallContext&, const Request&)>;

// One call on its way through the loop, as a route sees it: who asks, what was asked, and where the answer
// goes.
class RoutedCall {
 public:
  virtual const CallContext& context() const = 0;
  virtual const google::protobuf::Message& request() const = 0;

  // Exactly one of these, once, on the loop's thread. The call may be gone when it returns.
  virtual void Answer(const google::protobuf::Message& response) = 0;
  virtual void Refuse(const core::Error& error) = 0;

 protected:
  ~RoutedCall() = default;
};

// A method of a served service with its handler, whatever its types.
class Route {
 public:
  explicit Route(MethodInfo served) : info(std::move(served)) {}
  virtual ~Route() = default;
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  // An empty request that belongs to `arena`.
  virtual google::protobuf::Message* NewRequest(google::protobuf::Arena* arena) const = 0;
  // Runs the handler on call.request() and answers or refuses. Loop thread.
  virtual async::Task<void> Run(RoutedCall& call) const = 0;

  const MethodInfo info;
  int index = 0;  // position in Router::routes()
};

template <class Request, class Response>
class TypedRoute final : public Route {
 public:
  TypedRoute(MethodInfo served, Handler<Request, Response> handler)
      : Route(std::move(served)), handler_(std::move(handler)) {}

  google::protobuf::Message* NewRequest(google::protobuf::Arena* arena) const override {
    return google::protobuf::Arena::CreateMessage<Request>(arena);
  }

  async::Task<void> Run(RoutedCall& call) const override {
    std::string failure;
    try {
      const core::Result<Response> result =
          co_await handler_(call.context(), static_cast<const Request&>(call.request()));
      if (result.ok()) {
        call.Answer(*result);
      } else {
        call.Refuse(result.error());
      }
      co_return;
    } catch (const std::exception& e) {
      failure = e.what();
    } catch (...) {
      failure = "an exception of unknown type";
    }
    call.Refuse(core::Error(core::Reason::kInternal, "internal error").Because(std::move(failure)));
  }

 private:
  const Handler<Request, Response> handler_;
};

// The table of everything one process serves. Filled at start-up on one thread, read by all threads
// afterwards; it must outlive the server that serves it. Mistakes in filling it are kept and told by Check,
// which runs before the port opens.
//
//   router.Serve("coupon.v1.IssuerService");
//   router.Handle("coupon.v1.IssuerService/ClaimCoupon", &handlers, &IssuerHandlers::ClaimCoupon);
class Router {
 public:
  Router() = default;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Serves all methods of the service with this full name; its proto must be linked in.
  void Serve(std::string_view service);

  // `method` is "<package>.<Service>/<Method>" of a service that is served.
  template <class Request, class Response>
  void Handle(std::string_view method, Handler<Request, Response> handler) {
    Expect(method, Request::descriptor(), Response::descriptor(), [&](MethodInfo info) {
      return std::make_unique<TypedRoute<Request, Response>>(std::move(info), std::move(handler));
    });
  }

  // The same for a member function; `object` must outlive the server.
  template <class Object, class Request, class Response>
  void Handle(std::string_view method, Object* object,
              async::Task<core::Result<Response>> (Object::*member)(const CallContext&, const Request&)) {
    Handle<Request, Response>(method, [object, member](const CallContext& context, const Request& request) {
      return (object->*member)(context, request);
    });
  }

  // OK when every method of every served service has exactly one handler of the right types and a
  // required_roles option; otherwise INTERNAL with all mistakes in the message.
  core::Status Check() const;

  // REQUIRES: Check() was OK.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }
  const std::vector<std::string>& services() const { return services_; }

 private:
  using Factory = std::function<std::unique_ptr<Route>(MethodInfo)>;
  void Expect(std::string_view method, const google::protobuf::Descriptor* request,
              const google::protobuf::Descriptor* response, const Factory& make);

  std::vector<std::string> services_;
  std::map<std::string, const google::protobuf::MethodDescriptor*, std::less<>>
      methods_;  // by full name, all served
  std::map<std::string, int, std::less<>> handled_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::string> mistakes_;
};

}  // namespace tessera::server
