// The life of a service as a process: start, mistakes, signals.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/integration/server/probe_server.h"
#include "tests/support/child_process.h"
#include "tests/support/http_get.h"
#include "tests/support/temp_folder.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

using probe::v1::ProbeRequest;
using probe::v1::ProbeResponse;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class ServiceMainTest : public ::testing::Test {
 protected:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  void Start(std::vector<std::string> arguments, const std::string& yaml,
             const Environment& environment = {}) {
    std::ofstream(folder_.path() / "probe.yaml") << yaml;
    arguments.insert(arguments.begin(), {Program(), "--config", (folder_.path() / "probe.yaml").string()});
    process_.Start(arguments, log_path(), environment);
  }

  // Starts it on free ports and reads them.
  void StartReady(const std::string& yaml = "", std::vector<std::string> arguments = {"--insecure-dev"}) {
    const std::string ports = (folder_.path() / "ports").string();
    arguments.insert(arguments.end(), {"--ports-file", ports});
    Start(std::move(arguments), "grpc: {listen: \"127.0.0.1:0\"}\nhttp: {listen: \"127.0.0.1:0\"}\n" + yaml);
    WaitUntil("it serves", [&] { return std::filesystem::exists(ports) || !process_.running(); });
    ASSERT_TRUE(process_.running()) << Log();
    const auto json = nlohmann::json::parse(ReadAll(ports));
    grpc_ = json.at("grpc");
    http_ = json.at("http");
  }

  int RunToEnd(std::vector<std::string> arguments, const std::string& yaml,
               const Environment& environment = {}) {
    Start(std::move(arguments), yaml, environment);
    return process_.Wait(10'000);
  }

  std::unique_ptr<probe::v1::ProbeService::Stub> Stub() const {
    return probe::v1::ProbeService::NewStub(grpc::CreateChannel(grpc_, grpc::InsecureChannelCredentials()));
  }

  static std::string Program() { return std::string(std::getenv("TESSERA_BIN_DIR")) + "/tessera-probe"; }
  std::filesystem::path log_path() const { return folder_.path() / "log"; }
  std::string Log() const { return ReadAll(log_path()); }

  TempFolder folder_;
  ChildProcess process_;
  std::string grpc_;
  std::string http_;
};

TEST_F(ServiceMainTest, ServesUntilSigtermAndLosesNothingInFlight) {
  StartReady();
  EXPECT_EQ(HttpGet(http_, "/readyz").status, 200);
  EXPECT_THAT(HttpGet(http_, "/metrics").body, HasSubstr("tessera_insecure 1"));
  EXPECT_THAT(HttpGet(http_, "/metrics").body, HasSubstr(R"(tessera_build_info{service="probe",version=)"));
  std::vector<std::thread> callers;
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      ProbeRequest slow;
      slow.set_delay_ms(1200);
      ProbeResponse response;
      if (Stub()->Issue(Context().get(), slow, &response).ok()) ++answered;
    });
  }
  WaitUntil("they are in flight",
            [&] { return MetricValue(HttpGet(http_, "/metrics").body, "grpc_server_in_flight") == 8; });
  process_.Signal(SIGTERM);
  WaitUntil("health is down first", [&] { return HttpGet(http_, "/readyz").status == 503; });
  EXPECT_EQ(process_.Wait(10'000), 0) << Log();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answered, 8);
  std::istringstream lines(Log());
  for (std::string line; std::getline(lines, line);)
    EXPECT_EQ(nlohmann::json::parse(line).at("service"), "probe");
  EXPECT_THAT(Log(), HasSubstr("INSECURE"));
}

TEST_F(ServiceMainTest, ASecondSignalShortensTheDrain) {
  StartReady("drain: {notice_ms: 20000, limit_ms: 20000}\n");
  std::thread caller([&] {
    ProbeRequest slow;
    slow.set_delay_ms(8000);
    ProbeResponse response;
    EXPECT_FALSE(Stub()->Issue(Context().get(), slow, &response).ok());
  });
  WaitUntil("it is in flight",
            [&] { return MetricValue(HttpGet(http_, "/metrics").body, "grpc_server_in_flight") == 1; });
  process_.Signal(SIGTERM);
  WaitUntil("it drains", [&] { return HttpGet(http_, "/readyz").status == 503; });
  process_.Signal(SIGTERM);
  EXPECT_EQ(process_.Wait(5000), 1) << "a call was cut off, and the exit status says so";
  EXPECT_THAT(Log(), HasSubstr("calls in flight were cut off"));
  caller.join();
}

TEST_F(ServiceMainTest, IsNotReadyWithoutItsDependency) {
  StartReady("probe: {healthy: false}\n");
  EXPECT_EQ(HttpGet(http_, "/readyz").status, 503);
  EXPECT_EQ(HttpGet(http_, "/healthz").status, 200);
  process_.Signal(SIGINT);
  EXPECT_EQ(process_.Wait(10'000), 0);
}

TEST_F(ServiceMainTest, RefusesToRunWithoutIdentityUnlessToldTo) {
  EXPECT_EQ(RunToEnd({}, ""), 2);
  EXPECT_THAT(Log(),
              HasSubstr("identity.tokens_file is not set, and without --insecure-dev nobody could call"));
}

TEST_F(ServiceMainTest, RefusesATokenFileThatIsThereInVain) {
  EXPECT_EQ(RunToEnd({"--insecure-dev"}, "identity: {tokens_file: /nowhere}\n"), 2);
  EXPECT_THAT(Log(), HasSubstr("exclude each other"));
}

TEST_F(ServiceMainTest, NamesTheKeyThatIsWrong) {
  EXPECT_EQ(RunToEnd({"--insecure-dev"}, "grpc:\n  lissen: x\n"), 2);
  EXPECT_THAT(Log(), HasSubstr("probe.yaml:2: grpc.lissen: unknown key"));
}

TEST_F(ServiceMainTest, NamesTheVariableThatIsWrong) {
  EXPECT_EQ(RunToEnd({"--insecure-dev"}, "", {{"TESSERA_GRPC_THREADS", "none"}}), 2);
  EXPECT_THAT(Log(), HasSubstr("TESSERA_GRPC_THREADS: grpc.threads: must be a whole number from 1 to 64"));
}

TEST_F(ServiceMainTest, PrintsTheEffectiveConfigurationWithoutSecrets) {
  EXPECT_EQ(RunToEnd({"--check-config"}, "grpc: {threads: 3}\nprobe: {password: hunter2}\n",
                     {{"TESSERA_GRPC_IN_FLIGHT_MAX", "77"}}),
            0);
  EXPECT_THAT(Log(), HasSubstr("  threads: 3\n"));
  EXPECT_THAT(Log(), HasSubstr("  in_flight_max: 77\n"));
  EXPECT_THAT(Log(), HasSubstr("password: \"<redacted>\""));
  EXPECT_THAT(Log(), Not(HasSubstr("hunter2")));
}

TEST_F(ServiceMainTest, SaysItsVersion) {
  process_.Start({Program(), "--version"}, log_path(), {});
  EXPECT_EQ(process_.Wait(10'000), 0);
  EXPECT_THAT(Log(), HasSubstr("probe "));
}

TEST_F(ServiceMainTest, FailsWhenItsPortIsTaken) {
  ProbeServer other;
  EXPECT_EQ(RunToEnd({"--insecure-dev"},
                     "grpc: {listen: \"" + other.grpc->address() + "\"}\nhttp: {listen: \"127.0.0.1:0\"}\n"),
            1);
  EXPECT_THAT(Log(), HasSubstr("grpc.listen: cannot listen on"));
}

}  // namespace
}  // namespace tessera::testing
