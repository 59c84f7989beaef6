#include "storage/redis/code_withdrawing.h"

#include <algorithm>

#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

// Codes of one step: each that was used costs some five commands more.
constexpr uint64_t kCodesPerStep = 4'096;
// Of those that are good several times: each has a key of its own.
constexpr uint64_t kManyUsesPerStep = 64;

// One and the same for each try at one code of one job. Records are spread by a field's first bytes.
Operation OperationOf(const Job& job, core::CodeNumber code, Deadline deadline) {
  Operation op;
  op.method = Method::kRevokeCoupon;
  const uint64_t spread = code.value * 0x9e3779b97f4a7c15 >> 40;
  const std::string field = PackNumber(spread, 3) + PackNumber(job.job, 4) + PackCode(code);
  std::copy(field.begin(), field.end(), op.field.begin());
  op.body.fill('j');
  op.deadline = deadline;
  return op;
}

// What a revocation leaves as it is.
bool IsLeft(core::Reason reason) {
  return reason == core::Reason::kCouponAlreadyRedeemed || reason == core::Reason::kCouponReserved ||
         reason == core::Reason::kCouponExpired;
}

}  // namespace

struct CodeWithdrawing::Withdrawal {
  const Job& job;
  core::CampaignNumber campaign;
  bool imported = false;
  uint64_t begin = 0;  // index of the job's first code
  uint64_t first = 0;  // of the step's
  uint64_t end = 0;
  Deadline deadline;
  int64_t refused = 0;
  std::optional<core::Error> failure;  // the first

  void Fail(core::Error error) {
    if (!failure) failure = std::move(error);
  }
};

// The places that are others' to lose.
async::Task<core::Result<std::string>> CodeWithdrawing::Withdraw(redis::Command command,
                                                                 Deadline deadline) const {
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->status != "WITHDRAWN") co_return Nonsense("withdraw_codes", reply->reply);
  co_return std::string(reply->reply[2].text());
}

async::Task<void> CodeWithdrawing::RevokeOne(Withdrawal* step, core::CodeNumber code) const {
  RevokeIntent intent;
  intent.op = OperationOf(step->job, code, step->deadline);
  intent.coupon = code;
  intent.reserved_policy = std::get<RevokeWork>(step->job.work).reserved_policy;
  const core::Result<Revoked> revoked = co_await revoking_.Revoke(std::move(intent));
  if (revoked.ok() || revoked.error().reason == core::Reason::kCouponRevoked) co_return;
  if (IsLeft(revoked.error().reason)) {
    ++step->refused;
  } else {
    step->Fail(revoked.error());
  }
}

// The step's codes whose states stand in `partition`: neighbours in one bucket.
async::Task<void> CodeWithdrawing::WithdrawNeighbours(Withdrawal* step, uint32_t partition) const {
  const core::Shape& shape = backend_.keys.shape();
  const auto home = static_cast<uint32_t>(step->job.job % shape.partitions);
  const uint64_t index = IndexIn(partition, step->first, shape);
  if (index >= step->end) co_return;
  uint64_t count = (step->end - 1 - index) / shape.partitions + 1;
  if (step->imported) {
    // Of an import, those that were not given out are no codes.
    const core::Result<uint64_t> given = co_await Given(step->job.batch, partition, step->deadline);
    if (!given.ok()) step->Fail(given.error());
    const uint64_t before = (index - step->begin) / shape.partitions;
    count = given.ok() && *given > before ? std::min(count, *given - before) : 0;
  }
  if (count == 0) co_return;
  const core::CodeNumber code = core::CodeNumber::Of(shape, home, index);
  const uint64_t place = code.place(shape) % Keys::kCodesPerBucket;
  redis::Command command(redis_scripts::kWithdrawCodes);
  command.Key(backend_.keys.Code(code)).Key(backend_.keys.Ledger(partition));
  command.Arg(place).Arg(place + count - 1).Arg(PackNumber(step->campaign.value, 4)).Arg(PackCode(code));
  const core::Result<std::string> others = co_await Withdraw(std::move(command), step->deadline);
  if (!others.ok()) {
    step->Fail(others.error());
    co_return;
  }
  for (const char other : *others) {
    const uint64_t distance = static_cast<uint8_t>(other) - place;
    co_await RevokeOne(step, core::CodeNumber::Of(shape, home, index + distance * shape.partitions));
  }
}

async::Task<core::Result<uint64_t>> CodeWithdrawing::Given(uint64_t batch, uint32_t partition,
                                                           Deadline deadline) const {
  redis::Command command("GET");
  command.ReadOnly().Key(backend_.keys.Given(partition, batch));
  const core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return reply.error();
  if (reply->is_nil()) co_return uint64_t{0};
  co_return std::stoull(std::string(reply->text()));
}

async::Task<void> CodeWithdrawing::WithdrawUses(Withdrawal* step, uint64_t index) const {
  const core::Shape& shape = backend_.keys.shape();
  const auto partition = static_cast<uint32_t>(index % shape.partitions);
  const core::Result<uint64_t> given = co_await Given(step->job.batch, partition, step->deadline);
  if (!given.ok()) {
    step->Fail(given.error());
    co_return;
  }
  if ((index - step->begin) / shape.partitions >= *given) co_return;
  const auto home = static_cast<uint32_t>(step->job.job % shape.partitions);
  const core::CodeNumber code = core::CodeNumber::Of(shape, home, index);
  const auto place = static_cast<int>(kUsesWithdrawn[0]);
  redis::Command command(redis_scripts::kWithdrawCodes);
  command.Key(backend_.keys.Uses(code)).Key(backend_.keys.Ledger(partition));
  command.Arg(place).Arg(place).Arg(PackNumber(step->campaign.value, 4)).Arg(PackCode(code));
  const core::Result<std::string> others = co_await Withdraw(std::move(command), step->deadline);
  if (!others.ok()) step->Fail(others.error());
}

async::Task<core::Result<JobStep>> CodeWithdrawing::Step(const Job& job, Deadline deadline) const {
  const core::Shape& shape = backend_.keys.shape();
  const core::CodeNumber first{job.numbers.first};
  const core::Result<CodeRange> range = co_await ranges_.Of(first, deadline);
  if (!range.ok()) co_return range.error();
  Withdrawal step{.job = job, .campaign = range->campaign, .deadline = deadline};
  step.imported = range->imported;
  step.begin = first.index(shape);
  step.first = step.begin + static_cast<uint64_t>(job.done);
  // To the end of a part of the buckets that stand side by side in all partitions.
  const bool once = range->uses_max == 1;
  const uint64_t places = std::clamp<uint64_t>(kCodesPerStep / shape.partitions, 1, Keys::kCodesPerBucket);
  const uint64_t block = shape.partitions * places;
  const uint64_t reach = once ? (step.first / block + 1) * block : step.first + kManyUsesPerStep;
  step.end = std::min(reach, first.index(shape) + job.numbers.count);
  std::vector<async::Task<void>> tasks;
  if (once) {
    for (uint32_t p = 0; p < shape.partitions; ++p) tasks.push_back(WithdrawNeighbours(&step, p));
  } else {
    for (uint64_t index = step.first; index < step.end; ++index) tasks.push_back(WithdrawUses(&step, index));
  }
  co_await async::WhenAll(std::move(tasks));
  if (step.failure) co_return *std::move(step.failure);
  JobStep done;
  done.from = job.done;
  done.to = job.done + static_cast<int64_t>(step.end - step.first);
  done.refused = step.refused;
  co_return done;
}

}  // namespace tessera::storage
