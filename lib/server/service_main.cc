#include "server/service_main.h"

#include <malloc.h>
#include <prometheus/gauge.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "server/grpc_server.h"
#include "server/http_server.h"
#include "server/library_logs.h"
#include "server/process_metrics.h"
#include "server/service_config.h"

namespace tessera::server {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr int kMistaken = 2;
constexpr Milliseconds kStopTime{1000};

// Memory that a large call gave back is kept for the next one, up to so much at the end of each heap. glibc
// would give it to the kernel from 128 KiB on, and an answer of several hundred KiB would then be faulted in
// page by page, each time.
constexpr int kKeptBytesMax = 16 << 20;

void KeepFreedMemory() {
  mallopt(M_TRIM_THRESHOLD, kKeptBytesMax);
  // Setting the one ends the other's adaptation, whose bound this was.
  mallopt(M_MMAP_THRESHOLD, kKeptBytesMax);
}

// The signals that end a service, taken by the main thread alone. Made before any other thread, so that all
// inherit the mask.
class EndSignals {
 public:
  EndSignals() {
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void Wait() const {
    int signal_number = 0;
    while (sigwait(&set_, &signal_number) != 0) {
    }
  }
  // True when one came within `time`.
  bool WaitFor(Milliseconds time) const {
    const timespec timeout{time.count() / 1000, time.count() % 1000 * 1'000'000};
    return sigtimedwait(&set_, nullptr, &timeout) > 0;
  }

 private:
  sigset_t set_;
};

// The loop on a thread of its own. It stops when this goes.
class LoopThread {
 public:
  explicit LoopThread(async::EventLoop& loop) : loop_(loop), thread_([&loop] { loop.Run(); }) {}
  ~LoopThread() {
    loop_.Stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  // Runs `task` on the loop; false when it has not ended within `time`.
  bool Finish(async::Task<void> task, Milliseconds time) {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> ended = done->get_future();
    loop_.Spawn(RunAndTell(std::move(task), std::move(done)));
    return ended.wait_for(time) == std::future_status::ready;
  }

 private:
  static async::Task<void> RunAndTell(async::Task<void> task, std::shared_ptr<std::promise<void>> done) {
    co_await std::move(task);
    done->set_value();
  }

  async::EventLoop& loop_;
  std::thread thread_;
};

void ShowFacts(prometheus::Registry& registry, const std::string& service, bool insecure) {
  prometheus::BuildGauge()
      .Name("tessera_build_info")
      .Help("1; the labels say what is running.")
      .Register(registry)
      .Add({{"service", service}, {"version", TESSERA_VERSION}})
      .Set(1);
  prometheus::BuildGauge()
      .Name("tessera_insecure")
      .Help("1 when callers are not identified (--insecure-dev).")
      .Register(registry)
      .Add({})
      .Set(insecure ? 1 : 0);
}

// Whole or not at all, so that a reader who waits for the file never sees half of it.
bool WriteWhole(const std::string& path, const std::string& text) {
  const std::string unfinished = path + ".unfinished";
  std::ofstream file(unfinished, std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (!file.fail()) std::filesystem::rename(unfinished, path, error);
  return !file.fail() && !error;
}

core::Result<std::unique_ptr<Authenticator>> MakeAuthenticator(const IdentityConfig& config, bool insecure) {
  if (insecure && !config.tokens_file.empty()) {
    return core::Error(core::Reason::kInvalidField,
                       "--insecure-dev and identity.tokens_file exclude each other");
  }
  if (insecure) return std::unique_ptr<Authenticator>(std::make_unique<Anyone>());
  if (config.tokens_file.empty()) {
    return core::Error(core::Reason::kInvalidField,
                       "identity.tokens_file is not set, and without --insecure-dev nobody could call");
  }
  auto tokens = StaticTokens::ReadFile(config.tokens_file);
  if (!tokens.ok()) return tokens.error();
  return std::unique_ptr<Authenticator>(std::move(*tokens));
}

core::Status LoadConfig(const CommandLine& line, ConfigBinder& binder) {
  std::string yaml;
  if (!line.config_file.empty()) {
    std::ifstream file(line.config_file);
    std::ostringstream text;
    text << file.rdbuf();
    if (file.fail()) return core::Error(core::Reason::kInvalidField, "cannot read " + line.config_file);
    yaml = text.str();
  }
  return binder.Load(yaml, line.config_file.empty() ? "configuration" : line.config_file,
                     ConfigBinder::ProcessEnvironment());
}

int Mistake(const std::string& name, const core::Error& error) {
  std::fprintf(stderr, "tessera-%s: %s\n", name.c_str(), error.message.c_str());
  return kMistaken;
}

// A handler that does not end holds what would be destroyed, so the process ends where it stands.
[[noreturn]] void EndHard(const Log& log, const char* why) {
  log.Error(why);
  std::_Exit(1);
}

void Drain(const EndSignals& signals, const DrainConfig& config, GrpcServer& server, HealthBoard& health,
           const Log& log) {
  log.Info("draining", {{"in_flight", server.in_flight()}});
  const auto started = std::chrono::steady_clock::now();
  health.StartDrain();
  bool hurried = signals.WaitFor(config.notice);
  const auto hurry = [&] { return hurried = hurried || signals.WaitFor(Milliseconds(0)); };
  if (!server.Drain(std::chrono::steady_clock::now() + config.limit, hurry)) {
    EndHard(log, "calls in flight were cut off");
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
  log.Info("drained", {{"duration_ms", took.count()}, {"hurried", hurried}});
}

// Runs the loop, the program and both ports until a signal has been handled.
int Serve(const EndSignals& signals, const CommandLine& line, const ServiceConfig& config, ServiceHost& host,
          const Authenticator& authenticator, ServiceProgram& program) {
  const Log& log = host.log;
  GrpcServer grpc(config.grpc, config.log,
                  {host.loop, host.router, authenticator, host.health, host.registry, log});
  const ProcessMetrics process_metrics;
  const HealthMetrics health_metrics(host.health);
  LoopThread loop_thread(host.loop);
  loop_thread.Finish(program.Start(), std::chrono::hours(1));
  const auto fail = [&](const core::Error& error) {
    log.Error(error.message);
    if (!grpc.Drain(std::chrono::steady_clock::now(), nullptr)) EndHard(log, "calls in flight were cut off");
    if (!loop_thread.Finish(program.Stop(), kStopTime)) EndHard(log, "the program did not stop");
    return 1;
  };
  const core::Status started = grpc.Start();
  if (!started.ok()) return fail(started.error());
  auto http =
      HttpServer::Start(config.http, {{&host.registry, &process_metrics, &health_metrics}, &host.health});
  if (!http.ok()) return fail(http.error());
  log.Info("serving", {{"grpc", grpc.address()}, {"http", (*http)->address()}});
  if (!line.ports_file.empty()) {
    const nlohmann::json ports = {{"grpc", grpc.address()}, {"http", (*http)->address()}};
    if (!WriteWhole(line.ports_file, ports.dump() + "\n")) {
      return fail(core::Error(core::Reason::kInternal, "cannot write " + line.ports_file));
    }
  }
  signals.Wait();
  Drain(signals, config.drain, grpc, host.health, log);
  if (!loop_thread.Finish(program.Stop(), kStopTime)) EndHard(log, "the program did not stop");
  return 0;
}

}  // namespace

int RunService(int argc, char** argv, const std::string& name, ServiceProgram& program) {
  const ParsedCommandLine parsed = ParseCommandLine(argc, argv, name);
  if (!parsed.run) return parsed.exit_status;
  const CommandLine& line = parsed.line;
  ServiceConfig config;
  ConfigBinder binder;
  Bind(binder, config);
  program.Bind(binder);
  if (const core::Status loaded = LoadConfig(line, binder); !loaded.ok())
    return Mistake(name, loaded.error());
  const auto authenticator = MakeAuthenticator(config.identity, line.insecure_dev);
  if (line.check_config) {
    if (!config.identity.tokens_file.empty() && !authenticator.ok())
      return Mistake(name, authenticator.error());
    std::fputs(binder.Print().c_str(), stdout);
    return 0;
  }
  if (!authenticator.ok()) return Mistake(name, authenticator.error());

  KeepFreedMemory();
  const EndSignals signals;
  const Log log(name, config.log.level);
  const LibraryLogs library_logs(log);
  for (const std::string& variable : binder.unknown_variables()) {
    log.Warning("an environment variable names no field", {{"variable", variable}});
  }
  if (line.insecure_dev) {
    log.Warning(
        "INSECURE: --insecure-dev is on, so every caller is anonymous and may do everything; never in "
        "production");
  }
  prometheus::Registry registry;
  ShowFacts(registry, name, line.insecure_dev);
  HealthBoard health;
  Router router;
  async::EventLoop loop;
  ServiceHost host{loop, router, health, registry, log, name, TESSERA_VERSION};
  core::Status built = program.Build(host);
  if (built.ok()) built = router.Check();
  if (!built.ok()) {
    log.Error(built.error().message);
    return 1;
  }
  return Serve(signals, line, config, host, **authenticator, program);
}

}  // namespace tessera::server
