#pragma once

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "async/event_loop.h"
#include "server/router.h"
#include "services/program/code_reader.h"
#include "services/program/handler_tools.h"
#include "storage/batch_store.h"
#include "tests/contract/memory_store.h"
#include "tests/support/refusals.h"
#include "tests/unit/api/requests.h"

namespace tessera::contract {

// The model has derived codes only, so a dictionary beside it has what a test puts into it.
class StoredCodes final : public storage::CodeDictionary {
 public:
  async::Task<core::Result<core::CodeNumber>> FindStoredCode(core::StoredCodeKey key,
                                                             storage::Deadline) override {
    ++looks;
    const auto found = numbers.find(key);
    if (found == numbers.end())
      co_return core::Error(core::Reason::kCouponNotFound, "There is no such code.");
    co_return found->second;
  }

  std::map<core::StoredCodeKey, core::CodeNumber> numbers;
  int looks = 0;
};

}  // namespace tessera::contract

// Handlers on the model of the store, called as the router calls them.
namespace tessera::program {

namespace pb = coupon::v1;

class HandlerBench : public testing::Test {
 protected:
  static constexpr core::InstantMs kNow = 1'750'000'000'000;

  HandlerBench()
      : tools_(api::TestKeys(), Shape(), Home),
        store_({.shape = Shape(),
                .home = [](const std::string& id) { return Home(id); },
                .clock = [this] { return now_ms_; }}) {
    info_.method = "Test";
    caller_.name = "shop";
  }

  static core::Shape Shape() {
    core::Shape shape;
    shape.partitions = 4;
    shape.buckets = 16;
    return shape;
  }
  static uint32_t Home(std::string_view campaign_id) { return static_cast<uint32_t>(campaign_id.size() % 4); }

  // Runs one call to its end.
  template <class Object, class Request, class Response>
  core::Result<Response> Call(
      Object& object,
      async::Task<core::Result<Response>> (Object::*member)(const server::CallContext&, const Request&),
      const Request& request) {
    const server::CallContext context(info_, caller_,
                                      std::chrono::steady_clock::now() + std::chrono::seconds(5), {});
    core::Result<Response> result = loop_.RunUntilDone((object.*member)(context, request));
    if (!result.ok()) NoteRefusal(core::ReasonName(result.error().reason));
    return result;
  }

  template <class Object, class Request, class Response>
  core::Result<Response> Call(Object& object,
                              async::Task<core::Status> (Object::*member)(const server::CallContext&,
                                                                          const Request&, Response*),
                              const Request& request) {
    const server::CallContext context(info_, caller_,
                                      std::chrono::steady_clock::now() + std::chrono::seconds(5), {});
    Response response;
    const core::Status written = loop_.RunUntilDone((object.*member)(context, request, &response));
    if (written.ok()) return response;
    NoteRefusal(core::ReasonName(written.error().reason));
    return written.error();
  }

  // A new request_id each time.
  static std::string NextId() {
    static int number = 0;
    std::string digits = std::to_string(++number);
    return "4f2a77c1-9be0-4d53-8a10-" + std::string(12 - digits.size(), '0') + digits;
  }

  // The value of a series whose name and labels, sorted, read so.
  double Metric(const std::string& name, const prometheus::ClientMetric::Label& label,
                const std::string& reason) {
    for (const auto& family : registry_.Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        bool found_label = label.name.empty();
        bool found_reason = false;
        for (const auto& pair : metric.label) {
          found_label |= pair.name == label.name && pair.value == label.value;
          found_reason |= pair.name == "reason" && pair.value == reason;
        }
        if (found_label && found_reason) return metric.counter.value;
      }
    }
    return -1;
  }

  core::InstantMs now_ms_ = kNow;
  async::EventLoop loop_;
  prometheus::Registry registry_;
  server::MethodInfo info_;
  server::Caller caller_;
  HandlerTools tools_;
  contract::MemoryStore store_;
  AttemptConfig attempts_;
  contract::StoredCodes dictionary_;
  CodeReader reader_{store_, dictionary_, tools_, attempts_, registry_};
};

}  // namespace tessera::program
