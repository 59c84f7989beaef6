#include "redis/sentinel_topology.h"

#include <algorithm>
#include <utility>

#include "redis/ask_once.h"

namespace tessera::redis {
namespace {

constexpr std::chrono::milliseconds kAskTimeout{500};
constexpr std::chrono::milliseconds kPauseMin{100};

}  // namespace

SentinelTopology::SentinelTopology(std::shared_ptr<Surroundings> surroundings,
                                   std::vector<Endpoint> sentinels)
    : surroundings_(surroundings),
      sentinels_(std::move(sentinels)),
      nodes_(std::move(surroundings)),
      unavailable_(ErrorKind::kDisconnected, false, "no Sentinel has named the primary yet") {}

void SentinelTopology::Start() { surroundings_->loop.Spawn(Run()); }

void SentinelTopology::Close() {
  closed_.Set();
  suspected_.Set();
  nodes_.CloseAll();
}

NodePtr SentinelTopology::Route(const std::string_view*) { return primary_; }

std::vector<NodePtr> SentinelTopology::Primaries() const {
  if (primary_ == nullptr) return {};
  return {primary_};
}

NodePtr SentinelTopology::Redirect(const Error&, const Node&) { return nullptr; }

async::Task<void> SentinelTopology::Run() {
  const auto self = shared_from_this();
  while (!closed_.is_set()) {
    suspected_.Reset();
    const bool found = co_await Resolve();
    if (closed_.is_set()) break;
    nodes_.Sweep();
    co_await closed_.WaitUntil(async::After(kPauseMin));
    if (!found || closed_.is_set()) continue;
    const std::chrono::milliseconds routine(surroundings_->config.topology_refresh_ms);
    co_await suspected_.WaitUntil(async::After(routine));
  }
}

async::Task<bool> SentinelTopology::Resolve() {
  for (size_t i = 0; i < sentinels_.size() && !closed_.is_set(); ++i) {
    Result<Endpoint> named = co_await AskSentinel(sentinels_[i]);
    if (closed_.is_set()) co_return false;
    if (!named.ok()) {
      unavailable_ = named.error();
      continue;
    }
    std::rotate(sentinels_.begin(), sentinels_.begin() + static_cast<ptrdiff_t>(i),
                sentinels_.begin() + static_cast<ptrdiff_t>(i) + 1);
    const bool same = primary_ != nullptr && primary_->endpoint() == *named;
    // A primary that is in use is verified by its connection (ROLE at each connect) and by what it answers.
    if (same && primary_->ready()) co_return true;
    const Result<void> verified = co_await VerifyPrimary(*named);
    if (closed_.is_set()) co_return false;
    if (!verified.ok()) {
      unavailable_ = verified.error();
      co_return false;
    }
    if (same) co_return true;
    const NodePtr before = std::exchange(primary_, nodes_.Get(*named));
    nodes_.KeepOnly({primary_});
    // What the old primary still answers is lost when it becomes a replica: its callers ask the new one.
    if (before != nullptr) {
      before->Reconnect(Error(ErrorKind::kDisconnected, false,
                              before->endpoint().ToString() + ": the Sentinels name another primary"));
    }
    surroundings_->observer.OnTopologyChanged("primary: " + named->ToString());
    surroundings_->changed.Pulse();
    co_return true;
  }
  co_return false;
}

async::Task<Result<Endpoint>> SentinelTopology::AskSentinel(Endpoint sentinel) {
  const Config& config = surroundings_->config;
  Command question("SENTINEL");
  question.ReadOnly().Arg("get-master-addr-by-name").Arg(config.sentinel_master);
  Result<Reply> answer =
      co_await AskOnce(surroundings_, sentinel, config.sentinel_user, config.sentinel_password,
                       std::move(question), async::After(kAskTimeout));
  if (!answer.ok()) co_return answer.error();
  const std::string host((*answer)[0].text());
  const Result<int64_t> port = (*answer)[1].Number();
  if (host.empty() || !port.ok() || *port <= 0 || *port > 65'535) {
    co_return Error(
        ErrorKind::kDisconnected, false,
        sentinel.ToString() + ": the Sentinel knows no primary of \"" + config.sentinel_master + "\"");
  }
  co_return Endpoint(host, static_cast<uint16_t>(*port));
}

async::Task<Result<void>> SentinelTopology::VerifyPrimary(Endpoint endpoint) {
  const Config& config = surroundings_->config;
  Command question("ROLE");
  question.ReadOnly();
  Result<Reply> answer = co_await AskOnce(surroundings_, endpoint, config.user, config.password,
                                          std::move(question), async::After(kAskTimeout));
  if (!answer.ok()) {
    answer.error().sent = false;
    co_return answer.error();
  }
  if ((*answer)[0].text() != "master") {
    co_return Error(ErrorKind::kReadOnly, false,
                    endpoint.ToString() + ": a Sentinel names it, but it is no primary");
  }
  co_return Result<void>();
}

}  // namespace tessera::redis
