#include "storage/redis/code_generating.h"

#include <cmath>

#include "scripts.h"
#include "storage/redis/records.h"

namespace tessera::storage {

namespace {

// Numbers for an import of so many codes: each partition gives its own share to the codes whose names stand
// there, and these are spread evenly but for chance. A share has 8 standard deviations and 16 more than the
// mean, so that it is too small less than once in 10^12 imports.
uint64_t NumbersFor(uint64_t codes, const core::Shape& shape) {
  const double mean = static_cast<double>(codes) / shape.partitions;
  return shape.partitions * static_cast<uint64_t>(std::ceil(mean + 8 * std::sqrt(mean) + 16));
}

}  // namespace

struct CodeGenerating::Extent {
  uint64_t count = 0;
  uint64_t made = 0;  // of them, by this call
  uint8_t code_key_id = 0;
  uint32_t uses = 0;  // part/range.lua: of each imported code, 0 for others
};

async::Task<core::Result<GeneratedCodes>> CodeGenerating::GiveOut(HomeCall call, Extent extent) {
  const Operation op = call.op;
  call.build = [&](const core::Campaign& campaign, const OperationPlace& place) {
    const Keys& keys = backend_.keys;
    const uint32_t home = keys.Home(campaign.id);
    redis::Command command(redis_scripts::kGenerateCodes);
    command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier));
    command.Key(keys.Definition(campaign.id));
    command.Key(keys.Ranges(home)).Key(keys.Batches(home)).Key(keys.Ledger(home));
    backend_.AddBegin(command, op, place);
    command.Arg(campaign.version).Arg(extent.count).Arg(CodeIndexEnd(keys.shape()));
    command.Arg(PackNumber(campaign.number.value, 4)).Arg(PackNumber(extent.code_key_id, 1));
    command.Arg(extent.uses).Arg(extent.made);
    return command;
  };
  co_return co_await CallHome<GeneratedCodes>(backend_, directory_, outcomes_, std::move(call));
}

async::Task<core::Result<GeneratedCodes>> CodeGenerating::Make(GenerateCodesIntent intent) {
  HomeCall call;
  call.op = std::move(intent.op);
  call.campaign_id = std::move(intent.campaign_id);
  Extent extent;
  extent.count = intent.count;
  extent.made = intent.count;
  extent.code_key_id = intent.code_key_id;
  return GiveOut(std::move(call), extent);
}

async::Task<core::Result<GeneratedCodes>> CodeGenerating::OpenImport(ImportIntent intent) {
  HomeCall call;
  call.op = std::move(intent.op);
  call.campaign_id = std::move(intent.campaign_id);
  Extent extent;
  extent.count = NumbersFor(intent.codes_max, backend_.keys.shape());
  extent.uses = intent.uses_max;
  return GiveOut(std::move(call), extent);
}

}  // namespace tessera::storage
