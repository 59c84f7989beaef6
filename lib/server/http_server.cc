#include "server/http_server.h"

#include <civetweb.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <utility>

#include "server/config.h"

namespace tessera::server {
namespace {

void Send(mg_connection* connection, int status, const char* reason, const char* type,
          const std::string& body, bool with_body) {
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
            "Connection: close\r\n\r\n",
            status, reason, type, body.size());
  if (with_body) mg_write(connection, body.data(), body.size());
}

}  // namespace

void Bind(ConfigSection section, HttpConfig& config) {
  section.Field("listen", &config.listen,
                "Address and port of /metrics, /healthz and /readyz; port 0 takes a free one.");
}

core::Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpConfig& config, Sources sources) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(sources)));
  const char* options[] = {"listening_ports",
                           config.listen.c_str(),
                           "num_threads",
                           "2",
                           "request_timeout_ms",
                           "5000",
                           "enable_keep_alive",
                           "no",
                           nullptr};
  mg_init_library(0);
  mg_init_data init{};
  init.user_data = server.get();
  init.configuration_options = options;
  mg_error_data error{};
  char text[256] = "";
  error.text = text;
  error.text_buffer_size = sizeof(text);
  server->context_ = mg_start2(&init, &error);
  if (server->context_ == nullptr) {
    return core::Error(core::Reason::kInvalidField,
                       "http.listen: cannot listen on " + config.listen + (text[0] == 0 ? "" : ": ") + text);
  }
  mg_server_port port{};
  if (mg_get_server_ports(server->context_, 1, &port) != 1) {
    return core::Error(core::Reason::kInvalidField, "http.listen: cannot listen on " + config.listen);
  }
  server->address_ = config.listen.substr(0, config.listen.rfind(':') + 1) + std::to_string(port.port);
  for (const char* path : {"/metrics$", "/healthz$", "/readyz$", "**"}) {
    mg_set_request_handler(server->context_, path, &HttpServer::Answer, server.get());
  }
  return server;
}

// civetweb's listener looks up only every two seconds, which a drain does not have: connections wake it.
HttpServer::~HttpServer() {
  if (context_ == nullptr) return;
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    mg_stop(context_);
    stopped = true;
  });
  const std::string host = address_.substr(0, address_.rfind(':'));
  const int port = std::stoi(address_.substr(address_.rfind(':') + 1));
  while (!stopped) {
    char error[64];
    mg_connection* wake = mg_connect_client(host == "0.0.0.0" || host.empty() ? "127.0.0.1" : host.c_str(),
                                            port, 0, error, sizeof(error));
    if (wake != nullptr) mg_close_connection(wake);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  stopper.join();
}

int HttpServer::Answer(mg_connection* connection, void* self) {
  const auto* server = static_cast<const HttpServer*>(self);
  const mg_request_info* request = mg_get_request_info(connection);
  const std::string_view method = request->request_method;
  const std::string_view path = request->local_uri;
  const bool with_body = method == "GET";
  if (method != "GET" && method != "HEAD") {
    Send(connection, 405, "Method Not Allowed", "text/plain", "only GET and HEAD\n", true);
  } else if (path == "/metrics") {
    Send(connection, 200, "OK", "text/plain; version=0.0.4; charset=utf-8", server->Metrics(), with_body);
  } else if (path == "/healthz") {
    Send(connection, 200, "OK", "text/plain", "ok\n", with_body);
  } else if (path == "/readyz") {
    bool ready = false;
    const std::string body = server->Readiness(&ready);
    Send(connection, ready ? 200 : 503, ready ? "OK" : "Service Unavailable", "application/json", body,
         with_body);
  } else {
    Send(connection, 404, "Not Found", "text/plain", "/metrics, /healthz or /readyz\n", with_body);
  }
  return 1;
}

std::string HttpServer::Metrics() const {
  std::vector<prometheus::MetricFamily> families;
  for (const prometheus::Collectable* source : sources_.metrics) {
    std::vector<prometheus::MetricFamily> part = source->Collect();
    families.insert(families.end(), std::make_move_iterator(part.begin()),
                    std::make_move_iterator(part.end()));
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::string HttpServer::Readiness(bool* ready) const {
  *ready = sources_.health->serving();
  nlohmann::json body = {{"serving", *ready}, {"components", nlohmann::json::object()}};
  for (const HealthBoard::ComponentState& state : sources_.health->components()) {
    body["components"][state.name] = {{"healthy", state.healthy}, {"detail", state.detail}};
  }
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace tessera::server
