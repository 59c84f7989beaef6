#pragma once

#include <chrono>
#include <string>

#include "core/result.h"
#include "server/config.h"
#include "server/grpc_server.h"
#include "server/http_server.h"
#include "server/identity.h"
#include "server/log.h"

namespace tessera::server {

struct DrainConfig {
  std::chrono::milliseconds notice{500};
  std::chrono::milliseconds limit{8000};
};
void Bind(ConfigSection section, DrainConfig& config);

// What every service is configured with, besides what is its own.
struct ServiceConfig {
  GrpcConfig grpc;
  HttpConfig http;
  IdentityConfig identity;
  LogConfig log;
  DrainConfig drain;
};
void Bind(ConfigBinder& binder, ServiceConfig& config);

// What was asked for on the command line.
struct CommandLine {
  std::string config_file;  // "" for defaults and environment only
  std::string ports_file;   // "" for none
  bool check_config = false;
  bool insecure_dev = false;
};

// Reads the command line of the service called `name`. Nothing to run when it answers an exit status instead,
// for
// --help, --version and mistakes, about which it has written.
struct ParsedCommandLine {
  CommandLine line;
  bool run = false;
  int exit_status = 0;
};
ParsedCommandLine ParseCommandLine(int argc, char** argv, const std::string& name);

}  // namespace tessera::server
