// HttpGet reads a page of a service's own HTTP port: /metrics, /healthz, /readyz. Any thread; blocks for at
// most two seconds.
#pragma once

#include <string>

namespace tessera::testing {

struct HttpPage {
  int status = 0;  // 0: nobody answered
  std::string body;
};

// `address` is "127.0.0.1:port".
HttpPage HttpGet(const std::string& address, const std::string& path);

// The value of one series in a page of /metrics, by its full text up to the value, such as
// `grpc_server_handled_total{grpc_code="OK"}`; NaN when there is none.
double MetricValue(const std::string& page, const std::string& series);

}  // namespace tessera::testing
