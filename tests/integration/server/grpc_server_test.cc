// What every call meets before and after its handler, seen by a real client.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <nlohmann/json.hpp>

#include "server/trace_context.h"
#include "tests/integration/server/probe_server.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using probe::v1::ProbeRequest;
using probe::v1::ProbeResponse;
using ::testing::HasSubstr;

constexpr char kIssue[] = "/tessera.probe.v1.ProbeService/Issue";

std::vector<nlohmann::json> RpcLines(const std::string& log) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(log);
  for (std::string line; std::getline(text, line);) {
    auto json = nlohmann::json::parse(line);
    if (json.at("msg") == "rpc") lines.push_back(std::move(json));
  }
  return lines;
}

TEST(GrpcServerTest, AnswersWithWhatTheHandlerSaw) {
  ProbeServer server;
  ProbeRequest request;
  request.set_text("hello");
  ProbeResponse response;
  const auto context = Context();
  context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const grpc::Status status = server.Stub()->Issue(context.get(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.text(), "hello");
  EXPECT_EQ(response.caller(), "anonymous");
  EXPECT_GT(response.left_ms(), 8000);
  EXPECT_LE(response.left_ms(), 10'000);
  const auto trace = server::ParseTraceparent(response.traceparent());
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->TraceIdHex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(trace->SpanIdHex(), "b7ad6b7169203331");
}

TEST(GrpcServerTest, GivesTheDefaultDeadlineToACallWithout) {
  auto options = ProbeServer::Defaults();
  options.grpc.deadline_default = std::chrono::milliseconds(1500);
  ProbeServer server(options);
  grpc::ClientContext context;
  ProbeResponse response;
  ASSERT_TRUE(server.Stub()->Issue(&context, {}, &response).ok());
  EXPECT_GT(response.left_ms(), 500);
  EXPECT_LE(response.left_ms(), 1500);
}

TEST(GrpcServerTest, CapsADeadlineThatIsTooFarAway) {
  auto options = ProbeServer::Defaults();
  options.grpc.deadline_max = std::chrono::milliseconds(3000);
  ProbeServer server(options);
  ProbeResponse response;
  ASSERT_TRUE(server.Stub()->Issue(Context().get(), {}, &response).ok());
  EXPECT_LE(response.left_ms(), 3000);
}

TEST(GrpcServerTest, RefusesBytesThatDoNotDecode) {
  ProbeServer server;
  const std::string truncated =
      "\x12\x7f"
      "abc";
  const std::string not_utf8 = std::string("\x12\x02", 2) + "\xff\xfe";
  const std::string wrong_wire_type = "\x0f";
  for (const std::string& bytes : {truncated, not_utf8, wrong_wire_type}) {
    const grpc::Status status = CallRaw(server.Channel(), kIssue, bytes);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonOf(status), "UNDECODABLE_REQUEST");
  }
  EXPECT_EQ(server.handlers.begun, 0);
  EXPECT_TRUE(CallRaw(server.Channel(), kIssue, "").ok()) << "an empty message is a message";
}

TEST(GrpcServerTest, RefusesAMessageOverFourMebibytes) {
  ProbeServer server;
  ProbeRequest request;
  ProbeResponse response;
  request.set_text(std::string((4 << 20) - 16, 'x'));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto stub = probe::v1::ProbeService::NewStub(
      grpc::CreateCustomChannel(server.grpc->address(), grpc::InsecureChannelCredentials(), arguments));
  EXPECT_TRUE(stub->Issue(Context().get(), request, &response).ok()) << "the largest that fits";
  request.set_text(std::string(4 << 20, 'x'));
  const grpc::Status status = stub->Issue(Context().get(), request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(server.handlers.begun, 1);
  request.set_text("small");
  EXPECT_TRUE(stub->Issue(Context().get(), request, &response).ok()) << "the connection goes on";
}

TEST(GrpcServerTest, GoesOnAfterManyMessagesThatAreTooLarge) {
  auto options = ProbeServer::Defaults();
  options.grpc.message_bytes_max = 4096;
  ProbeServer server(options);
  const auto stub = server.Stub();
  ProbeRequest request;
  ProbeResponse response;
  request.set_text(std::string(5000, 'x'));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(stub->Issue(Context().get(), request, &response).error_code(),
              grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  request.set_text("small");
  EXPECT_TRUE(stub->Issue(Context().get(), request, &response).ok());
  EXPECT_EQ(server.handlers.begun, 1);
}

TEST(GrpcServerTest, RefusesBeforeItQueuesWhenTooManyAreInFlight) {
  auto options = ProbeServer::Defaults();
  options.grpc.in_flight_max = 4;
  ProbeServer server(options);
  ProbeRequest slow;
  slow.set_delay_ms(500);
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      ProbeResponse response;
      EXPECT_TRUE(server.Stub()->Issue(Context().get(), slow, &response).ok());
    });
  }
  WaitUntil("four are in flight", [&] { return server.handlers.begun == 4; });
  ProbeResponse response;
  const grpc::Status status = server.Stub()->Issue(Context().get(), {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_TRUE(HasRetryInfo(status));
  for (std::thread& caller : callers) caller.join();
  EXPECT_TRUE(server.Stub()->Issue(Context().get(), {}, &response).ok()) << "room again";
}

TEST(GrpcServerTest, ContainsExceptionsAndKeepsCausesToItself) {
  ProbeServer server;
  ProbeRequest request;
  ProbeResponse response;
  request.set_text("throw");
  const grpc::Status thrown = server.Stub()->Issue(Context().get(), request, &response);
  EXPECT_EQ(thrown.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ReasonOf(thrown), "INTERNAL");
  EXPECT_EQ((thrown.error_message() + thrown.error_details()).find("secrets"), std::string::npos);
  request.set_text("fail");
  const grpc::Status failed = server.Stub()->Issue(Context().get(), request, &response);
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(failed), "STORE_UNREACHABLE");
  EXPECT_EQ((failed.error_message() + failed.error_details()).find("10.0.0.1"), std::string::npos);
  WaitUntil("both are logged", [&] { return RpcLines(server.Log()).size() == 2; });
  EXPECT_EQ(RpcLines(server.Log())[0].at("cause"), "a defect with secrets");
  EXPECT_EQ(RpcLines(server.Log())[1].at("cause"), "connection refused: 10.0.0.1");
  EXPECT_EQ(RpcLines(server.Log())[1].at("level"), "warning");
}

TEST(GrpcServerTest, AnswersUnknownMethodsUnderOneLabel) {
  ProbeServer server;
  for (const char* path : {"/tessera.probe.v1.ProbeService/Nothing", "/nobody/Knows", "/a"}) {
    const grpc::Status status = CallRaw(server.Channel(), path, "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(ReasonOf(status), "METHOD_UNKNOWN");
  }
  WaitUntil("all are counted", [&] {
    return server.Metrics().find(
               R"(grpc_server_handled_total{grpc_code="Unimplemented",grpc_method="unknown",grpc_service="unknown",grpc_type="unary"} 3)") !=
           std::string::npos;
  });
  EXPECT_EQ(server.Metrics().find("Nothing"), std::string::npos);
}

TEST(GrpcServerTest, SurvivesCallersThatGoAway) {
  ProbeServer server;
  ProbeRequest slow;
  slow.set_delay_ms(1000);
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(20 + i));
    ProbeResponse response;
    EXPECT_EQ(server.Stub()->Issue(&context, slow, &response).error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  WaitUntil("nothing is in flight", [&] { return server.grpc->in_flight() == 0; });
  EXPECT_EQ(server.handlers.begun, server.handlers.answered);
}

// A client looks for replicas that came later when its connection ends; that costs no call.
TEST(GrpcServerTest, EndsConnectionsByTheirAgeAndLosesNoCall) {
  auto options = ProbeServer::Defaults();
  options.grpc.connection_age_max = std::chrono::milliseconds(200);
  ProbeServer server(options);
  const auto channel = server.Channel();
  const auto stub = probe::v1::ProbeService::NewStub(channel);
  const auto until = std::chrono::system_clock::now() + std::chrono::seconds(2);
  int calls = 0;
  int ends = 0;
  while (std::chrono::system_clock::now() < until) {
    ProbeResponse response;
    const grpc::Status status = stub->Issue(Context().get(), {}, &response);
    ASSERT_TRUE(status.ok()) << "call " << calls << ": " << status.error_message();
    ++calls;
    // It ends while nothing is under way too.
    if (calls % 10 == 0 && channel->WaitForStateChange(GRPC_CHANNEL_READY, until)) ++ends;
  }
  EXPECT_GE(ends, 3) << "of " << calls << " calls";
}

TEST(GrpcServerTest, LogsIdsOnlyAndCounts) {
  ProbeServer server;
  ProbeRequest request;
  ProbeResponse response;
  request.set_request_id("0190b6a0-0000-7000-8000-000000000001");
  request.set_text("user-4711-planted");
  ASSERT_TRUE(server.Stub()->Issue(Context().get(), request, &response).ok());
  WaitUntil("it is logged", [&] { return !RpcLines(server.Log()).empty(); });
  const auto line = RpcLines(server.Log()).front();
  EXPECT_EQ(line.at("method"), "tessera.probe.v1.ProbeService/Issue");
  EXPECT_EQ(line.at("code"), "OK");
  EXPECT_EQ(line.at("caller"), "anonymous");
  EXPECT_EQ(line.at("request_id"), "0190b6a0-0000-7000-8000-000000000001");
  EXPECT_EQ(line.at("probe_id"), "p-0");
  EXPECT_EQ(line.at("level"), "debug");
  EXPECT_EQ(std::string(line.at("trace_id")).size(), 32U);
  EXPECT_EQ(server.Log().find("planted"), std::string::npos);
  const std::string metrics = server.Metrics();
  const std::string labels =
      R"(grpc_method="Issue",grpc_service="tessera.probe.v1.ProbeService",grpc_type="unary"})";
  EXPECT_THAT(metrics, HasSubstr("grpc_server_started_total{" + labels + " 1"));
  EXPECT_THAT(metrics, HasSubstr(R"(grpc_server_handled_total{grpc_code="OK",)" + labels + " 1"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_handling_seconds_count{" + labels + " 1"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_in_flight 0"));
}

TEST(GrpcServerTest, SaysWhichAddressIsTaken) {
  ProbeServer server;
  auto options = ProbeServer::Defaults();
  options.grpc.listen = server.grpc->address();
  try {
    ProbeServer second(options);
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("grpc.listen: cannot listen on " + server.grpc->address()));
  }
}

}  // namespace
}  // namespace tessera::testing
