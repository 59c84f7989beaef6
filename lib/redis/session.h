// Session is one socket to Redis, from the attempt to connect until it is lost. It sends what was submitted
// in one turn of the loop in one write, and hands out the answers.
//
// Loop thread only; kept alive by its own reading Task while it is open. The loop must outlive it.
#pragma once

#include <asio/basic_stream_socket.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/event.h"
#include "async/event_loop.h"
#include "async/task.h"
#include "async/timer.h"
#include "redis/config.h"
#include "redis/endpoint.h"
#include "redis/pipeline.h"

namespace tessera::redis {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(async::EventLoop& loop, const Endpoint& endpoint, std::shared_ptr<const Config> config);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Resolves the name, connects and begins to read. To be called once.
  async::Task<Result<void>> Connect();

  // Sends `command` at the end of this turn. On success `pending` (unless null) is completed exactly once, at
  // `deadline` at the latest; on failure it is not touched and nothing is sent. `now` is the caller's reading
  // of the clock.
  Result<void> Submit(const Command& command, async::Deadline now, async::Deadline deadline,
                      Pending* pending);

  // Submits and waits.
  async::Task<Result<Reply>> Call(Command command, async::Deadline deadline);

  // Makes sure that a SCRIPT LOAD of `script` is on its way behind the command with sequence number `failed`,
  // which was answered NOSCRIPT. What is submitted from now on finds the script, as Redis runs a connection's
  // commands in order.
  void LoadScript(const Script& script, uint64_t failed, async::Deadline now);

  // The number of the command submitted last.
  uint64_t sequence() const { return sequence_; }

  // Fails everything that waits with `error` and closes the socket. The first call counts.
  void Close(const Error& error);

  bool open() const { return open_; }
  // Set once the session is closed for good.
  async::Event& closed() { return closed_; }
  // REQUIRES: closed().
  const Error& error() const { return *error_; }
  const Endpoint& endpoint() const { return endpoint_; }
  size_t in_flight() const { return pipeline_.in_flight(); }
  const Pipeline& pipeline() const { return pipeline_; }
  // Since when Redis owes an answer without giving any; nothing when it owes none.
  std::optional<async::Deadline> silent_since() const;

 private:
  using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, async::Executor>;

  async::Task<Result<std::vector<asio::generic::stream_protocol::endpoint>>> Resolve();
  async::Task<void> Read();
  bool ReadSome();
  void SetOptions();
  void ScheduleFlush();
  void Flush();
  void ArmTimer();
  void OnTimer();

  async::EventLoop& loop_;
  const Endpoint endpoint_;
  const std::shared_ptr<const Config> config_;
  Socket socket_;
  async::SteadyTimer timer_;
  async::Deadline timer_at_ = async::Deadline::max();
  Pipeline pipeline_;
  async::Event closed_;
  std::optional<Error> error_;
  async::Deadline progress_at_;  // when the last bytes came, or when Redis began to owe an answer
  uint64_t sequence_ = 0;
  std::unordered_map<std::string_view, uint64_t>
      loaded_at_;  // by digest: the sequence number of the last SCRIPT LOAD
  bool open_ = false;
  bool flush_scheduled_ = false;
  bool write_blocked_ = false;
  std::vector<char> buffer_;
};

}  // namespace tessera::redis
