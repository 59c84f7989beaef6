#include "redis/session.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace tessera::redis {
namespace {

// hiredis moves what is left of its buffer after every kilobyte that it has read, so one read must not be
// large.
constexpr size_t kReadBytes = 16u << 10;

// Reads in a row before others get a turn.
constexpr int kReadsMax = 16;

// Deadlines are kept to about this, so that commands of one burst share one timer.
constexpr std::chrono::milliseconds kTimerSlack{1};

Error Disconnected(const Endpoint& endpoint, std::string_view what) {
  return Error(ErrorKind::kDisconnected, false, endpoint.ToString() + ": " + std::string(what));
}

std::string ErrnoText(int number) { return std::system_category().message(number); }

void SetIntOption(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));
}

}  // namespace

Session::Session(async::EventLoop& loop, const Endpoint& endpoint, std::shared_ptr<const Config> config)
    : loop_(loop),
      endpoint_(endpoint),
      config_(std::move(config)),
      socket_(loop.executor()),
      timer_(loop.executor()),
      pipeline_(*config_),
      buffer_(kReadBytes) {}

async::Task<Result<std::vector<asio::generic::stream_protocol::endpoint>>> Session::Resolve() {
  std::vector<asio::generic::stream_protocol::endpoint> found;
  asio::error_code error;
  if (endpoint_.is_unix()) {
    if (endpoint_.path.size() >= 108) co_return Disconnected(endpoint_, "the path of the socket is too long");
    found.emplace_back(asio::local::stream_protocol::endpoint(endpoint_.path));
    co_return found;
  }
  const asio::ip::address address = asio::ip::make_address(endpoint_.host, error);
  if (!error) {
    found.emplace_back(asio::ip::tcp::endpoint(address, endpoint_.port));
    co_return found;
  }
  asio::ip::basic_resolver<asio::ip::tcp, async::Executor> resolver(loop_.executor());
  const std::string port = std::to_string(endpoint_.port);
  const auto results =
      co_await resolver.async_resolve(endpoint_.host, port, asio::redirect_error(async::kAwait, error));
  if (error) co_return Disconnected(endpoint_, error.message());
  for (const auto& result : results) found.emplace_back(result.endpoint());
  co_return found;
}

async::Task<Result<void>> Session::Connect() {
  const auto self = shared_from_this();
  Result<std::vector<asio::generic::stream_protocol::endpoint>> candidates = co_await Resolve();
  if (!candidates.ok()) {
    Close(candidates.error());
    co_return candidates.error();
  }
  async::SteadyTimer limit(loop_.executor(), std::chrono::milliseconds(config_->connect_timeout_ms));
  limit.async_wait([self](const asio::error_code& stopped) {
    if (!stopped) self->Close(Disconnected(self->endpoint_, "no connection within the time-out"));
  });
  asio::error_code error;
  for (const auto& candidate : *candidates) {
    if (error_.has_value()) break;
    asio::error_code ignored;
    socket_.close(ignored);
    co_await socket_.async_connect(candidate, asio::redirect_error(async::kAwait, error));
    if (!error) break;
  }
  limit.cancel();
  if (!error_.has_value() && error) Close(Disconnected(endpoint_, error.message()));
  if (error_.has_value()) co_return *error_;
  SetOptions();
  open_ = true;
  loop_.Spawn(Read());
  co_return Result<void>();
}

void Session::SetOptions() {
  socket_.non_blocking(true);
  if (endpoint_.is_unix()) return;
  const int fd = socket_.native_handle();
  SetIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetIntOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, config_->tcp_keepalive_s);
  SetIntOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, config_->tcp_keepalive_s / 3));
  SetIntOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Result<void> Session::Submit(const Command& command, async::Deadline now, async::Deadline deadline,
                             Pending* pending) {
  if (!open_)
    return Error(ErrorKind::kDisconnected, false, error_.has_value() ? error_->text : "not connected");
  if (!pipeline_.HasRoomFor(command.Wire().size())) {
    return Error(ErrorKind::kOverloaded, false,
                 endpoint_.ToString() + ": too many commands wait for an answer");
  }
  if (pipeline_.in_flight() == 0) progress_at_ = now;
  pipeline_.Append(command, deadline, pending);
  ++sequence_;
  if (pipeline_.next_deadline() < timer_at_ || timer_at_ == async::Deadline::max()) ArmTimer();
  ScheduleFlush();
  return {};
}

async::Task<Result<Reply>> Session::Call(Command command, async::Deadline deadline) {
  Pending pending;
  const Result<void> submitted = Submit(command, async::Clock::now(), deadline, &pending);
  if (!submitted.ok()) co_return submitted.error();
  co_await pending.Ready();
  co_return pending.Take();
}

void Session::LoadScript(const Script& script, uint64_t failed, async::Deadline now) {
  uint64_t& loaded_at = loaded_at_[script.sha1];
  if (loaded_at > failed) return;
  Command load("SCRIPT");
  load.ReadOnly().Arg("LOAD").Arg(script.source);
  if (Submit(load, now, async::Deadline::max(), nullptr).ok()) loaded_at = sequence_;
}

void Session::Close(const Error& error) {
  if (error_.has_value()) return;
  const auto self = weak_from_this().lock();
  error_ = error;
  open_ = false;
  asio::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  closed_.Set();
  pipeline_.FailAll(error);
}

std::optional<async::Deadline> Session::silent_since() const {
  if (pipeline_.in_flight() == 0) return std::nullopt;
  return progress_at_;
}

async::Task<void> Session::Read() {
  const auto self = shared_from_this();
  while (open_) {
    asio::error_code error;
    co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(async::kAwait, error));
    if (!open_) break;
    if (error) Close(Disconnected(endpoint_, error.message()));
    for (int reads = 0; reads < kReadsMax && open_; ++reads) {
      if (!ReadSome()) break;
    }
  }
}

// Returns whether there may be more to read.
bool Session::ReadSome() {
  const ssize_t size = ::recv(socket_.native_handle(), buffer_.data(), buffer_.size(), 0);
  if (size > 0) {
    progress_at_ = async::Clock::now();
    const Result<void> received = pipeline_.Receive(buffer_.data(), static_cast<size_t>(size));
    if (!open_) return false;
    if (!received.ok()) {
      Close(Error(ErrorKind::kProtocol, false, endpoint_.ToString() + ": " + received.error().text));
      return false;
    }
    if (pipeline_.has_unsealed()) ScheduleFlush();
    return static_cast<size_t>(size) == buffer_.size();
  }
  if (size == 0) {
    Close(Disconnected(endpoint_, "Redis closed the connection"));
    return false;
  }
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) Close(Disconnected(endpoint_, ErrnoText(errno)));
  return false;
}

void Session::ScheduleFlush() {
  if (flush_scheduled_ || write_blocked_) return;
  flush_scheduled_ = true;
  loop_.Post([self = shared_from_this()] {
    self->flush_scheduled_ = false;
    self->Flush();
  });
}

void Session::Flush() {
  if (!open_ || write_blocked_) return;
  pipeline_.SealBatch();
  while (!pipeline_.Unsent().empty()) {
    const std::string_view bytes = pipeline_.Unsent();
    const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      pipeline_.MarkSent(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      write_blocked_ = true;
      socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code&) {
        self->write_blocked_ = false;
        self->Flush();
      });
      return;
    } else if (errno != EINTR) {
      Close(Disconnected(endpoint_, ErrnoText(errno)));
      return;
    }
  }
}

void Session::ArmTimer() {
  async::Deadline at = pipeline_.next_deadline();
  if (at != async::Deadline::max()) at += kTimerSlack;
  if (pipeline_.in_flight() > 0)
    at = std::min(at, progress_at_ + std::chrono::milliseconds(config_->stall_timeout_ms));
  if (at >= timer_at_) return;
  timer_at_ = at;
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this()](const asio::error_code& stopped) {
    if (!stopped && self->open_) self->OnTimer();
  });
}

void Session::OnTimer() {
  const async::Deadline now = async::Clock::now();
  timer_at_ = async::Deadline::max();
  pipeline_.Expire(now);
  if (!open_) return;
  if (pipeline_.in_flight() > 0 &&
      now - progress_at_ >= std::chrono::milliseconds(config_->stall_timeout_ms)) {
    Close(Disconnected(endpoint_, "no answer for " + std::to_string(config_->stall_timeout_ms) + " ms"));
    return;
  }
  ArmTimer();
}

}  // namespace tessera::redis
