#include "storage/redis/code_revoking.h"

#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

constexpr int kAttemptsMax = 32;

}  // namespace

async::Task<core::Result<ScriptReply>> CodeRevoking::Run(Operation op, core::CodeNumber code, CodeRange range,
                                                         OperationPlace place) const {
  const Keys& keys = backend_.keys;
  const Deadline deadline = op.deadline;
  const bool once = range.uses_max == 1;
  redis::Command command(redis_scripts::kRevokeCode);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier));
  command.Key(once ? keys.Code(code) : keys.Uses(code)).Key(keys.Ledger(code.partition(keys.shape())));
  backend_.AddBegin(command, op, place);
  command.Arg(once ? CodeField(code, keys.shape()) : std::string(kUsesWithdrawn)).Arg(PackCode(code));
  command.Arg(PackNumber(range.campaign.value, 4));
  co_return co_await backend_.Run(std::move(command), deadline);
}

async::Task<core::Result<Revoked>> CodeRevoking::Revoke(RevokeIntent intent) {
  const Deadline deadline = intent.op.deadline;
  const core::CodeNumber code = std::get<core::CodeNumber>(intent.coupon);
  const uint32_t partition = code.partition(backend_.keys.shape());
  core::Result<OperationPlace> place = backend_.Place(intent.op, partition);
  if (!place.ok()) co_return std::move(place).error();
  const core::Result<CodeRange> range = co_await ranges_.Of(code, deadline);
  if (!range.ok()) {
    co_return co_await outcomes_.RefuseUnlessReplay<Revoked>(intent.op, *place, range.error());
  }
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    core::Result<ScriptReply> reply = co_await Run(intent.op, code, *range, *place);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string_view status = reply->status;
    if (status == "OK") {
      co_return co_await outcomes_.OpenReply<Revoked>(std::move(*reply), *place, deadline);
    }
    if (status == "REVOKED") {
      co_return core::Error(core::Reason::kCouponRevoked, "The code was taken back already.");
    }
    if (status == "BUSY") {
      core::Result<CodeFound> found = co_await taking_.AwaitDecided(code, deadline);
      if (!found.ok()) co_return std::move(found).error();
      if (found->kind == CodeFound::Kind::kUsed) {
        intent.coupon = found->coupon;
        co_return co_await settling_.Revoke(std::move(intent));
      }
    } else if (!backend_.PeriodPassed(*reply)) {
      co_return CommonRefusal(status);
    }
    place = backend_.Place(intent.op, partition);
    if (!place.ok()) co_return std::move(place).error();
  }
  co_return Contended("Others keep asking for the code.");
}

}  // namespace tessera::storage
