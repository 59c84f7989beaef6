#include "storage/redis/guard.h"

#include <charconv>
#include <map>

#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

using core::Reason;

constexpr std::chrono::milliseconds kCheckTimeout{1500};

core::Error Below(const std::string& what) {
  return core::Error(Reason::kDurabilityBelowPromise, "The store is less durable than promised.")
      .Because(what);
}

// The value of `name` in the text that INFO answers, or "".
std::string_view InfoField(std::string_view info, std::string_view name) {
  const std::string needle = "\n" + std::string(name) + ":";
  const size_t at = info.find(needle);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = info.substr(at + needle.size());
  return rest.substr(0, rest.find_first_of("\r\n"));
}

int64_t InfoNumber(std::string_view info, std::string_view name) {
  const std::string_view text = InfoField(info, name);
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

core::Error Empty(int missing) {
  return core::Error(Reason::kStoreEmpty, "The store does not hold the namespace that it should hold.")
      .Because(std::to_string(missing) + " partitions have no marker");
}

redis::Command InfoCommand() { return redis::Command("INFO").ReadOnly(); }

redis::Command ConfigCommand() { return redis::Command("CONFIG").Arg("GET").Arg("append*").ReadOnly(); }

}  // namespace

Guard::Guard(const StoreConfig& config, const Keys& keys, RedisClock& clock)
    : config_(config),
      keys_(keys),
      clock_(clock),
      verdict_(core::Error(Reason::kStoreUnreachable, "The store was not reached yet.")) {}

core::Status Guard::MayUse(bool reads_only) const {
  if (!verdict_.ok() && !(reads_only && verdict_.error().reason == Reason::kDurabilityBelowPromise))
    return verdict_;
  if (storage_full_ && !reads_only) {
    return core::Error(Reason::kStorageFull, "The store is almost full.")
        .Because("used_memory is near maxmemory");
  }
  return core::Ok();
}

core::Status Guard::JudgeInfo(std::string_view info) {
  int major = 0;
  const std::string_view version = InfoField(info, "redis_version");
  std::from_chars(version.data(), version.data() + version.size(), major);
  if (major < 7) return Below("redis_version is " + std::string(version) + "; 7.0 or newer is needed");
  if (InfoField(info, "maxmemory_policy") != "noeviction") {
    return Below("maxmemory-policy is " + std::string(InfoField(info, "maxmemory_policy")) +
                 ", not noeviction");
  }
  if (config_.durability != Durability::kMemory && InfoField(info, "aof_enabled") != "1")
    return Below("appendonly is not yes");
  if (config_.durability != Durability::kMemory && InfoField(info, "aof_last_write_status") != "ok") {
    return Below("the last write to the append-only file failed");
  }
  if (config_.durability == Durability::kReplicated &&
      InfoNumber(info, "connected_slaves") < config_.replicas) {
    return Below("connected_slaves is " + std::string(InfoField(info, "connected_slaves")));
  }
  const int64_t limit = InfoNumber(info, "maxmemory");
  storage_full_ = storage_full_ ||
                  (limit > 0 && InfoNumber(info, "used_memory") > limit / 100 * config_.memory_limit_percent);
  return core::Ok();
}

core::Status Guard::JudgeConfig(const redis::Reply& reply) const {
  std::map<std::string_view, std::string_view> values;
  for (size_t i = 0; i + 1 < reply.size(); i += 2) values[reply[i].text()] = reply[i + 1].text();
  const std::string_view fsync = values["appendfsync"];
  switch (config_.durability) {
    case Durability::kMemory:
      return core::Ok();
    case Durability::kEverySec:
      if (fsync == "no") return Below("appendfsync is no");
      return core::Ok();
    case Durability::kFsync:
      if (fsync != "always") return Below("appendfsync is " + std::string(fsync) + ", not always");
      return core::Ok();
    case Durability::kReplicated:
      return core::Ok();
  }
  return core::Ok();
}

async::Task<redis::Result<void>> Guard::OnConnect(redis::Session& session) {
  const async::Deadline deadline = async::After(kCheckTimeout);
  redis::Command time("TIME");
  time.ReadOnly();
  redis::Result<redis::Reply> now = co_await session.Call(std::move(time), deadline);
  if (!now.ok()) co_return now.error();
  const redis::Result<int64_t> seconds = (*now)[0].Number();
  const redis::Result<int64_t> micros = (*now)[1].Number();
  if (!seconds.ok()) co_return seconds.error();
  if (!micros.ok()) co_return micros.error();
  clock_.Learn(*seconds * 1000 + *micros / 1000);
  if (markers_seen_) co_await JudgeSession(session, deadline);
  co_return redis::Result<void>();
}

async::Task<void> Guard::JudgeSession(redis::Session& session, async::Deadline deadline) {
  redis::Result<redis::Reply> info = co_await session.Call(InfoCommand(), deadline);
  core::Status found = info.ok() ? JudgeInfo(info->text()) : core::Ok();
  redis::Result<redis::Reply> settings = co_await session.Call(ConfigCommand(), deadline);
  if (found.ok() && settings.ok()) found = JudgeConfig(*settings);
  for (uint32_t p = 0; found.ok() && p < keys_.shape().partitions; ++p) {
    redis::Command read("GET");
    read.ReadOnly().Key(keys_.Marker(p));
    const redis::Result<redis::Reply> marker = co_await session.Call(std::move(read), deadline);
    // Another node's partitions answer MOVED here: they are asked there.
    if (marker.ok() && marker->is_nil()) found = Empty(1);
  }
  if (!found.ok()) verdict_ = std::move(found);
}

async::Task<core::Status> Guard::CheckMarkers(redis::Client& client) {
  const core::Shape& shape = keys_.shape();
  int missing = 0;
  for (uint32_t p = 0; p < shape.partitions; ++p) {
    const std::string expected = config_.name + "/" + std::to_string(shape.partitions) + "/" +
                                 std::to_string(shape.buckets) + "/" + std::to_string(p);
    if (config_.create && !markers_seen_) {
      redis::Command create("SETNX");
      create.Key(keys_.Marker(p)).Arg(expected);
      const redis::Result<redis::Reply> created =
          co_await client.Execute(std::move(create), async::After(kCheckTimeout), redis::Retry::kIdempotent);
      if (!created.ok()) co_return FromRedis(created.error());
    }
    redis::Command read("GET");
    read.ReadOnly().Key(keys_.Marker(p));
    const redis::Result<redis::Reply> marker =
        co_await client.Execute(std::move(read), async::After(kCheckTimeout));
    if (!marker.ok()) co_return FromRedis(marker.error());
    if (marker->is_nil()) {
      ++missing;
    } else if (marker->text() != expected) {
      co_return core::Error(Reason::kStoreForeign,
                            "The store holds another namespace than this service was configured for.")
          .Because("marker is " + std::string(marker->text()) + ", not " + expected);
    }
  }
  if (missing > 0) co_return Empty(missing);
  markers_seen_ = true;
  co_return core::Ok();
}

async::Task<void> Guard::Check(redis::Client& client) {
  core::Status found = core::Ok();
  const std::vector<redis::Result<redis::Reply>> infos =
      co_await client.ExecuteOnEachPrimary(InfoCommand(), async::After(kCheckTimeout));
  const std::vector<redis::Result<redis::Reply>> configs =
      co_await client.ExecuteOnEachPrimary(ConfigCommand(), async::After(kCheckTimeout));
  storage_full_ = false;
  bool answered = !infos.empty();
  if (infos.empty()) found = core::Error(Reason::kStoreUnreachable, "The store can't be reached.");
  for (const redis::Result<redis::Reply>& info : infos) {
    if (found.ok()) found = info.ok() ? JudgeInfo(info->text()) : core::Status(FromRedis(info.error()));
    answered = answered && info.ok();
    if (info.ok()) redis_version_ = InfoField(info->text(), "redis_version");
    // Scripts whose keys lie in several slots would be refused, one claim and not the other.
    if (found.ok() && !client.has_slots() && InfoField(info->text(), "cluster_enabled") == "1") {
      found = core::Error(Reason::kStoreForeign,
                          "The store is a Redis Cluster, and redis.topology says otherwise.")
                  .Because("cluster_enabled is 1");
    }
  }
  reachable_ = answered;
  for (const redis::Result<redis::Reply>& reply : configs) {
    if (found.ok()) found = reply.ok() ? JudgeConfig(*reply) : core::Status(FromRedis(reply.error()));
  }
  if (found.ok()) {
    core::Status markers = co_await CheckMarkers(client);
    found = std::move(markers);
  }
  // That Redis is slow or away for a moment is told by every call itself; to close for it would only add to
  // the damage.
  const bool passing = !found.ok() && (found.error().reason == Reason::kStoreUnreachable ||
                                       found.error().reason == Reason::kOutcomeUnknown ||
                                       found.error().reason == Reason::kOverloaded);
  if (!passing || !markers_seen_) verdict_ = std::move(found);
}

async::Task<void> Guard::Watch(redis::Client& client) {
  while (!stopped_.is_set()) {
    co_await Check(client);
    co_await stopped_.WaitUntil(
        async::After(verdict_.ok() ? config_.check_interval : config_.check_interval / 4));
  }
}

}  // namespace tessera::storage
