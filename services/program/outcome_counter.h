#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/labels.h>
#include <prometheus/registry.h>

#include <array>
#include <string>

#include "core/result.h"
#include "server/router.h"

namespace tessera::program {

using CounterFamily = prometheus::Family<prometheus::Counter>;

// A family whose series say how calls ended: <name>{outcome, reason} and whatever labels tell kinds of calls
// apart.
CounterFamily& OutcomeFamily(prometheus::Registry& registry, const std::string& name,
                             const std::string& help);

// Counts how calls of one kind ended. outcome is "ok" (reason "NONE"), "refused" (what was asked for cannot
// be), or "failed" (the service could not say, or broke). All series are made here, so that a rate is right
// from the first event. Any thread; the family's registry must outlive it.
class OutcomeCounter {
 public:
  OutcomeCounter(CounterFamily& family, const prometheus::Labels& labels);

  void Ok() { ok_->Increment(); }
  void Refused(core::Reason reason) { by_reason_[static_cast<size_t>(reason)]->Increment(); }
  template <class T>
  void Count(const core::Result<T>& result) {
    result.ok() ? Ok() : Refused(result.error().reason);
  }

 private:
  prometheus::Counter* ok_;
  std::array<prometheus::Counter*, core::kReasonCount> by_reason_;
};

// The member function as a handler of its kind whose outcomes are counted. `counter` and `object` must
// outlive the server.
template <class Object, class Request, class Response>
server::Handler<Request, Response> Counted(
    OutcomeCounter& counter, Object* object,
    async::Task<core::Result<Response>> (Object::*member)(const server::CallContext&, const Request&)) {
  return [&counter, object, member](const server::CallContext& context,
                                    const Request& request) -> async::Task<core::Result<Response>> {
    core::Result<Response> result = co_await (object->*member)(context, request);
    counter.Count(result);
    co_return result;
  };
}

template <class Object, class Request, class Response>
server::WritingHandler<Request, Response> Counted(
    OutcomeCounter& counter, Object* object,
    async::Task<core::Status> (Object::*member)(const server::CallContext&, const Request&, Response*)) {
  return [&counter, object, member](const server::CallContext& context, const Request& request,
                                    Response* response) -> async::Task<core::Status> {
    core::Status written = co_await (object->*member)(context, request, response);
    counter.Count(written);
    co_return written;
  };
}

}  // namespace tessera::program
