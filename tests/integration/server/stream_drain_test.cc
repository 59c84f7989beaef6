// Going down during streams: who can end in time does, and the others hold nothing up.
#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/server/probe_server.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using probe::v1::ProbeRequest;
using probe::v1::ProbeResponse;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

ProbeRequest Asking(int messages, int delay_ms) {
  ProbeRequest request;
  request.set_messages(messages);
  request.set_delay_ms(delay_ms);
  return request;
}

TEST(StreamDrainTest, RefusesNewStreamsByName) {
  ProbeServer server;
  server.grpc->RefuseNewCalls();
  for (const char* method : {"Stream", "Collect"}) {
    const grpc::Status status =
        CallRaw(server.Channel(), "/tessera.probe.v1.ProbeService/" + std::string(method), "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << method;
    EXPECT_EQ(ReasonOf(status), "DRAINING") << method;
  }
  EXPECT_EQ(server.handlers.begun, 0);
}

TEST(StreamDrainTest, WaitsForStreamsThatEnd) {
  ProbeServer server;
  const auto stub = server.Stub();
  std::thread reader([&] {
    const auto context = Context();
    const auto stream = stub->Stream(context.get(), Asking(20, 20));
    ProbeResponse response;
    int read = 0;
    while (stream->Read(&response)) ++read;
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(read, 20);
  });
  std::thread writer([&] {
    const auto context = Context();
    ProbeResponse response;
    const auto stream = stub->Collect(context.get(), &response);
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(stream->Write(ProbeRequest()));
      std::this_thread::sleep_for(milliseconds(20));
    }
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(response.number(), 20);
  });
  WaitUntil("both are in flight", [&] { return server.handlers.begun == 2; });
  const auto before = steady_clock::now();
  EXPECT_TRUE(server.grpc->Drain(before + std::chrono::seconds(8)));
  EXPECT_LT(steady_clock::now() - before, std::chrono::seconds(4));
  reader.join();
  writer.join();
  EXPECT_EQ(server.handlers.answered, 2);
}

TEST(StreamDrainTest, EndsStreamsAtItsLimit) {
  ProbeServer server;
  const auto stub = server.Stub();
  std::thread reader([&] {
    const auto context = Context();
    const auto stream = stub->Stream(context.get(), Asking(1'000'000, 5));
    ProbeResponse response;
    while (stream->Read(&response)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  });
  std::thread stuck([&] {
    const auto context = Context();
    ProbeRequest request = Asking(1'000'000, 0);
    request.set_text(std::string(64 << 10, 'x'));
    const auto stream = stub->Stream(context.get(), request);
    WaitUntil("the server has given up", [&] { return server.grpc->in_flight() == 0; });
    ProbeResponse response;
    while (stream->Read(&response)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  });
  std::thread writer([&] {
    const auto context = Context();
    ProbeResponse response;
    const auto stream = stub->Collect(context.get(), &response);
    EXPECT_TRUE(stream->Write(ProbeRequest()));
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  });
  WaitUntil("all are in flight", [&] { return server.handlers.begun == 3; });
  const auto before = steady_clock::now();
  EXPECT_TRUE(server.grpc->Drain(before + milliseconds(300)));
  EXPECT_GE(steady_clock::now() - before, milliseconds(300)) << "they had all the time there was";
  EXPECT_LT(steady_clock::now() - before, milliseconds(1500));
  EXPECT_EQ(server.handlers.cut, 3);
  EXPECT_EQ(server.handlers.completed, 0);
  reader.join();
  stuck.join();
  writer.join();
}

}  // namespace
}  // namespace tessera::testing
