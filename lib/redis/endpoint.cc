#include "redis/endpoint.h"

#include <charconv>

namespace tessera::redis {

std::optional<Endpoint> Endpoint::Parse(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  Endpoint endpoint;
  if (text.starts_with(kUnix)) {
    endpoint.path = text.substr(kUnix.size());
    if (endpoint.path.empty() || endpoint.path.front() != '/') return std::nullopt;
    return endpoint;
  }
  // The port follows the last colon, so that a bare IPv6 address (as Redis Cluster writes it) is read as
  // well.
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto [stop, failure] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (failure != std::errc() || stop != port.data() + port.size() || endpoint.port == 0) return std::nullopt;
  endpoint.host = host;
  return endpoint;
}

std::string Endpoint::ToString() const {
  if (is_unix()) return "unix:" + path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace tessera::redis
