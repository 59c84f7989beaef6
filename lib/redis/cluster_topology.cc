#include "redis/cluster_topology.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "redis/ask_once.h"
#include "redis/hash_slot.h"

namespace tessera::redis {
namespace {

constexpr std::chrono::milliseconds kAskTimeout{500};
constexpr std::chrono::milliseconds kPauseMin{100};

// A node that owes an answer for this long is not asked for the table.
constexpr std::chrono::milliseconds kSilentMax{300};

Command SlotsCommand() {
  Command command("CLUSTER");
  command.ReadOnly().Arg("SLOTS");
  return command;
}

// Reads "MOVED 3999 127.0.0.1:6381"; an empty host means the one that answered.
bool ParseRedirection(std::string_view text, const Endpoint& from, int* slot, Endpoint* to) {
  const size_t first = text.find(' ');
  const size_t second = text.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return false;
  const std::string_view number = text.substr(first + 1, second - first - 1);
  const auto [stop, failure] = std::from_chars(number.data(), number.data() + number.size(), *slot);
  if (failure != std::errc() || stop != number.data() + number.size()) return false;
  if (*slot < 0 || *slot >= kHashSlots) return false;
  const std::optional<Endpoint> endpoint = Endpoint::Parse(text.substr(second + 1));
  if (!endpoint.has_value() || endpoint->is_unix()) return false;
  *to = *endpoint;
  if (to->host.empty()) to->host = from.host;
  return true;
}

}  // namespace

ClusterTopology::ClusterTopology(std::shared_ptr<Surroundings> surroundings, std::vector<Endpoint> seeds)
    : surroundings_(surroundings),
      seeds_(std::move(seeds)),
      nodes_(std::move(surroundings)),
      slots_(kHashSlots),
      unavailable_(ErrorKind::kDisconnected, false, "the slots of the cluster are not known yet") {}

void ClusterTopology::Start() { surroundings_->loop.Spawn(Run()); }

void ClusterTopology::Close() {
  closed_.Set();
  suspected_.Set();
  nodes_.CloseAll();
}

NodePtr ClusterTopology::Route(const std::string_view* key) {
  if (key != nullptr) return slots_[static_cast<size_t>(HashSlot(*key))];
  const auto ready =
      std::find_if(primaries_.begin(), primaries_.end(), [](const NodePtr& node) { return node->ready(); });
  if (ready != primaries_.end()) return *ready;
  return primaries_.empty() ? nullptr : primaries_.front();
}

NodePtr ClusterTopology::Redirect(const Error& redirection, const Node& from) {
  int slot = 0;
  Endpoint to;
  Suspect();
  if (closed_.is_set() || !ParseRedirection(redirection.text, from.endpoint(), &slot, &to)) return nullptr;
  NodePtr node = nodes_.Get(to);
  // MOVED is the newest news about its slot; the rest of the table follows with the next look.
  if (redirection.kind == ErrorKind::kMoved) slots_[static_cast<size_t>(slot)] = node;
  return node;
}

async::Task<void> ClusterTopology::Run() {
  const auto self = shared_from_this();
  while (!closed_.is_set()) {
    suspected_.Reset();
    const bool fits = co_await Refresh();
    if (closed_.is_set()) break;
    nodes_.Sweep();
    co_await closed_.WaitUntil(async::After(kPauseMin));
    if (!fits || closed_.is_set()) continue;
    const std::chrono::milliseconds routine(surroundings_->config.topology_refresh_ms);
    co_await suspected_.WaitUntil(async::After(routine));
  }
}

async::Task<Result<Reply>> ClusterTopology::AskAnyNode(Endpoint* answered) {
  Error last = unavailable_;
  const std::vector<NodePtr> nodes = nodes_.All();
  ++turn_;
  for (size_t i = 0; i < nodes.size() && !closed_.is_set(); ++i) {
    const NodePtr& node = nodes[(turn_ + i) % nodes.size()];
    const std::shared_ptr<Session> session = node->SilentFor(kSilentMax) ? nullptr : node->Pick();
    if (session == nullptr) continue;
    Result<Reply> reply = co_await session->Call(SlotsCommand(), async::After(kAskTimeout));
    *answered = node->endpoint();
    if (reply.ok()) co_return reply;
    last = reply.error();
  }
  for (size_t i = 0; i < seeds_.size() && !closed_.is_set(); ++i) {
    *answered = seeds_[(turn_ + i) % seeds_.size()];
    const Config& config = surroundings_->config;
    Result<Reply> reply = co_await AskOnce(surroundings_, *answered, config.user, config.password,
                                           SlotsCommand(), async::After(kAskTimeout));
    if (reply.ok()) co_return reply;
    last = reply.error();
  }
  co_return last;
}

async::Task<bool> ClusterTopology::Refresh() {
  Endpoint answered;
  Result<Reply> reply = co_await AskAnyNode(&answered);
  if (closed_.is_set()) co_return false;
  if (!reply.ok()) {
    unavailable_ = reply.error();
    unavailable_.sent = false;
    // What is not an answer of the cluster itself is, to a caller, a cluster that is away.
    if (unavailable_.kind != ErrorKind::kOther) unavailable_.kind = ErrorKind::kDisconnected;
    co_return false;
  }
  co_return Apply(*reply, answered);
}

// Returns whether the table covers all slots.
bool ClusterTopology::Apply(const Reply& reply, const Endpoint& answered) {
  std::vector<NodePtr> slots(kHashSlots);
  std::vector<NodePtr> primaries;
  size_t covered = 0;
  for (size_t i = 0; i < reply.size(); ++i) {
    const Value range = reply[i];
    const int64_t first = range[0].integer();
    const int64_t last = range[1].integer();
    const Value address = range[2];
    const int64_t port = address[1].integer();
    const bool sane = range[0].is_integer() && range[1].is_integer() && first >= 0 && first <= last &&
                      last < kHashSlots && port > 0 && port <= 65'535;
    if (!sane || address[0].text() == "?") continue;
    Endpoint endpoint(std::string(address[0].text()), static_cast<uint16_t>(port));
    if (endpoint.host.empty()) endpoint.host = answered.host;
    NodePtr node = nodes_.Get(endpoint);
    std::fill(slots.begin() + first, slots.begin() + last + 1, node);
    covered += static_cast<size_t>(last - first + 1);
    if (std::find(primaries.begin(), primaries.end(), node) == primaries.end()) primaries.push_back(node);
  }
  const bool changed = slots != slots_;
  slots_ = std::move(slots);
  primaries_ = std::move(primaries);
  nodes_.KeepOnly(primaries_);
  unavailable_ = Error(ErrorKind::kClusterDown, false, "the key's slot is served by nobody");
  if (changed) {
    std::string description = "cluster:";
    for (const NodePtr& node : primaries_) description.append(" ").append(node->endpoint().ToString());
    surroundings_->observer.OnTopologyChanged(description);
    surroundings_->changed.Pulse();
  }
  return covered == kHashSlots;
}

}  // namespace tessera::redis
