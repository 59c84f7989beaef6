// What operators see: health over gRPC and HTTP, reflection, metrics.
#include "server/http_server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "server/process_metrics.h"
#include "tests/integration/server/probe_server.h"
#include "tests/support/http_get.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using ::testing::HasSubstr;

// grpc.health.v1.HealthCheckResponse { status = 1 }, SERVING is 1 and NOT_SERVING 2.
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

std::string Health(const ProbeServer& server, const std::string& service) {
  std::string request;
  if (!service.empty()) request = std::string("\x0a") + static_cast<char>(service.size()) + service;
  std::string answer;
  const grpc::Status status = CallRaw(server.Channel(), "/grpc.health.v1.Health/Check", request, "", &answer);
  return status.ok() ? answer : "refused: " + std::to_string(status.error_code());
}

// One question to grpc.reflection.v1alpha and the bytes of its answer.
std::string Reflect(const ProbeServer& server, const std::string& request) {
  grpc::GenericStub stub(server.Channel());
  const auto context = Context();
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto next = [&] { return queue.Next(&tag, &ok) && ok; };
  const auto stream = stub.PrepareCall(
      context.get(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  stream->StartCall(nullptr);
  EXPECT_TRUE(next());
  const grpc::Slice slice(request);
  stream->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  EXPECT_TRUE(next());
  grpc::ByteBuffer answer;
  stream->Read(&answer, nullptr);
  EXPECT_TRUE(next());
  grpc::Status status;
  stream->Finish(&status, nullptr);
  next();
  std::vector<grpc::Slice> slices;
  std::string text;
  if (answer.Dump(&slices).ok()) {
    for (const grpc::Slice& part : slices) text.append(part.begin(), part.end());
  }
  return text;
}

TEST(OperatorsTest, HealthFollowsTheDependencies) {
  ProbeServer server;
  const std::string service = "tessera.probe.v1.ProbeService";
  EXPECT_EQ(Health(server, ""), kServing);
  EXPECT_EQ(Health(server, service), kServing);
  server.dependency->Set(false, "connection lost");
  EXPECT_EQ(Health(server, ""), kNotServing);
  EXPECT_EQ(Health(server, service), kNotServing);
  EXPECT_EQ(Health(server, "tessera.probe.v1.OtherService"), kNotServing);
  server.dependency->Set(true, "connected");
  EXPECT_EQ(Health(server, service), kServing);
  EXPECT_EQ(Health(server, "nobody.Knows"), "refused: " + std::to_string(grpc::StatusCode::NOT_FOUND));
  server.health.StartDrain();
  server.dependency->Set(true, "connected");
  EXPECT_EQ(Health(server, ""), kNotServing);
}

// A stream of grpc.health.v1.Health/Watch.
class HealthWatch {
 public:
  HealthWatch(const ProbeServer& server, const std::string& service) : stub_(server.Channel()) {
    stream_ = stub_.PrepareCall(context_.get(), "/grpc.health.v1.Health/Watch", &queue_);
    stream_->StartCall(nullptr);
    EXPECT_TRUE(Step());
    std::string request;
    if (!service.empty()) request = std::string("\x0a") + static_cast<char>(service.size()) + service;
    const grpc::Slice slice(request);
    stream_->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    EXPECT_TRUE(Step());
  }
  ~HealthWatch() {
    context_->TryCancel();
    stream_->Finish(&status_, nullptr);
    Step();
  }

  // The next status, or "" when the stream has ended.
  std::string Next() {
    grpc::ByteBuffer answer;
    stream_->Read(&answer, nullptr);
    if (!Step()) return "";
    std::vector<grpc::Slice> slices;
    std::string text;
    if (answer.Dump(&slices).ok()) {
      for (const grpc::Slice& part : slices) text.append(part.begin(), part.end());
    }
    return text;
  }

 private:
  bool Step() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  std::unique_ptr<grpc::ClientContext> context_ = Context();
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::Status status_;
};

TEST(OperatorsTest, HealthTellsItsWatchersOfEveryChange) {
  ProbeServer server;
  HealthWatch whole(server, "");
  HealthWatch service(server, "tessera.probe.v1.OtherService");
  HealthWatch unknown(server, "nobody.Knows");
  EXPECT_EQ(whole.Next(), kServing);
  EXPECT_EQ(service.Next(), kServing);
  EXPECT_EQ(unknown.Next(), "\x08\x03") << "SERVICE_UNKNOWN, and the stream stays";
  for (int i = 0; i < 20; ++i) {
    server.dependency->Set(false, "connection lost");
    EXPECT_EQ(whole.Next(), kNotServing);
    EXPECT_EQ(service.Next(), kNotServing);
    server.dependency->Set(true, "connected");
    EXPECT_EQ(whole.Next(), kServing);
    EXPECT_EQ(service.Next(), kServing);
  }
  {
    const HealthWatch goes_away(server, "");
  }
  server.dependency->Set(false, "connection lost");
  EXPECT_EQ(whole.Next(), kNotServing);
  EXPECT_TRUE(server.grpc->Drain(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
  EXPECT_EQ(whole.Next(), "") << "watches do not hold up the drain";
}

TEST(OperatorsTest, HealthTellsTheLatestWhenChangesOutrunTheWatcher) {
  ProbeServer server;
  HealthWatch whole(server, "");
  std::mutex mutex;
  std::vector<std::string> told;
  std::thread reader([&] {
    for (std::string status = whole.Next(); !status.empty(); status = whole.Next()) {
      const std::lock_guard lock(mutex);
      told.push_back(std::move(status));
    }
  });
  for (int i = 0; i < 1000; ++i) {
    server.dependency->Set(false, "connection lost");
    server.dependency->Set(true, "connected");
  }
  server.dependency->Set(false, "connection lost");
  WaitUntil("the watcher knows", [&] {
    const std::lock_guard lock(mutex);
    return !told.empty() && told.back() == kNotServing;
  });
  EXPECT_TRUE(server.grpc->Drain(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
  reader.join();
  EXPECT_EQ(told.back(), kNotServing);
  EXPECT_EQ(std::adjacent_find(told.begin(), told.end()), told.end()) << "told the same twice";
}

TEST(OperatorsTest, HealthRefusesBytesThatDoNotDecode) {
  ProbeServer server;
  EXPECT_EQ(CallRaw(server.Channel(), "/grpc.health.v1.Health/Check", "\x0a\x7f").error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  HealthWatch watch(server, std::string("\xff", 1));
  EXPECT_EQ(watch.Next(), "\x08\x03");
}

TEST(OperatorsTest, ReflectionListsAndDescribesTheServices) {
  ProbeServer server;
  const std::string list = Reflect(server, "\x3a\x01*");
  EXPECT_THAT(list, HasSubstr("tessera.probe.v1.ProbeService"));
  EXPECT_THAT(list, HasSubstr("tessera.probe.v1.OtherService"));
  EXPECT_THAT(list, ::testing::Not(HasSubstr("BareService")));
  const std::string symbol = "tessera.probe.v1.ProbeService";
  const std::string file = Reflect(server, std::string("\x22") + static_cast<char>(symbol.size()) + symbol);
  EXPECT_THAT(file, HasSubstr("probe.proto"));
  EXPECT_THAT(file, HasSubstr("Administer"));
}

TEST(OperatorsTest, HttpShowsMetricsAndReadiness) {
  ProbeServer server;
  const server::ProcessMetrics process;
  const server::HealthMetrics health(server.health);
  server::HttpConfig config;
  config.listen = "127.0.0.1:0";
  const auto http =
      server::HttpServer::Start(config, {{&server.registry, &process, &health}, &server.health});
  ASSERT_TRUE(http.ok()) << http.error().message;
  const std::string address = (*http)->address();
  EXPECT_NE(address, "127.0.0.1:0");

  const HttpPage metrics = HttpGet(address, "/metrics");
  EXPECT_EQ(metrics.status, 200);
  for (const char* series : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                             "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
                             "process_start_time_seconds", "grpc_server_in_flight", "tessera_serving"}) {
    EXPECT_GE(MetricValue(metrics.body, series), 0) << series;
  }
  EXPECT_GT(MetricValue(metrics.body, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(MetricValue(metrics.body, "process_start_time_seconds"), 1.5e9);
  EXPECT_EQ(MetricValue(metrics.body, "tessera_serving"), 1);
  EXPECT_EQ(MetricValue(metrics.body, R"(tessera_component_healthy{component="dependency"})"), 1);

  EXPECT_EQ(HttpGet(address, "/healthz").status, 200);
  EXPECT_EQ(HttpGet(address, "/readyz").status, 200);
  server.dependency->Set(false, "durability \"below\" promise");
  const HttpPage readiness = HttpGet(address, "/readyz");
  EXPECT_EQ(readiness.status, 503);
  const auto json = nlohmann::json::parse(readiness.body);
  EXPECT_EQ(json.at("components").at("dependency").at("detail"), "durability \"below\" promise");
  EXPECT_EQ(HttpGet(address, "/healthz").status, 200);
  EXPECT_EQ(HttpGet(address, "/").status, 404);
  EXPECT_EQ(HttpGet(address, "/metrics/../secret").status, 404);
}

TEST(OperatorsTest, HttpSaysWhichAddressIsTaken) {
  server::HealthBoard board;
  server::HttpConfig config;
  config.listen = "127.0.0.1:0";
  const auto first = server::HttpServer::Start(config, {{}, &board});
  ASSERT_TRUE(first.ok());
  config.listen = (*first)->address();
  const auto second = server::HttpServer::Start(config, {{}, &board});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("http.listen: cannot listen on " + config.listen));
}

}  // namespace
}  // namespace tessera::testing
