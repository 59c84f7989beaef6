// Going down under load: nobody who was let in loses an answer.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/integration/server/probe_server.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using probe::v1::ProbeRequest;
using probe::v1::ProbeResponse;

TEST(DrainTest, UnderLoadLosesNothing) {
  auto server = std::make_unique<ProbeServer>();
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::atomic<int> refused{0};
  std::atomic<int> lost{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, stub = server->Stub(), i] {
      ProbeRequest request;
      request.set_delay_ms(i * 3);
      while (!stop) {
        ProbeResponse response;
        const grpc::Status status = stub->Issue(Context().get(), request, &response);
        if (status.ok()) {
          ++answered;
        } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
          // Refused by name, or there was no server any more.
          ++refused;
        } else {
          ADD_FAILURE() << status.error_code() << " " << status.error_message();
          ++lost;
        }
      }
    });
  }
  WaitUntil("there is load", [&] { return answered > 200; });
  ASSERT_TRUE(server->grpc->Drain(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
  WaitUntil("callers notice", [&] { return refused > 8; });
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(server->handlers.begun, server->handlers.answered);
  EXPECT_EQ(server->handlers.answered, answered) << "an answer was made and did not arrive";
}

TEST(DrainTest, RefusesNewCallsByName) {
  ProbeServer server;
  const auto channel = server.Channel();
  ASSERT_TRUE(CallRaw(channel, "/tessera.probe.v1.ProbeService/Issue", "").ok());
  server.grpc->RefuseNewCalls();
  const grpc::Status status = CallRaw(channel, "/tessera.probe.v1.ProbeService/Issue", "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "DRAINING");
}

TEST(DrainTest, WaitsForACallInFlightAndNoLonger) {
  ProbeServer server;
  ProbeRequest slow;
  slow.set_delay_ms(400);
  std::thread caller([&] {
    ProbeResponse response;
    EXPECT_TRUE(server.Stub()->Issue(Context().get(), slow, &response).ok());
  });
  WaitUntil("it is in flight", [&] { return server.handlers.begun == 1; });
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(server.grpc->Drain(before + std::chrono::seconds(8)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(4));
  caller.join();
}

TEST(DrainTest, EndsAtItsLimitAndSaysSo) {
  ProbeServer server;
  ProbeRequest slow;
  slow.set_delay_ms(1500);
  std::thread caller([&] {
    ProbeResponse response;
    EXPECT_FALSE(server.Stub()->Issue(Context().get(), slow, &response).ok());
  });
  WaitUntil("it is in flight", [&] { return server.handlers.begun == 1; });
  EXPECT_FALSE(server.grpc->Drain(std::chrono::steady_clock::now() + std::chrono::milliseconds(100)));
  caller.join();
  WaitUntil("the handler ends", [&] { return server.handlers.answered == 1; });
}

}  // namespace
}  // namespace tessera::testing
