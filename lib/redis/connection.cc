#include "redis/connection.h"

#include <algorithm>
#include <random>
#include <utility>

#include "redis/ask_once.h"

namespace tessera::redis {
namespace {

// Doubling stops being interesting long before this many failures.
constexpr int kDoublingsMax = 16;

std::shared_ptr<Session> MakeSession(const std::shared_ptr<Surroundings>& surroundings,
                                     const Endpoint& endpoint) {
  std::shared_ptr<const Config> config(surroundings, &surroundings->config);
  return std::make_shared<Session>(surroundings->loop, endpoint, std::move(config));
}

}  // namespace

Connection::Connection(std::shared_ptr<Surroundings> surroundings, const Endpoint& endpoint)
    : surroundings_(std::move(surroundings)),
      endpoint_(endpoint),
      last_error_(ErrorKind::kDisconnected, false, endpoint.ToString() + ": not connected yet"),
      down_since_(async::Clock::now()) {}

void Connection::Start() { surroundings_->loop.Spawn(Run()); }

void Connection::Close() {
  stopped_.Set();
  const Error error(ErrorKind::kDisconnected, false, endpoint_.ToString() + ": the client was closed");
  if (attempt_ != nullptr) attempt_->Close(error);
  Reconnect(error);
}

void Connection::Reconnect(const Error& error) {
  const std::shared_ptr<Session> session = session_;
  if (session != nullptr) session->Close(error);
}

std::chrono::milliseconds Connection::Pause(int failures) {
  static thread_local std::minstd_rand random(std::random_device{}());
  const int64_t doubled = int64_t{surroundings_->config.backoff_min_ms}
                          << std::min(failures - 1, kDoublingsMax);
  const int64_t longest =
      std::max<int64_t>(1, std::min<int64_t>(doubled, surroundings_->config.backoff_max_ms));
  return std::chrono::milliseconds(
      std::uniform_int_distribution<int64_t>((longest + 1) / 2, longest)(random));
}

async::Task<void> Connection::Run() {
  const auto self = shared_from_this();
  int failures = 0;
  while (!stopped_.is_set()) {
    attempt_ = MakeSession(surroundings_, endpoint_);
    Result<void> up = co_await attempt_->Connect();
    if (up.ok()) up = co_await Introduce(*attempt_);
    const std::shared_ptr<Session> session = std::exchange(attempt_, nullptr);
    if (stopped_.is_set()) break;
    if (up.ok()) {
      failures = 0;
      session_ = session;
      surroundings_->observer.OnConnected(endpoint_);
      surroundings_->changed.Pulse();
      co_await session->closed().Wait();
      session_ = nullptr;
      if (stopped_.is_set()) break;
      down_since_ = async::Clock::now();
      last_error_ = session->error();
    } else {
      ++failures;
      last_error_ = up.error();
      last_error_.sent = false;
      session->Close(last_error_);
    }
    surroundings_->observer.OnDisconnected(endpoint_, last_error_);
    surroundings_->changed.Pulse();
    if (failures > 0) co_await stopped_.WaitUntil(async::After(Pause(failures)));
  }
}

async::Task<Result<void>> Connection::Introduce(Session& session) {
  const Config& config = surroundings_->config;
  const async::Deadline deadline = async::After(std::chrono::milliseconds(config.handshake_timeout_ms));
  async::SteadyTimer limit(surroundings_->loop.executor(), deadline);
  limit.async_wait([kept = session.shared_from_this(), this](const asio::error_code& stopped) {
    if (!stopped)
      kept->Close(Error(ErrorKind::kTimeout, false, endpoint_.ToString() + ": no answer to the greeting"));
  });
  const Result<void> known = co_await Authenticate(session, config.user, config.password, deadline);
  if (!known.ok()) co_return known.error();
  if (config.database != 0) {
    Command select("SELECT");
    select.ReadOnly().Arg(config.database);
    const Result<Reply> answer = co_await session.Call(std::move(select), deadline);
    if (!answer.ok()) co_return answer.error();
  }
  // A Redis that loads its data or wants a password says so here, not to the first caller.
  Command ping("PING");
  ping.ReadOnly();
  const Result<Reply> answer = co_await session.Call(std::move(ping), deadline);
  if (!answer.ok()) co_return answer.error();
  if (answer->text() != "PONG") {
    co_return Error(ErrorKind::kProtocol, false,
                    endpoint_.ToString() + ": PING was answered " + answer->ToString());
  }
  if (config.topology == TopologyKind::kSentinel) {
    // A primary that was replaced while it was away must not be written to before the Sentinels have told it.
    Command role("ROLE");
    role.ReadOnly();
    const Result<Reply> roles = co_await session.Call(std::move(role), deadline);
    if (!roles.ok()) co_return roles.error();
    if ((*roles)[0].text() != "master") {
      co_return Error(ErrorKind::kReadOnly, false, endpoint_.ToString() + ": it is no primary any more");
    }
  }
  if (surroundings_->hook) {
    const Result<void> accepted = co_await surroundings_->hook(session);
    if (!accepted.ok()) co_return accepted.error();
  }
  if (!session.open()) co_return session.error();
  co_return Result<void>();
}

}  // namespace tessera::redis
