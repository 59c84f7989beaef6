#include "tests/support/nonsense_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace tessera::testing {
namespace {

constexpr int kLookEveryMs = 10;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

bool SendAll(int fd, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t sent = send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += static_cast<size_t>(sent);
  }
  return true;
}

}  // namespace

NonsenseProxy::NonsenseProxy(const std::string& target)
    : folder_("tsn"), path_(folder_.path() / "proxy.sock"), target_(target.substr(target.find(':') + 1)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = AddressOf(path_.string());
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 16) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  thread_ = std::thread([this] { Work(); });
}

NonsenseProxy::~NonsenseProxy() {
  stop_ = true;
  thread_.join();
  CloseAll();
  close(listener_);
}

void NonsenseProxy::AnswerInstead(std::string bytes) {
  const std::lock_guard lock(mutex_);
  instead_ = std::move(bytes);
}

std::string NonsenseProxy::Instead() const {
  const std::lock_guard lock(mutex_);
  return instead_;
}

void NonsenseProxy::Return() {
  leaving_ = false;
  away_ = false;
}

void NonsenseProxy::CloseAll() {
  for (const Relay& relay : relays_) {
    close(relay.client);
    close(relay.server);
  }
  relays_.clear();
}

void NonsenseProxy::Accept() {
  const int client = accept(listener_, nullptr, nullptr);
  if (client < 0) return;
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = AddressOf(target_);
  const bool connected =
      !away_ && connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (connected) {
    relays_.push_back({client, server});
  } else {
    close(client);
    close(server);
  }
}

bool NonsenseProxy::Carry(const Relay& relay, bool from_client) {
  char buffer[16 * 1024];
  const ssize_t size = recv(from_client ? relay.client : relay.server, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  std::string bytes(buffer, static_cast<size_t>(size));
  if (from_client) return SendAll(relay.server, bytes);
  if (leaving_) {
    away_ = true;
    return false;
  }
  const std::string instead = Instead();
  return SendAll(relay.client, instead.empty() ? bytes : instead);
}

void NonsenseProxy::Work() {
  while (!stop_) {
    std::vector<pollfd> all = {{listener_, POLLIN, 0}};
    for (const Relay& relay : relays_) {
      all.push_back({relay.client, POLLIN, 0});
      all.push_back({relay.server, POLLIN, 0});
    }
    if (poll(all.data(), all.size(), kLookEveryMs) <= 0) continue;
    std::vector<Relay> left;
    for (size_t i = 0; i < relays_.size(); ++i) {
      const Relay relay = relays_[i];
      const bool lives = (all[1 + 2 * i].revents == 0 || Carry(relay, true)) &&
                         (all[2 + 2 * i].revents == 0 || Carry(relay, false));
      if (lives) {
        left.push_back(relay);
      } else {
        close(relay.client);
        close(relay.server);
      }
    }
    relays_ = std::move(left);
    if (away_) CloseAll();
    if (all[0].revents != 0) Accept();
  }
}

}  // namespace tessera::testing
