// Connection keeps a Session to one address alive: it connects, introduces itself (AUTH, SELECT, PING, then
// the owner's hook), and starts again with growing pauses when the session is lost.
//
// Loop thread only. Start keeps it alive until Close, and it keeps its surroundings alive.
#pragma once

#include <chrono>
#include <memory>

#include "async/event.h"
#include "async/timer.h"
#include "redis/endpoint.h"
#include "redis/error.h"
#include "redis/session.h"
#include "redis/surroundings.h"

namespace tessera::redis {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `changed` of the surroundings is pulsed when the connection becomes ready, is lost, or an attempt fails.
  Connection(std::shared_ptr<Surroundings> surroundings, const Endpoint& endpoint);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();

  // Fails what is in flight with kDisconnected and stops connecting. Nothing happens to it after that.
  void Close();

  // The session to use, or null while there is none. It may have been lost a moment ago: see Session::open.
  const std::shared_ptr<Session>& session() const { return session_; }

  // Why there is no session; meaningful while there is no open session().
  const Error& last_error() const {
    return session_ != nullptr && !session_->open() ? session_->error() : last_error_;
  }

  // Since when there is no session; meaningful while there is no open session().
  async::Deadline down_since() const { return session_ != nullptr ? async::Clock::now() : down_since_; }

  // Drops the session and connects anew, because of `error`.
  void Reconnect(const Error& error);

  const Endpoint& endpoint() const { return endpoint_; }

 private:
  async::Task<void> Run();
  async::Task<Result<void>> Introduce(Session& session);
  std::chrono::milliseconds Pause(int failures);

  const std::shared_ptr<Surroundings> surroundings_;
  const Endpoint endpoint_;
  async::Event stopped_;
  std::shared_ptr<Session> attempt_;  // the session that is being set up
  std::shared_ptr<Session> session_;  // the session that is ready
  Error last_error_;
  async::Deadline down_since_;
};

}  // namespace tessera::redis
