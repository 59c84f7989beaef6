#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.h"
#include "core/result.h"
#include "server/call_context.h"
#include "server/method_streams.h"
#include "server/route.h"

namespace tessera::server {

// The table of everything one process serves. Filled at start-up on one thread, read by all threads
// afterwards; it must outlive the server that serves it. Mistakes in filling it are kept and told by Check,
// which runs before the port opens.
//
//   router.Serve("coupon.v1.IssuerService");
//   router.Handle("coupon.v1.IssuerService/ClaimCoupon", &handlers, &IssuerHandlers::ClaimCoupon);
//
// A method's handler is a Handler or a WritingHandler, for a server stream a StreamHandler, for a client
// stream a CollectHandler. Streams in both directions are not served.
class Router {
 public:
  Router() = default;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Serves all methods of the service with this full name; its proto must be linked in.
  void Serve(std::string_view service);

  // `method` is "<package>.<Service>/<Method>" of a service that is served. Which of the four it is goes by
  // the handler's parameters, and must be what the proto says.
  template <class Request, class Response>
  void Handle(std::string_view method, Handler<Request, Response> handler) {
    Expect(method, Request::default_instance(), Response::descriptor(),
           UnaryHandling<Request, Response>(std::move(handler)));
  }
  template <class Request, class Response>
  void Handle(std::string_view method, WritingHandler<Request, Response> handler) {
    Expect(method, Request::default_instance(), Response::descriptor(),
           WritingHandling<Request, Response>(std::move(handler)));
  }
  template <class Request, class Response>
  void Handle(std::string_view method, StreamHandler<Request, Response> handler) {
    Expect(method, Request::default_instance(), Response::descriptor(),
           ServerStreamHandling<Request, Response>(std::move(handler)));
  }
  template <class Request, class Response>
  void Handle(std::string_view method, CollectHandler<Request, Response> handler) {
    Expect(method, Request::default_instance(), Response::descriptor(),
           ClientStreamHandling<Request, Response>(std::move(handler)));
  }

  // The same for member functions; `object` must outlive the server.
  template <class Object, class Request, class Response>
  void Handle(std::string_view method, Object* object,
              async::Task<core::Result<Response>> (Object::*member)(const CallContext&, const Request&)) {
    Handle(method, Handler<Request, Response>(std::bind_front(member, object)));
  }
  template <class Object, class Request, class Response>
  void Handle(std::string_view method, Object* object,
              async::Task<core::Status> (Object::*member)(const CallContext&, const Request&, Response*)) {
    Handle(method, WritingHandler<Request, Response>(std::bind_front(member, object)));
  }
  template <class Object, class Request, class Response>
  void Handle(std::string_view method, Object* object,
              async::Task<core::Status> (Object::*member)(const CallContext&, const Request&,
                                                          ResponseStream<Response>&)) {
    Handle(method, StreamHandler<Request, Response>(std::bind_front(member, object)));
  }
  template <class Object, class Request, class Response>
  void Handle(std::string_view method, Object* object,
              async::Task<core::Result<Response>> (Object::*member)(const CallContext&,
                                                                    RequestStream<Request>&)) {
    Handle(method, CollectHandler<Request, Response>(std::bind_front(member, object)));
  }

  // OK when every method of every served service has exactly one handler of the right kind and types
  // and a required_roles option; otherwise INTERNAL with all mistakes in the message.
  core::Status Check() const;

  // REQUIRES: Check() was OK.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }
  const std::vector<std::string>& services() const { return services_; }

 private:
  void Expect(std::string_view method, const google::protobuf::Message& request,
              const google::protobuf::Descriptor* response, Route::Run run);

  std::vector<std::string> services_;
  std::map<std::string, const google::protobuf::MethodDescriptor*, std::less<>>
      methods_;  // by full name, all served
  std::map<std::string, int, std::less<>> handled_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::string> mistakes_;
};

}  // namespace tessera::server
