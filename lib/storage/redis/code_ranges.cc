#include "storage/redis/code_ranges.h"

#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {

core::NumberRow CodeRanges::Row(const CodeRange& range) const {
  const core::Shape& shape = backend_.keys.shape();
  const auto home = static_cast<uint32_t>(range.batch % shape.partitions);
  core::NumberRow row;
  row.first = core::CodeNumber::Of(shape, home, range.first).value;
  row.stride = shape.partitions;
  row.count = range.count;
  return row;
}

const CodeRange* CodeRanges::Find(const Ranges& ranges, uint64_t index) const {
  const auto after = ranges.upper_bound(index);
  if (after == ranges.begin()) return nullptr;
  const CodeRange& range = std::prev(after)->second;
  return index < range.first + range.count ? &range : nullptr;
}

core::Result<CodeRange> CodeRanges::Open(std::string_view packed, uint32_t home) const {
  Unpacker in(packed);
  CodeRange range;
  range.first = in.Number(5);
  range.count = in.Number(5);
  range.campaign = in.Campaign();
  range.batch = in.Number(5) * backend_.keys.shape().partitions + home;
  range.code_key_id = static_cast<uint8_t>(in.Number(1));
  const auto uses = static_cast<uint32_t>(in.Number(4));
  range.imported = uses > 0;
  range.uses_max = range.imported ? uses : 1;
  if (in.failed()) return Unreadable("range of codes");
  return range;
}

async::Task<core::Result<CodeRange>> CodeRanges::Of(core::CodeNumber code, Deadline deadline) {
  const core::Shape& shape = backend_.keys.shape();
  const uint64_t index = code.index(shape);
  Ranges& ranges = known_[code.home(shape)];
  if (const CodeRange* range = Find(ranges, index)) co_return *range;
  redis::Command command("ZRANGE");
  command.ReadOnly().WaitForReplicas().Key(backend_.keys.Ranges(code.home(shape)));
  command.Arg(index).Arg("-inf").Arg("BYSCORE").Arg("REV").Arg("LIMIT").Arg(0).Arg(1);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->size() == 1) {
    core::Result<CodeRange> range = Open((*reply)[0].text(), code.home(shape));
    if (!range.ok()) co_return std::move(range).error();
    if (ranges.size() >= kRememberedMax) ranges.clear();
    ranges[range->first] = *range;
  }
  if (const CodeRange* range = Find(ranges, index)) co_return *range;
  co_return core::Error(core::Reason::kCouponNotFound, "There is no such coupon.");
}

async::Task<core::Result<CodeRange>> CodeRanges::OfBatch(uint64_t batch, Deadline deadline) const {
  const core::Shape& shape = backend_.keys.shape();
  const auto home = static_cast<uint32_t>(batch % shape.partitions);
  redis::Command command(redis_scripts::kFindBatch);
  command.ReadOnly().WaitForReplicas().Key(backend_.keys.Ranges(home)).Arg(batch / shape.partitions);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  const std::string_view status = (*reply)[0].text();
  if (status == "FOUND") co_return Open((*reply)[1].text(), home);
  if (status != "NONE") co_return Nonsense("find_batch", *reply);
  co_return core::Error(core::Reason::kBatchNotFound, "There is no such batch.");
}

}  // namespace tessera::storage
