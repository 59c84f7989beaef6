// Client sends commands and scripts to Redis, wherever the keys are, and finds its way when nodes come, go
// and move.
//
//   redis::Client client(loop, config);
//   co_await client.Start(async::After(5s));
//   redis::Command command(kClaimScript);
//   command.Key(wallet).Arg(request);
//   redis::Result<redis::Reply> reply = co_await client.Execute(std::move(command), deadline);
//
// Loop thread only. The loop and the observer must outlive it. Close must be called, and the loop must run on
// a little so that the calls under way can end, before either is destroyed.
//
// What is sent again without the caller noticing: only what Redis certainly did not execute (never sent;
// MOVED, ASK, TRYAGAIN, CLUSTERDOWN, LOADING, MASTERDOWN, READONLY, NOSCRIPT), and reads. A write whose
// answer was lost is never repeated unless the caller says that it may be; its error has OutcomeUnknown().
// Every call ends by its deadline.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "async/event_loop.h"
#include "async/task.h"
#include "redis/command.h"
#include "redis/config.h"
#include "redis/node.h"
#include "redis/observer.h"
#include "redis/reply.h"
#include "redis/script.h"
#include "redis/topology.h"

namespace tessera::redis {

enum class Retry {
  kSafe,        // only what was certainly not executed, and reads
  kIdempotent,  // also when the answer was lost: doing it twice is the same as doing it once
};

class Client {
 public:
  // A bad `config` is reported by Start. `hook` runs on every new session before it is used.
  Client(async::EventLoop& loop, const Config& config, ConnectHook hook = nullptr,
         Observer* observer = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Begins to connect, and waits until all primaries are ready or `deadline`. After a time-out (the error
  // says why) the client goes on trying; a kOther error is a bad configuration.
  async::Task<Result<void>> Start(async::Deadline deadline);

  // Fails what is under way with kDisconnected and closes all connections.
  void Close();

  // Sends `command` to the node that serves its first key (any primary when it has no key) and waits for the
  // answer. An error that Redis answers is an Error, never a Reply.
  async::Task<Result<Reply>> Execute(Command command, async::Deadline deadline, Retry retry = Retry::kSafe);

  // The same for a script with keys and arguments that are at hand as strings.
  async::Task<Result<Reply>> Run(const Script& script, std::span<const std::string> keys,
                                 std::span<const std::string> args, async::Deadline deadline,
                                 Retry retry = Retry::kSafe);

  // Sends `command` to every primary at once, without repetitions, and waits for all; the answers are in the
  // order of Primaries().
  async::Task<std::vector<Result<Reply>>> ExecuteOnEachPrimary(Command command, async::Deadline deadline);

  // The primaries that are known now.
  std::vector<NodePtr> Primaries() const;

  // Whether all primaries that are known are ready.
  bool ready() const;

  // Whether the keys of one command must share a slot: in a cluster.
  bool has_slots() const { return topology_ != nullptr && topology_->HasSlots(); }

  // Commands that wait for an answer, for a gauge.
  size_t in_flight() const;

 private:
  struct Attempts;

  async::Task<bool> Recover(const Command& command, const Error& error, async::Deadline deadline, Retry retry,
                            Attempts* attempts);
  async::Task<bool> AwaitNode(const Node* node, bool loading, async::Deadline deadline, Attempts* attempts);
  async::Task<bool> BackOff(async::Deadline deadline, Attempts* attempts);
  Result<void> Submit(const Command& command, async::Deadline now, async::Deadline deadline, Pending* pending,
                      Attempts* attempts);

  const std::shared_ptr<Surroundings> surroundings_;
  std::shared_ptr<Topology> topology_;
  Result<void> configured_;
  bool started_ = false;
  bool closed_ = false;
};

}  // namespace tessera::redis
