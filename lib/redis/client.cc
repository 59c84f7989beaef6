#include "redis/client.h"

#include <algorithm>
#include <deque>
#include <random>
#include <utility>

namespace tessera::redis {
namespace {

// A script that is still unknown after this many loads does not load at all: the error of SCRIPT LOAD says
// why.
constexpr int kScriptLoadsMax = 16;

// Redirections that are followed without a pause; more mean that the nodes do not agree yet.
constexpr int kRedirectionsMax = 3;

// Calls that wait for a node look at the topology at least this often.
constexpr std::chrono::milliseconds kLookEvery{50};

Observer& Silent() {
  static Observer observer;
  return observer;
}

}  // namespace

// What one call remembers from attempt to attempt.
struct Client::Attempts {
  NodePtr node;                      // where the last attempt went
  std::shared_ptr<Session> session;  // on which of its connections
  uint64_t sequence = 0;             // and its number there
  NodePtr redirected;                // where the next attempt must go, if Redis said so
  bool asking = false;               // and that it must say ASKING first
  bool load_script = false;          // and that the script must be loaded there first
  int redirections = 0;
  int script_loads = 0;
  int pauses = 0;
  bool lost = false;                          // the answer to an attempt that may have taken effect was lost
  std::optional<async::Deadline> away_since;  // since when the call waits for a node that is loading
};

Client::Client(async::EventLoop& loop, const Config& config, ConnectHook hook, Observer* observer)
    : surroundings_(std::make_shared<Surroundings>(loop, config, std::move(hook),
                                                   observer == nullptr ? Silent() : *observer)) {
  Result<std::shared_ptr<Topology>> topology = MakeTopology(surroundings_);
  if (topology.ok()) {
    topology_ = std::move(*topology);
  } else {
    configured_ = topology.error();
  }
}

Client::~Client() { Close(); }

async::Task<Result<void>> Client::Start(async::Deadline deadline) {
  if (!configured_.ok()) co_return configured_.error();
  if (!std::exchange(started_, true)) topology_->Start();
  while (!ready()) {
    if (closed_ || async::Clock::now() >= deadline) {
      const std::vector<NodePtr> primaries = Primaries();
      const auto away = std::find_if(primaries.begin(), primaries.end(),
                                     [](const NodePtr& node) { return !node->ready(); });
      co_return away == primaries.end() ? topology_->Unavailable() : (*away)->last_error();
    }
    co_await surroundings_->changed.WaitUntil(std::min(deadline, async::After(kLookEvery)));
  }
  co_return Result<void>();
}

void Client::Close() {
  if (std::exchange(closed_, true) || topology_ == nullptr) return;
  topology_->Close();
  surroundings_->changed.Pulse();
}

bool Client::ready() const {
  if (!started_ || closed_) return false;
  const std::vector<NodePtr> primaries = Primaries();
  return !primaries.empty() &&
         std::all_of(primaries.begin(), primaries.end(), [](const NodePtr& node) { return node->ready(); });
}

std::vector<NodePtr> Client::Primaries() const {
  return topology_ == nullptr ? std::vector<NodePtr>() : topology_->Primaries();
}

size_t Client::in_flight() const {
  size_t sum = 0;
  for (const NodePtr& node : Primaries()) sum += node->in_flight();
  return sum;
}

Result<void> Client::Submit(const Command& command, async::Deadline now, async::Deadline deadline,
                            Pending* pending, Attempts* attempts) {
  if (!configured_.ok()) return configured_.error();
  if (closed_) return Error(ErrorKind::kDisconnected, false, "the client was closed");
  if (now >= deadline) return Error(ErrorKind::kTimeout, false, "the deadline passed before it was sent");
  NodePtr node = std::exchange(attempts->redirected, nullptr);
  if (node == nullptr) {
    const std::string_view key = command.has_key() ? command.first_key() : std::string_view();
    node = topology_->Route(command.has_key() ? &key : nullptr);
  }
  attempts->node = node;
  if (node == nullptr) return topology_->Unavailable();
  std::shared_ptr<Session> session = node->Pick();
  if (session == nullptr) {
    Error error = node->last_error();
    error.sent = false;
    return error;
  }
  if (std::exchange(attempts->load_script, false)) {
    const bool same = session == attempts->session;
    session->LoadScript(*command.script(), same ? attempts->sequence : session->sequence(), now);
  }
  if (std::exchange(attempts->asking, false)) {
    static const Command asking = Command("ASKING").ReadOnly();
    Result<void> asked = session->Submit(asking, now, async::Deadline::max(), nullptr);
    if (!asked.ok()) return asked;
  }
  Result<void> submitted = session->Submit(command, now, deadline, pending);
  attempts->sequence = session->sequence();
  attempts->session = std::move(session);
  return submitted;
}

async::Task<Result<Reply>> Client::Execute(Command command, async::Deadline deadline, Retry retry) {
  const async::Deadline begin = async::Clock::now();
  async::Deadline now = begin;
  Attempts attempts;
  while (true) {
    Pending pending;
    Result<void> submitted = Submit(command, now, deadline, &pending, &attempts);
    if (submitted.ok()) co_await pending.Ready();
    Result<Reply> reply = submitted.ok() ? pending.Take() : Result<Reply>(std::move(submitted.error()));
    now = async::Clock::now();
    if (reply.ok()) {
      surroundings_->observer.OnCommand(command, now - begin, nullptr);
      co_return reply;
    }
    attempts.lost = attempts.lost || (reply.error().OutcomeUnknown() && !command.reads_only());
    reply.error().lost_before = attempts.lost;
    const bool again = co_await Recover(command, reply.error(), deadline, retry, &attempts);
    now = async::Clock::now();
    if (!again) {
      surroundings_->observer.OnCommand(command, now - begin, &reply.error());
      co_return reply;
    }
    surroundings_->observer.OnRetry(command, reply.error());
  }
}

// Decides what follows an error, and waits as long as that needs. False: the error is the call's answer.
async::Task<bool> Client::Recover(const Command& command, const Error& error, async::Deadline deadline,
                                  Retry retry, Attempts* attempts) {
  if (closed_) co_return false;
  switch (error.kind) {
    case ErrorKind::kMoved:
    case ErrorKind::kAsk: {
      if (attempts->node == nullptr) co_return false;
      attempts->redirected = topology_->Redirect(error, *attempts->node);
      attempts->asking = error.kind == ErrorKind::kAsk;
      if (attempts->redirected == nullptr && !topology_->CanMove()) co_return false;
      if (++attempts->redirections <= kRedirectionsMax) {
        // The node may be new to us: its connection comes up first.
        if (attempts->redirected == nullptr || attempts->redirected->ready()) co_return true;
        co_return co_await AwaitNode(attempts->redirected.get(), false, deadline, attempts);
      }
      co_return co_await BackOff(deadline, attempts);
    }
    case ErrorKind::kTryAgain:
    case ErrorKind::kClusterDown:
      topology_->Suspect();
      co_return co_await BackOff(deadline, attempts);
    case ErrorKind::kNoScript:
      if (command.script() == nullptr || ++attempts->script_loads > kScriptLoadsMax) co_return false;
      attempts->load_script = true;
      // The script is loaded where the command was refused, which need not be where it is routed to (ASK).
      attempts->redirected = attempts->node;
      co_return true;
    case ErrorKind::kReadOnly:
    case ErrorKind::kMasterDown:
      // Not the primary any more: for a lone Redis that is a state of its own, elsewhere a new primary will
      // be found.
      topology_->Suspect();
      if (!topology_->CanMove()) co_return false;
      co_return co_await BackOff(deadline, attempts);
    case ErrorKind::kLoading:
      topology_->Suspect();
      co_return co_await AwaitNode(attempts->node.get(), true, deadline, attempts);
    case ErrorKind::kDisconnected:
    case ErrorKind::kProtocol:
      topology_->Suspect();
      if (error.sent && retry != Retry::kIdempotent && !command.reads_only()) co_return false;
      co_return co_await AwaitNode(attempts->node.get(), false, deadline, attempts);
    case ErrorKind::kTimeout:
      topology_->Suspect();
      // The connection to the node timed out, not this command.
      if (!error.sent && async::Clock::now() < deadline) {
        co_return co_await AwaitNode(attempts->node.get(), false, deadline, attempts);
      }
      co_return false;
    case ErrorKind::kOverloaded:
    case ErrorKind::kOom:
    case ErrorKind::kMisconf:
    case ErrorKind::kBusy:
    case ErrorKind::kNoReplicas:
    case ErrorKind::kCrossSlot:
    case ErrorKind::kNoAuth:
    case ErrorKind::kWrongPass:
    case ErrorKind::kNoPerm:
    case ErrorKind::kWrongType:
    case ErrorKind::kOther:
      co_return false;
  }
  co_return false;
}

// Waits until something changed about a node that is away. Only for the grace time: a Redis that stays away
// must not make callers pile up.
async::Task<bool> Client::AwaitNode(const Node* node, bool loading, async::Deadline deadline,
                                    Attempts* attempts) {
  const async::Deadline now = async::Clock::now();
  const std::chrono::milliseconds grace(surroundings_->config.unavailable_grace_ms);
  if (!attempts->away_since.has_value()) attempts->away_since = now;
  async::Deadline give_up = *attempts->away_since + grace;
  if (node != nullptr && !node->ready()) give_up = std::min(give_up, node->down_since() + grace);
  give_up = std::min(give_up, deadline);
  if (now >= give_up) co_return false;
  if (node != nullptr && node->ready() && !loading) co_return true;
  co_await surroundings_->changed.WaitUntil(std::min(give_up, now + kLookEvery));
  co_return !closed_ && async::Clock::now() < deadline;
}

async::Task<bool> Client::BackOff(async::Deadline deadline, Attempts* attempts) {
  static thread_local std::minstd_rand random(std::random_device{}());
  const Config& config = surroundings_->config;
  const int64_t doubled = int64_t{config.retry_backoff_min_ms} << std::min(attempts->pauses++, 16);
  const int64_t longest = std::max<int64_t>(1, std::min<int64_t>(doubled, config.retry_backoff_max_ms));
  const std::chrono::milliseconds pause(
      std::uniform_int_distribution<int64_t>((longest + 1) / 2, longest)(random));
  const async::Deadline until = async::After(pause);
  if (until >= deadline) co_return false;
  co_await surroundings_->changed.WaitUntil(until);
  co_return !closed_;
}

async::Task<Result<Reply>> Client::Run(const Script& script, std::span<const std::string> keys,
                                       std::span<const std::string> args, async::Deadline deadline,
                                       Retry retry) {
  Command command(script);
  for (const std::string& key : keys) command.Key(key);
  for (const std::string& arg : args) command.Arg(arg);
  return Execute(std::move(command), deadline, retry);
}

async::Task<std::vector<Result<Reply>>> Client::ExecuteOnEachPrimary(Command command,
                                                                     async::Deadline deadline) {
  const async::Deadline now = async::Clock::now();
  std::deque<Pending> pending;
  std::vector<Result<Reply>> replies;
  std::vector<bool> waits;
  for (const NodePtr& node : Primaries()) {
    const std::shared_ptr<Session> session = node->Pick();
    Pending& answer = pending.emplace_back();
    Result<void> submitted = session == nullptr ? Result<void>(node->last_error())
                                                : session->Submit(command, now, deadline, &answer);
    waits.push_back(submitted.ok());
    replies.push_back(submitted.ok() ? Result<Reply>(Reply()) : Result<Reply>(std::move(submitted.error())));
  }
  for (size_t i = 0; i < pending.size(); ++i) {
    if (!waits[i]) continue;
    co_await pending[i].Ready();
    replies[i] = pending[i].Take();
  }
  co_return replies;
}

}  // namespace tessera::redis
