// The test service as a program of its own, so that its whole life can be watched.
#include <csignal>

#include "server/service_main.h"
#include "tests/integration/server/probe_service.h"

namespace {

class ProbeProgram final : public tessera::server::ServiceProgram {
 public:
  void Bind(tessera::server::ConfigBinder& binder) override {
    auto section = binder.Section("probe", "What the probe pretends.");
    section.Field("healthy", &healthy_, "Whether its only dependency is healthy.");
    section.Secret("password", &password_, "A secret.");
  }
  tessera::core::Status Build(tessera::server::ServiceHost& host) override {
    handlers_.Register(host.router);
    dependency_ = host.health.Add("dependency");
    return tessera::core::Ok();
  }
  tessera::async::Task<void> Start() override {
    dependency_->Set(healthy_, healthy_ ? "connected" : "pretended");
    co_return;
  }
  tessera::async::Task<void> Stop() override {
    dependency_->Set(false, "stopped");
    co_return;
  }

 private:
  bool healthy_ = true;
  std::string password_;
  tessera::testing::ProbeHandlers handlers_;
  tessera::server::HealthComponent* dependency_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  ProbeProgram program;
  return tessera::server::RunService(argc, argv, "probe", program);
}
