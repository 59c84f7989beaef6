#include "storage/redis/code_ranges.h"

#include "storage/redis/errors.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {

const CodeRanges::Range* CodeRanges::Find(const Ranges& ranges, uint64_t index) const {
  const auto after = ranges.upper_bound(index);
  if (after == ranges.begin()) return nullptr;
  const Range& range = std::prev(after)->second;
  return index < range.end ? &range : nullptr;
}

async::Task<core::Result<core::CampaignNumber>> CodeRanges::CampaignOf(core::CodeNumber code,
                                                                       Deadline deadline) {
  const core::Shape& shape = backend_.keys.shape();
  const uint64_t index = code.index(shape);
  Ranges& ranges = known_[code.home(shape)];
  if (const Range* range = Find(ranges, index)) co_return range->campaign;
  redis::Command command("ZRANGE");
  command.ReadOnly().WaitForReplicas().Key(backend_.keys.Ranges(code.home(shape)));
  command.Arg(index).Arg("-inf").Arg("BYSCORE").Arg("REV").Arg("LIMIT").Arg(0).Arg(1);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->size() == 1) {
    // As scripts/generate_codes.lua packs it.
    Unpacker in((*reply)[0].text());
    const uint64_t first = in.Number(5);
    Range range;
    range.end = first + in.Number(5);
    range.campaign = in.Campaign();
    if (in.failed()) co_return Unreadable("range of codes");
    if (ranges.size() >= kRememberedMax) ranges.clear();
    ranges[first] = range;
  }
  if (const Range* range = Find(ranges, index)) co_return range->campaign;
  co_return core::Error(core::Reason::kCouponNotFound, "There is no such coupon.");
}

}  // namespace tessera::storage
