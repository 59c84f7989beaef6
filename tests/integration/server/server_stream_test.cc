// Server streams as a real client sees them: order, pace, and every way in which they end.
#include <gmock/gmock.h>

#include "server/trace_context.h"
#include "tests/integration/server/probe_server.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using probe::v1::ProbeRequest;
using probe::v1::ProbeResponse;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr char kStream[] = "/tessera.probe.v1.ProbeService/Stream";
constexpr char kLabels[] =
    R"(grpc_method="Stream",grpc_service="tessera.probe.v1.ProbeService",grpc_type="server_stream"})";

ProbeRequest Asking(int messages, const std::string& text = "", int delay_ms = 0) {
  ProbeRequest request;
  request.set_messages(messages);
  request.set_text(text);
  request.set_delay_ms(delay_ms);
  return request;
}

std::string Handled(const std::string& code, int times) {
  return R"(grpc_server_handled_total{grpc_code=")" + code + "\"," + kLabels + " " + std::to_string(times);
}

bool Shows(const ProbeServer& server, const std::string& series) {
  return server.Metrics().find(series) != std::string::npos;
}

// The server's own deadline for a caller who sent none.
ProbeServer::Options WithDefaultDeadline(milliseconds deadline) {
  auto options = ProbeServer::Defaults();
  options.grpc.deadline_default = deadline;
  return options;
}

TEST(ServerStreamTest, SendsAllInOrder) {
  ProbeServer server;
  const auto stub = server.Stub();
  const auto context = Context();
  context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const auto reader = stub->Stream(context.get(), Asking(10'000, "hello"));
  ProbeResponse response;
  int64_t count = 0;
  while (reader->Read(&response)) {
    ASSERT_EQ(response.number(), count);
    ASSERT_EQ(response.text(), "hello");
    ++count;
  }
  const grpc::Status status = reader->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(count, 10'000);
  EXPECT_EQ(response.caller(), "anonymous");
  const auto trace = server::ParseTraceparent(response.traceparent());
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->TraceIdHex(), "0af7651916cd43dd8448eb211c80319c");
}

TEST(ServerStreamTest, WaitsForASlowReader) {
  constexpr int kMessages = 1000;
  // What the windows of a connection and the sockets of the loopback may hold, a few MiB, in messages.
  constexpr int kAhead = 200;
  ProbeServer server;
  const auto stub = server.Stub();
  const auto context = Context();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = stub->Stream(context.get(), Asking(kMessages, std::string(64 << 10, 'x')));
  WaitUntil("the first were sent", [&] { return server.handlers.sent > 0; });
  for (int before = -1; before != server.handlers.sent;) {
    before = server.handlers.sent;
    std::this_thread::sleep_for(milliseconds(500));
  }
  RecordProperty("sent_ahead", server.handlers.sent);
  EXPECT_LE(server.handlers.sent, kAhead) << "nobody has read anything";
  ProbeResponse response;
  int read = 0;
  int ahead_max = 0;
  while (reader->Read(&response)) {
    ASSERT_EQ(response.number(), read);
    ++read;
    ahead_max = std::max(ahead_max, server.handlers.sent - read);
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(read, kMessages) << "all the same, nothing is lost";
  EXPECT_LE(ahead_max, kAhead);
}

TEST(ServerStreamTest, EndsTheHandlerWhenTheReaderCancels) {
  ProbeServer server;
  const auto stub = server.Stub();
  const auto context = Context();
  const auto reader = stub->Stream(context.get(), Asking(1'000'000, "", 1));
  ProbeResponse response;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader->Read(&response));
  context->TryCancel();
  WaitUntil("the handler ends", [&] { return server.handlers.cut == 1; }, std::chrono::seconds(2));
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  WaitUntil("it is counted", [&] { return Shows(server, Handled("Canceled", 1)); });
  EXPECT_EQ(server.grpc->in_flight(), 0);
}

TEST(ServerStreamTest, EndsTheHandlerWhenTheConnectionGoes) {
  ProbeServer server;
  for (int i = 0; i < 20; ++i) {
    const auto context = Context();
    auto stub = server.Stub();
    auto reader = stub->Stream(context.get(), Asking(1'000'000, std::string(i * 1000, 'x')));
    ProbeResponse response;
    ASSERT_TRUE(reader->Read(&response));
    // Dropped without a word to the stream: the context's end cancels, and the channel goes with the stub.
    reader.reset();
    stub.reset();
  }
  WaitUntil("all handlers end", [&] { return server.handlers.cut == 20; }, std::chrono::seconds(5));
  WaitUntil("nothing is in flight", [&] { return server.grpc->in_flight() == 0; });
}

TEST(ServerStreamTest, EndsByTheCallersDeadline) {
  ProbeServer server;
  const auto stub = server.Stub();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + milliseconds(300));
  const auto reader = stub->Stream(&context, Asking(1'000'000, "", 5));
  ProbeResponse response;
  int read = 0;
  while (reader->Read(&response)) ++read;
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_GT(read, 0) << "it passed midway";
  WaitUntil("the handler ends", [&] { return server.handlers.cut == 1; }, std::chrono::seconds(2));
}

TEST(ServerStreamTest, EndsByTheDefaultDeadline) {
  ProbeServer server(WithDefaultDeadline(milliseconds(300)));
  const auto stub = server.Stub();
  grpc::ClientContext context;
  const auto reader = stub->Stream(&context, Asking(1'000'000, "", 5));
  ProbeResponse response;
  int read = 0;
  while (reader->Read(&response)) ++read;
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(status), "DEADLINE_PASSED");
  EXPECT_GT(read, 0);
  EXPECT_EQ(server.handlers.cut, 1);
  WaitUntil("it is counted", [&] { return Shows(server, Handled("DeadlineExceeded", 1)); });
}

// The message that waits for the reader must not hold the stream beyond its deadline.
TEST(ServerStreamTest, EndsByTheDeadlineWhileNobodyReads) {
  ProbeServer server(WithDefaultDeadline(milliseconds(1000)));
  const auto stub = server.Stub();
  grpc::ClientContext context;
  const auto reader = stub->Stream(&context, Asking(100'000, std::string(64 << 10, 'x')));
  WaitUntil("the handler ends", [&] { return server.handlers.cut == 1; }, std::chrono::seconds(5));
  WaitUntil("nothing is in flight", [&] { return server.grpc->in_flight() == 0; }, std::chrono::seconds(2));
  EXPECT_LT(server.handlers.sent, 100'000);
  ProbeResponse response;
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  WaitUntil("it is counted", [&] { return Shows(server, Handled("DeadlineExceeded", 1)); });
}

TEST(ServerStreamTest, RefusesARequestThatDoesNotDecode) {
  ProbeServer server;
  const grpc::Status status = CallRaw(server.Channel(), kStream, "\x0f");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "UNDECODABLE_REQUEST");
  EXPECT_EQ(server.handlers.begun, 0);
}

TEST(ServerStreamTest, TellsFailuresAfterWhatWasSent) {
  ProbeServer server;
  const auto stub = server.Stub();
  const auto end_of = [&](const std::string& text) {
    const auto context = Context();
    const auto reader = stub->Stream(context.get(), Asking(3, text));
    ProbeResponse response;
    int read = 0;
    while (reader->Read(&response)) ++read;
    EXPECT_EQ(read, 3);
    return reader->Finish();
  };
  const grpc::Status thrown = end_of("throw");
  EXPECT_EQ(thrown.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ReasonOf(thrown), "INTERNAL");
  EXPECT_EQ((thrown.error_message() + thrown.error_details()).find("secrets"), std::string::npos);
  const grpc::Status failed = end_of("fail");
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(failed), "STORE_UNREACHABLE");
  WaitUntil("both are logged", [&] {
    const std::string log = server.Log();
    return log.find("a defect with secrets") != std::string::npos &&
           log.find("connection refused: 10.0.0.1") != std::string::npos;
  });
}

TEST(ServerStreamTest, LogsIdsOnlyAndCounts) {
  ProbeServer server;
  const auto stub = server.Stub();
  const auto context = Context();
  ProbeRequest request = Asking(7, "user-4711-planted");
  request.set_request_id("0190b6a0-0000-7000-8000-000000000001");
  const auto reader = stub->Stream(context.get(), request);
  ProbeResponse response;
  while (reader->Read(&response)) {
  }
  ASSERT_TRUE(reader->Finish().ok());
  WaitUntil("it is counted", [&] { return Shows(server, Handled("OK", 1)); });
  WaitUntil("it is logged", [&] { return !server.Log().empty(); });
  const std::string log = server.Log();
  EXPECT_THAT(log, HasSubstr("tessera.probe.v1.ProbeService/Stream"));
  EXPECT_THAT(log, HasSubstr("0190b6a0-0000-7000-8000-000000000001"));
  EXPECT_THAT(log, HasSubstr("p-0"));
  EXPECT_EQ(log.find("planted"), std::string::npos);
  const std::string metrics = server.Metrics();
  EXPECT_THAT(metrics, HasSubstr(std::string("grpc_server_started_total{") + kLabels + " 1"));
  EXPECT_THAT(metrics, HasSubstr(std::string("grpc_server_msg_sent_total{") + kLabels + " 7"));
  EXPECT_THAT(metrics, HasSubstr(std::string("grpc_server_handling_seconds_count{") + kLabels + " 1"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_in_flight 0"));
}

}  // namespace
}  // namespace tessera::testing
