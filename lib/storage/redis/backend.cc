#include "storage/redis/backend.h"

#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

constexpr core::InstantMs kForever = core::kAmountMax;

}  // namespace

int64_t ScriptReply::version() const {
  const redis::Result<int64_t> version = reply[2].Number();
  return version.ok() ? *version : 0;
}

OperationPlace OperationPlace::At(core::OpRef ref) {
  OperationPlace place;
  place.ref = ref;
  place.earlier = ref;
  return place;
}

async::Task<core::Result<redis::Reply>> Backend::Call(redis::Command command, Deadline deadline,
                                                      redis::Retry retry) const {
  if (RedisClock::Steady::now() >= deadline) co_return CommonRefusal("DEADLINE");
  if (const core::Status open = guard.MayUse(command.reads_only()); !open.ok()) co_return open.error();
  const bool writes = !command.reads_only();
  redis::Result<redis::Reply> reply = co_await client.Execute(std::move(command), deadline, retry);
  if (!reply.ok()) co_return FromRedis(reply.error());
  if (writes && !guard.verdict().ok()) {
    // It may have been written by a later attempt, on a Redis that does not keep what is promised.
    co_return OutcomeUnknown(guard.verdict().error().message);
  }
  co_return std::move(*reply);
}

async::Task<core::Result<ScriptReply>> Backend::Run(redis::Command command, Deadline deadline,
                                                    redis::Retry retry) const {
  const std::string_view name = command.script() != nullptr ? command.script()->name : command.name();
  core::Result<redis::Reply> reply = co_await Call(std::move(command), deadline, retry);
  if (!reply.ok()) co_return std::move(reply).error();
  ScriptReply answer;
  answer.reply = std::move(*reply);
  answer.status = answer.reply[0].text();
  answer.now_ms = answer.reply[1].integer();
  if (answer.status.empty()) co_return Nonsense(name, answer.reply);
  co_return answer;
}

core::Status Backend::MayBeRecorded(Method method, std::optional<core::InstantMs> id_time_ms) const {
  const core::InstantMs now = clock.Now();
  if (id_time_ms.has_value() && *id_time_ms < now - config.KeptFor(RetentionOf(method)).count()) {
    return core::Error(core::Reason::kRequestTooOld, "The request_id is older than records are kept.");
  }
  if (id_time_ms.has_value() && *id_time_ms > now + kRequestAheadMaxMs) {
    return core::InvalidField("request_id", "must not lie more than a day in the future");
  }
  return core::Ok();
}

core::Result<OperationPlace> Backend::Place(Method method, uint32_t partition,
                                            const std::array<uint8_t, 12>& field,
                                            std::optional<core::InstantMs> id_time_ms) const {
  const core::Status may = MayBeRecorded(method, id_time_ms);
  if (!may.ok()) return may.error();
  const core::Retention retention = RetentionOf(method);
  const core::InstantMs length = config.KeptFor(retention).count();
  const core::InstantMs now = clock.Now();
  OperationPlace place;
  const core::InstantMs period = id_time_ms.value_or(now) / length;
  place.ref = {partition, retention, static_cast<uint32_t>(period), field};
  place.earlier = place.ref;
  place.expires_ms = (period + 2) * length;
  place.until_ms = kForever;
  if (!id_time_ms.has_value()) {
    place.earlier.period -= 1;
    place.from_ms = period * length;
    place.until_ms = place.from_ms + length;
  }
  return place;
}

async::Task<core::Result<std::optional<std::string>>> Backend::Find(OperationPlace place, Deadline deadline,
                                                                    core::OpRef* where) const {
  // A reference comes from the caller and may name a partition that this namespace does not have.
  if (place.ref.partition >= keys.shape().partitions) {
    if (RedisClock::Steady::now() >= deadline) co_return CommonRefusal("DEADLINE");
    co_return std::optional<std::string>();
  }
  for (const core::OpRef& ref : {place.ref, place.earlier}) {
    core::Result<std::optional<std::string>> record =
        co_await ReadRecord(keys.Operation(ref), std::string(ref.field_view()), deadline);
    if (!record.ok()) co_return record;
    if (record->has_value()) {
      if (where != nullptr) *where = ref;
      co_return record;
    }
    if (place.earlier == place.ref) break;
  }
  co_return std::optional<std::string>();
}

async::Task<core::Result<std::optional<std::string>>> Backend::FindClaim(uint32_t partition, uint32_t bucket,
                                                                         std::array<uint8_t, 12> field,
                                                                         Deadline deadline) const {
  co_return co_await ReadRecord(keys.Wallet(partition, bucket), ClaimField(field), deadline);
}

async::Task<core::Result<std::optional<std::string>>> Backend::ReadRecord(std::string key, std::string field,
                                                                          Deadline deadline) const {
  redis::Command command("HGET");
  // Who hears of a record relies on it.
  command.ReadOnly().WaitForReplicas().Key(key).Arg(field);
  core::Result<redis::Reply> reply = co_await Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->is_nil()) co_return std::optional<std::string>();
  co_return std::optional<std::string>(reply->text());
}

core::Result<std::optional<std::string>> Backend::Replayed(const Operation& op, std::string record) {
  if (record[0] == static_cast<char>(RecordType::kFence)) return CommonRefusal("FENCED");
  if (!HasBody(record, op.body)) return CommonRefusal("REUSED");
  return std::optional<std::string>(std::move(record));
}

async::Task<core::Result<std::optional<std::string>>> Backend::Replay(Operation op, OperationPlace place,
                                                                      core::OpRef* where) const {
  core::Result<std::optional<std::string>> record = co_await Find(std::move(place), op.deadline, where);
  if (!record.ok() || !record->has_value()) co_return record;
  co_return Replayed(op, std::move(**record));
}

bool Backend::PeriodPassed(const ScriptReply& reply) const {
  if (reply.status != "PERIOD") return false;
  clock.CatchUp(reply.now_ms);
  return true;
}

Deadline Afterwards(Deadline deadline) {
  return std::min(deadline, async::After(std::chrono::milliseconds(500)));
}

void Backend::AddBegin(redis::Command& command, const Operation& op, const OperationPlace& place) const {
  command.Arg(clock.At(op.deadline))
      .Arg(View(op.field))
      .Arg(View(op.body))
      .Arg(place.expires_ms)
      .Arg(place.from_ms)
      .Arg(place.until_ms);
}

}  // namespace tessera::storage
