// Streams count as calls in flight, and may last longer than calls.
#include <gtest/gtest.h>

#include "tests/integration/server/probe_server.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using probe::v1::ProbeRequest;
using probe::v1::ProbeResponse;
using std::chrono::milliseconds;

constexpr char kService[] = "/tessera.probe.v1.ProbeService/";

TEST(StreamLimitsTest, StreamsAreInFlight) {
  auto options = ProbeServer::Defaults();
  options.grpc.in_flight_max = 2;
  ProbeServer server(options);
  const auto stub = server.Stub();
  const auto reading = Context();
  ProbeRequest endless;
  endless.set_messages(1'000'000);
  endless.set_delay_ms(1);
  const auto reader = stub->Stream(reading.get(), endless);
  const auto writing = Context();
  ProbeResponse collected;
  const auto writer = stub->Collect(writing.get(), &collected);
  WaitUntil("both are in flight", [&] { return server.handlers.begun == 2; });
  EXPECT_EQ(server.grpc->in_flight(), 2);
  for (const char* method : {"Issue", "Stream", "Collect"}) {
    const grpc::Status status = CallRaw(server.Channel(), std::string(kService) + method, "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << method;
    EXPECT_EQ(ReasonOf(status), "OVERLOADED") << method;
  }
  EXPECT_EQ(server.handlers.begun, 2) << "a refused call reached its handler";
  writer->WritesDone();
  EXPECT_TRUE(writer->Finish().ok());
  WaitUntil("there is room for one", [&] { return server.grpc->in_flight() == 1; });
  EXPECT_TRUE(CallRaw(server.Channel(), std::string(kService) + "Stream", "").ok());
  reading->TryCancel();
  WaitUntil("there is room for two", [&] { return server.grpc->in_flight() == 0; });
}

TEST(StreamLimitsTest, StreamsHaveALimitOfTheirOwn) {
  auto options = ProbeServer::Defaults();
  options.grpc.deadline_max = milliseconds(200);
  options.grpc.deadline_default = milliseconds(200);
  options.grpc.stream_deadline_max = milliseconds(1500);
  ProbeServer server(options);
  const auto stub = server.Stub();
  ProbeRequest request;
  request.set_messages(5);
  request.set_delay_ms(100);
  const auto run = [&] {
    const auto context = Context();
    const auto reader = stub->Stream(context.get(), request);
    ProbeResponse response;
    while (reader->Read(&response)) {
    }
    EXPECT_GT(response.left_ms(), 200);
    EXPECT_LE(response.left_ms(), 1500);
    return reader->Finish();
  };
  EXPECT_TRUE(run().ok()) << "longer than a call may last";
  request.set_messages(1000);
  const grpc::Status capped = run();
  EXPECT_EQ(capped.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(capped), "DEADLINE_PASSED");
}

TEST(StreamLimitsTest, ADeadlineThatHasPassedIsRefusedBeforeTheHandler) {
  auto options = ProbeServer::Defaults();
  options.grpc.stream_deadline_max = milliseconds(0);
  ProbeServer server(options);
  for (const char* method : {"Stream", "Collect"}) {
    const grpc::Status status = CallRaw(server.Channel(), std::string(kService) + method, "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << method;
    EXPECT_EQ(ReasonOf(status), "DEADLINE_PASSED") << method;
  }
  EXPECT_EQ(server.handlers.begun, 0);
}

}  // namespace
}  // namespace tessera::testing
