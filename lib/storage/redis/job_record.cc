#include "storage/redis/job_record.h"

#include "storage/redis/records.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {
namespace {

std::string Spec(const GenerateWork& work) {
  std::string spec = PackNumber(work.code_key_id, 1);
  if (!work.pattern) return spec;
  spec += PackNumber(static_cast<uint64_t>(work.pattern->length()), 1);
  spec += PackNumber(work.pattern->prefix().size(), 1) + work.pattern->prefix();
  return spec + work.pattern->alphabet();
}

std::string Spec(const RevokeWork& work) {
  return PackNumber(work.reserved_policy == ReservedPolicy::kBreak ? 1 : 0, 1) + PackNumber(work.start, 5);
}

std::optional<Work> OpenGenerate(Unpacker in, uint64_t count) {
  GenerateWork work;
  work.count = count;
  work.code_key_id = static_cast<uint8_t>(in.Number(1));
  if (in.failed()) return std::nullopt;
  if (in.left() == 0) return Work(work);
  const auto length = static_cast<int>(in.Number(1));
  const std::string_view prefix = in.Bytes(in.Number(1));
  core::Result<core::CodePattern> pattern = core::CodePattern::Parse(prefix, length, in.Rest(), "pattern");
  if (in.failed() || !pattern.ok()) return std::nullopt;
  work.pattern = *std::move(pattern);
  return Work(work);
}

std::optional<Work> OpenRevoke(Unpacker in, uint64_t batch, uint64_t count) {
  RevokeWork work;
  work.batch = batch;
  work.reserved_policy = in.Number(1) != 0 ? ReservedPolicy::kBreak : ReservedPolicy::kWait;
  work.start = in.Number(5);
  work.count = count;
  if (in.failed()) return std::nullopt;
  return Work(work);
}

std::optional<JobState> StateOf(char state) {
  switch (state) {
    case 'P':
      return JobState::kPending;
    case 'R':
      return JobState::kRunning;
    case 'S':
      return JobState::kSucceeded;
    case 'C':
      return JobState::kCancelled;
    case 'F':
      return JobState::kFailed;
    default:
      return std::nullopt;
  }
}

}  // namespace

char TypeOf(const Work& work) { return std::holds_alternative<GenerateWork>(work) ? 'M' : 'W'; }

std::string PackSpec(const Work& work) {
  return std::visit([](const auto& one) { return Spec(one); }, work);
}

std::optional<StoredJob> OpenJob(std::string_view packed, uint64_t job, const core::Shape& shape) {
  const auto home = static_cast<uint32_t>(job % shape.partitions);
  Unpacker in(packed);
  StoredJob stored;
  Job& opened = stored.job;
  const auto type = static_cast<char>(in.Number(1));
  const std::optional<JobState> state = StateOf(static_cast<char>(in.Number(1)));
  opened.job = job;
  stored.campaign = in.Campaign();
  opened.batch = in.Number(5) * shape.partitions + home;
  const uint64_t first = in.Number(5);
  opened.numbers.stride = shape.partitions;
  opened.numbers.count = in.Number(5);
  opened.done = in.Signed(5);
  opened.refused = in.Signed(5);
  opened.create_time_ms = in.Signed(6);
  opened.start_time_ms = in.Signed(6);
  opened.update_time_ms = in.Signed(6);
  opened.end_time_ms = in.Signed(6);
  const uint64_t failure = in.Number(1);
  in.Bytes(8 + 6);  // the lease, which is the scripts' own
  if (in.failed() || !state.has_value()) return std::nullopt;
  opened.numbers.first = core::CodeNumber::Of(shape, home, first).value;
  opened.state = *state;
  if (opened.state == JobState::kFailed) opened.failure = static_cast<core::Reason>(failure - 1);
  std::optional<Work> work = type == 'M' ? OpenGenerate(in, opened.numbers.count)
                                         : OpenRevoke(in, opened.batch, opened.numbers.count);
  if (!work.has_value()) return std::nullopt;
  opened.work = *std::move(work);
  return stored;
}

}  // namespace tessera::storage
