#pragma once

#include <prometheus/collectable.h>

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "server/health_board.h"

struct mg_context;
struct mg_connection;

namespace tessera::server {

class ConfigSection;

struct HttpConfig {
  std::string listen = "0.0.0.0:9464";
};
void Bind(ConfigSection section, HttpConfig& config);

// The port for those who operate the service; it serves no business and needs no identity:
//   /metrics  the given collectables, in the text format of Prometheus
//   /healthz  200 while the process lives
//   /readyz   200 while the board serves, else 503; the body names each component
// Requests are answered on two threads of its own. The collectables and the board must outlive it.
class HttpServer {
 public:
  struct Sources {
    std::vector<const prometheus::Collectable*> metrics;
    const HealthBoard* health;
  };

  // An error names the address that cannot be listened on.
  static core::Result<std::unique_ptr<HttpServer>> Start(const HttpConfig& config, Sources sources);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "127.0.0.1:9464", with the port that was really taken.
  const std::string& address() const { return address_; }

 private:
  explicit HttpServer(Sources sources) : sources_(std::move(sources)) {}

  static int Answer(mg_connection* connection, void* self);
  std::string Metrics() const;
  std::string Readiness(bool* ready) const;

  const Sources sources_;
  std::string address_;
  mg_context* context_ = nullptr;
};

}  // namespace tessera::server
