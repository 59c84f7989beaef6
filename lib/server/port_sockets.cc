#include "server/port_sockets.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

namespace tessera::server {
namespace {

// The port at this process's end of a socket; 0 for all other files.
uint16_t LocalPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

bool Listens(int fd) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

bool IsConnected(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

std::vector<int> SocketsAt(uint16_t port, bool (*are)(int fd)) {
  std::vector<int> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string name = entry.path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd >= 0 && LocalPort(fd) == port && are(fd)) found.push_back(fd);
  }
  return found;
}

}  // namespace

// A listener that is shut down would tell its owner, and gRPC can then wait for it for ever. So it keeps
// listening behind a filter that keeps nothing of any packet.
void IgnoreNewConnections(uint16_t port) {
  sock_filter keep_nothing[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog filter{1, keep_nothing};
  for (const int fd : SocketsAt(port, &Listens)) {
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
  }
}

int EndConnections(uint16_t port) {
  const std::vector<int> connections = SocketsAt(port, &IsConnected);
  for (const int fd : connections) shutdown(fd, SHUT_WR);
  return static_cast<int>(connections.size());
}

}  // namespace tessera::server
