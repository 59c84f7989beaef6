// Client streams as a real client sees them: completeness above all, as half of a stream must never be taken
// for the whole.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <thread>

#include "tests/integration/server/probe_server.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using probe::v1::ProbeRequest;
using probe::v1::ProbeResponse;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr char kCollect[] = "/tessera.probe.v1.ProbeService/Collect";
constexpr char kLabels[] =
    R"(grpc_method="Collect",grpc_service="tessera.probe.v1.ProbeService",grpc_type="client_stream"})";

ProbeRequest Saying(const std::string& text) {
  ProbeRequest request;
  request.set_text(text);
  return request;
}

std::string Handled(const std::string& code, int times) {
  return R"(grpc_server_handled_total{grpc_code=")" + code + "\"," + kLabels + " " + std::to_string(times);
}

bool Shows(const ProbeServer& server, const std::string& series) {
  return server.Metrics().find(series) != std::string::npos;
}

// A client stream of bytes as they are.
class RawCollect {
 public:
  explicit RawCollect(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(channel), context_(Context()), call_(stub_.PrepareCall(context_.get(), kCollect, &queue_)) {
    call_->StartCall(nullptr);
    Step();
  }

  // False when the stream is over.
  bool Write(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    call_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    return Step();
  }

  // The status, without saying that all was sent.
  grpc::Status Finish() {
    grpc::ByteBuffer answer;
    call_->Read(&answer, nullptr);
    Step();
    grpc::Status status;
    call_->Finish(&status, nullptr);
    Step();
    return status;
  }

 private:
  bool Step() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    return ok;
  }

  grpc::GenericStub stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

TEST(ClientStreamTest, TakesAllInOrder) {
  ProbeServer server;
  const auto stub = server.Stub();
  for (const int messages : {0, 1, 10'000}) {
    const auto context = Context();
    ProbeResponse response;
    const auto writer = stub->Collect(context.get(), &response);
    uint64_t digest = 0;
    for (int i = 0; i < messages; ++i) {
      const std::string text = "code-" + std::to_string(i);
      digest = Digest(digest, text);
      ASSERT_TRUE(writer->Write(Saying(text)));
    }
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.number(), messages);
    EXPECT_EQ(response.digest(), digest);
  }
  EXPECT_EQ(server.handlers.completed, 3);
}

TEST(ClientStreamTest, MakesTheCallerWaitForASlowHandler) {
  constexpr int kAhead = 200;
  ProbeServer server;
  const auto stub = server.Stub();
  const auto context = Context();
  ProbeResponse response;
  const auto writer = stub->Collect(context.get(), &response);
  std::atomic<int> written{0};
  std::thread caller([&] {
    ProbeRequest request = Saying(std::string(64 << 10, 'x'));
    request.set_delay_ms(3000);
    while (written < 1000 && writer->Write(request)) {
      request.set_delay_ms(0);
      ++written;
    }
    writer->WritesDone();
    EXPECT_TRUE(writer->Finish().ok());
  });
  WaitUntil("the handler has the first", [&] { return server.handlers.received == 1; });
  for (int before = -1; before != written;) {
    before = written;
    std::this_thread::sleep_for(milliseconds(300));
  }
  EXPECT_EQ(server.handlers.received, 1) << "the handler was to be slow";
  EXPECT_LE(written, kAhead);
  caller.join();
  EXPECT_EQ(server.handlers.received, 1000);
}

TEST(ClientStreamTest, RefusesBytesThatDoNotDecodeMidway) {
  ProbeServer server;
  const auto channel = server.Channel();
  const std::string truncated =
      "\x12\x7f"
      "abc";
  const std::string not_utf8 = std::string("\x12\x02", 2) + "\xff\xfe";
  const std::string wrong_wire_type = "\x0f";
  for (const std::string& bytes : {truncated, not_utf8, wrong_wire_type}) {
    server.handlers.received = 0;
    RawCollect raw(channel);
    ASSERT_TRUE(raw.Write(Saying("one").SerializeAsString()));
    ASSERT_TRUE(raw.Write(""));
    ASSERT_TRUE(raw.Write(bytes));
    const grpc::Status status = raw.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonOf(status), "UNDECODABLE_REQUEST");
    EXPECT_EQ(server.handlers.received, 2) << "an empty message is a message";
  }
  EXPECT_EQ(server.handlers.completed, 0);
  EXPECT_EQ(server.handlers.cut, 3);
}

// The caller goes at whatever moment, often while messages are still on their way. None of these streams has
// an end, so no handler may see one.
TEST(ClientStreamTest, NeverTakesABrokenStreamForAWholeOne) {
  constexpr int kStreams = 300;
  ProbeServer server;
  const auto stub = server.Stub();
  for (int i = 0; i < kStreams; ++i) {
    const auto context = Context();
    ProbeResponse response;
    const auto writer = stub->Collect(context.get(), &response);
    for (int m = 0; m < i % 20; ++m) ASSERT_TRUE(writer->Write(Saying(std::string(i * 10, 'x'))));
    if (i % 3 == 0) std::this_thread::sleep_for(milliseconds(1));
    context->TryCancel();
    EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  WaitUntil("nothing is in flight", [&] { return server.grpc->in_flight() == 0; }, std::chrono::seconds(5));
  EXPECT_EQ(server.handlers.completed, 0);
  EXPECT_GT(server.handlers.cut, 0);
  // A call that is cancelled before its headers have left never arrives.
  EXPECT_EQ(server.handlers.cut, server.handlers.begun);
  WaitUntil("they are counted", [&] { return Shows(server, Handled("Canceled", server.handlers.cut)); });
}

TEST(ClientStreamTest, NeverTakesALostConnectionForTheEnd) {
  ProbeServer server;
  for (int i = 0; i < 20; ++i) {
    const auto context = Context();
    ProbeResponse response;
    auto stub = server.Stub();
    auto writer = stub->Collect(context.get(), &response);
    ASSERT_TRUE(writer->Write(Saying("one")));
    WaitUntil("it has begun", [&] { return server.handlers.received == i + 1; });
    writer.reset();
    stub.reset();
  }
  WaitUntil("all handlers end", [&] { return server.handlers.cut == 20; }, std::chrono::seconds(5));
  EXPECT_EQ(server.handlers.completed, 0);
}

TEST(ClientStreamTest, NeverTakesAMessageThatIsTooLargeForTheEnd) {
  auto options = ProbeServer::Defaults();
  options.grpc.message_bytes_max = 4096;
  ProbeServer server(options);
  const auto stub = server.Stub();
  for (int i = 0; i < 50; ++i) {
    const auto context = Context();
    ProbeResponse response;
    const auto writer = stub->Collect(context.get(), &response);
    ASSERT_TRUE(writer->Write(Saying("small")));
    writer->Write(Saying(std::string(5000, 'x')));
    writer->WritesDone();
    EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  WaitUntil("nothing is in flight", [&] { return server.grpc->in_flight() == 0; });
  EXPECT_EQ(server.handlers.completed, 0);
}

TEST(ClientStreamTest, EndsByTheCallersDeadline) {
  ProbeServer server;
  const auto stub = server.Stub();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + milliseconds(300));
  ProbeResponse response;
  const auto writer = stub->Collect(&context, &response);
  ASSERT_TRUE(writer->Write(Saying("one")));
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  WaitUntil("the handler ends", [&] { return server.handlers.cut == 1; }, std::chrono::seconds(2));
  EXPECT_EQ(server.handlers.received, 1) << "it passed midway";
  EXPECT_EQ(server.handlers.completed, 0);
}

TEST(ClientStreamTest, EndsByTheDefaultDeadline) {
  auto options = ProbeServer::Defaults();
  options.grpc.deadline_default = milliseconds(300);
  ProbeServer server(options);
  const auto stub = server.Stub();
  grpc::ClientContext context;
  ProbeResponse response;
  const auto writer = stub->Collect(&context, &response);
  ASSERT_TRUE(writer->Write(Saying("one")));
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(status), "DEADLINE_PASSED");
  EXPECT_EQ(server.handlers.received, 1);
  EXPECT_EQ(server.handlers.completed, 0);
  WaitUntil("it is counted", [&] { return Shows(server, Handled("DeadlineExceeded", 1)); });
}

TEST(ClientStreamTest, MayAnswerOrFailBeforeTheEnd) {
  ProbeServer server;
  const auto stub = server.Stub();
  const auto end_of = [&](const std::string& text, ProbeResponse* response) {
    const auto context = Context();
    const auto writer = stub->Collect(context.get(), response);
    // Goes on writing until it is told to stop.
    for (int i = 0; i < 100'000 && writer->Write(Saying(i == 2 ? text : "more")); ++i) {
    }
    return writer->Finish();
  };
  ProbeResponse response;
  const grpc::Status enough = end_of("enough", &response);
  EXPECT_TRUE(enough.ok()) << enough.error_message();
  EXPECT_EQ(response.number(), 3);
  const grpc::Status thrown = end_of("throw", &response);
  EXPECT_EQ(thrown.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ReasonOf(thrown), "INTERNAL");
  EXPECT_EQ((thrown.error_message() + thrown.error_details()).find("secrets"), std::string::npos);
  const grpc::Status failed = end_of("fail", &response);
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(failed), "STORE_UNREACHABLE");
  WaitUntil("both are logged", [&] {
    const std::string log = server.Log();
    return log.find("a defect with secrets") != std::string::npos &&
           log.find("connection refused: 10.0.0.1") != std::string::npos;
  });
}

TEST(ClientStreamTest, LogsIdsOnlyAndCounts) {
  ProbeServer server;
  const auto stub = server.Stub();
  const auto context = Context();
  ProbeResponse response;
  const auto writer = stub->Collect(context.get(), &response);
  ProbeRequest request = Saying("user-4711-planted");
  request.set_request_id("0190b6a0-0000-7000-8000-000000000001");
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(writer->Write(request));
    request.clear_request_id();  // only the first names it
  }
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  WaitUntil("it is counted", [&] { return Shows(server, Handled("OK", 1)); });
  WaitUntil("it is logged", [&] { return !server.Log().empty(); });
  const std::string log = server.Log();
  EXPECT_THAT(log, HasSubstr("tessera.probe.v1.ProbeService/Collect"));
  EXPECT_THAT(log, HasSubstr("0190b6a0-0000-7000-8000-000000000001"));
  EXPECT_EQ(log.find("planted"), std::string::npos);
  const std::string metrics = server.Metrics();
  EXPECT_THAT(metrics, HasSubstr(std::string("grpc_server_started_total{") + kLabels + " 1"));
  EXPECT_THAT(metrics, HasSubstr(std::string("grpc_server_msg_received_total{") + kLabels + " 5"));
  EXPECT_THAT(metrics, HasSubstr(std::string("grpc_server_handling_seconds_count{") + kLabels + " 1"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_in_flight 0"));
}

}  // namespace
}  // namespace tessera::testing
