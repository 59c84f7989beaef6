// Endpoint is the address of one Redis (or Sentinel): a host and port, or the path of a Unix socket. A plain
// value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::redis {

struct Endpoint {
  Endpoint() = default;
  Endpoint(std::string host_name, uint16_t port_number) : host(std::move(host_name)), port(port_number) {}

  // Reads "host:port", "[v6]:port" or "unix:/path"; nothing when it is none of these.
  static std::optional<Endpoint> Parse(std::string_view text);

  bool is_unix() const { return !path.empty(); }
  // As Parse reads it.
  std::string ToString() const;

  bool operator==(const Endpoint&) const = default;

  std::string host;
  uint16_t port = 0;
  std::string path;
};

}  // namespace tessera::redis
