// Operation records of the model: how a call is known again, fenced, or too old.

#include "memory_store.h"

namespace tessera::contract {

using core::Result;
using storage::OperationQuery;
using storage::OperationState;
using storage::OperationStatus;

int64_t MemoryStore::RetentionMs(core::Retention retention) const {
  return retention == core::Retention::kLong ? options_.retention_long_ms : options_.retention_short_ms;
}

bool MemoryStore::TooOld(storage::Method method, const std::optional<core::InstantMs>& id_time_ms) const {
  return id_time_ms && *id_time_ms + RetentionMs(storage::RetentionOf(method)) < now();
}

core::OpRef MemoryStore::RefOf(storage::Method method, uint32_t partition,
                               const std::array<uint8_t, 12>& field,
                               const std::optional<core::InstantMs>& id_time_ms) const {
  const core::Retention retention = storage::RetentionOf(method);
  const int64_t period = id_time_ms.value_or(now()) / RetentionMs(retention);
  return {.partition = partition,
          .retention = retention,
          .period = static_cast<uint32_t>(period),
          .field = field};
}

uint32_t MemoryStore::PlaceOf(const core::UserKey& user) const {
  return user.bucket(options_.shape) * options_.shape.partitions + user.partition(options_.shape);
}

uint32_t MemoryStore::PlaceOf(const OperationQuery& query) const {
  if (!storage::IssuesCoupons(query.method)) return query.partition;
  return query.bucket * options_.shape.partitions + query.partition;
}

const OperationRecord* MemoryStore::Find(storage::Method method, uint32_t partition,
                                         const std::array<uint8_t, 12>& field,
                                         const std::optional<core::InstantMs>& id_time_ms) const {
  core::OpRef ref = RefOf(method, partition, field, id_time_ms);
  auto found = operations_.find(ref);
  if (found == operations_.end() && !id_time_ms) {
    // An id without a time may have been used in the period before.
    --ref.period;
    found = operations_.find(ref);
  }
  return found == operations_.end() ? nullptr : &found->second;
}

void MemoryStore::Remember(const core::OpRef& ref, const storage::Operation& op, storage::Outcome outcome) {
  operations_[ref] = {.fenced = false, .body = op.body, .outcome = std::move(outcome)};
}

Result<OperationStatus> MemoryStore::StatusOf(const OperationQuery& query) const {
  if (TooOld(query.method, query.id_time_ms)) return OperationStatus{OperationState::kTooOld, std::nullopt};
  const OperationRecord* record = Find(query.method, PlaceOf(query), query.field, query.id_time_ms);
  if (record == nullptr) return OperationStatus{OperationState::kUnknown, std::nullopt};
  if (record->fenced) return OperationStatus{OperationState::kFenced, std::nullopt};
  return OperationStatus{OperationState::kCommitted, record->outcome};
}

async::Task<Result<OperationStatus>> MemoryStore::GetOperation(OperationQuery query) {
  co_return StatusOf(query);
}

async::Task<Result<OperationStatus>> MemoryStore::FenceOperation(OperationQuery query) {
  const Result<OperationStatus> status = StatusOf(query);
  if (status->state != OperationState::kUnknown) co_return status;
  if (probing_) co_return WouldTakeEffect();
  operations_[RefOf(query.method, PlaceOf(query), query.field, query.id_time_ms)].fenced = true;
  co_return OperationStatus{OperationState::kFenced, std::nullopt};
}

}  // namespace tessera::contract
