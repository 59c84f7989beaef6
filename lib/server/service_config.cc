#include "server/service_config.h"

#include <CLI/CLI.hpp>

namespace tessera::server {

void Bind(ConfigSection section, DrainConfig& config) {
  section.Field(
      "notice_ms", &config.notice, {0, 60'000},
      "Milliseconds between health going down and new calls being refused, for balancers to notice.");
  section.Field("limit_ms", &config.limit, {0, 600'000},
                "Milliseconds to wait for calls in flight before they are cut off.");
}

void Bind(ConfigBinder& binder, ServiceConfig& config) {
  Bind(binder.Section("grpc", "The port for callers."), config.grpc);
  Bind(binder.Section("http", "The port for operators: /metrics, /healthz, /readyz."), config.http);
  Bind(binder.Section("identity", "Who may call."), config.identity);
  Bind(binder.Section("log", "JSON lines on stderr."), config.log);
  Bind(binder.Section("drain", "What happens on SIGTERM and SIGINT."), config.drain);
  binder.Check([&config] {
    return config.grpc.deadline_default > config.grpc.deadline_max
               ? "grpc.deadline_default_ms must not be above grpc.deadline_max_ms"
               : "";
  });
}

ParsedCommandLine ParseCommandLine(int argc, char** argv, const std::string& name) {
  ParsedCommandLine parsed;
  CLI::App app("Tessera " + name, "tessera-" + name);
  app.add_option("--config", parsed.line.config_file,
                 "YAML file; environment variables TESSERA_<SECTION>_<FIELD> override it");
  app.add_flag("--check-config", parsed.line.check_config, "Print the effective configuration and exit");
  app.add_flag("--insecure-dev", parsed.line.insecure_dev,
               "Run without a token file: everybody may do everything");
  app.add_option("--ports-file", parsed.line.ports_file,
                 "Write the addresses that were bound to this file, as JSON");
  app.set_version_flag("--version", name + " " + TESSERA_VERSION);
  try {
    app.parse(argc, argv);
    parsed.run = true;
  } catch (const CLI::ParseError& e) {
    parsed.exit_status = app.exit(e) == 0 ? 0 : 2;
  }
  return parsed;
}

}  // namespace tessera::server
