#include "storage/redis/code_taking.h"

#include <algorithm>

#include "async/timer.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {
namespace {

// A code that was taken less than this ago is left to its holder: else two operations fence each other for
// ever.
constexpr core::InstantMs kPatienceMs = 200;
constexpr std::chrono::milliseconds kWaitMax{20};
// Looks at one code before its caller is told that it was unlucky (ABORTED).
constexpr int kRoundsMax = 200;

}  // namespace

std::string CodeHolder::Pack() const {
  return PackNumber(ref.partition, 2).append(ref.Pack()).append(View(body));
}

std::optional<CodeHolder> CodeHolder::Unpack(std::string_view packed, int64_t attempt) {
  Unpacker in(packed);
  CodeHolder holder;
  const auto partition = static_cast<uint32_t>(in.Number(2));
  const std::optional<core::OpRef> ref = core::OpRef::Unpack(partition, in.Bytes(kReferenceBytes));
  const std::string_view body = in.Bytes(holder.body.size());
  if (in.failed() || in.left() > 0 || !ref.has_value()) return std::nullopt;
  holder.ref = *ref;
  std::copy(body.begin(), body.end(), holder.body.begin());
  holder.attempt = attempt;
  return holder;
}

struct CodeTaking::State {
  CodeFound::Kind kind = CodeFound::Kind::kTaken;
  bool of_many = false;          // the code is good several times
  core::InstantMs held_for = 0;  // kHeld: how long
  CodeHolder holder;             // kHeld, kUsed
  core::CouponNumber coupon;     // kUsed

  bool has_holder() const { return kind == CodeFound::Kind::kHeld || kind == CodeFound::Kind::kUsed; }
};

async::Task<core::Result<CodeTaking::State>> CodeTaking::Read(core::CodeNumber code, CodeHolder holder,
                                                              bool look, Deadline deadline) const {
  const core::Result<CodeRange> range = co_await ranges_.Of(code, deadline);
  if (!range.ok()) co_return range.error();
  const bool once = range->uses_max == 1;
  redis::Command command(once ? redis_scripts::kTakeCode : redis_scripts::kTakeUse);
  if (once) {
    command.Key(backend_.keys.Code(code)).Arg(backend_.clock.At(deadline));
    command.Arg(CodeField(code, backend_.keys.shape()));
  } else {
    command.Key(backend_.keys.Uses(code)).Key(backend_.keys.UsesTaken(code));
    command.Arg(backend_.clock.At(deadline));
  }
  command.Arg(holder.Pack()).Arg(holder.attempt).Arg(look ? "look" : "take");
  if (!once) command.Arg(range->uses_max);
  if (look) command.ReadOnly();
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  const std::string_view status = reply->status;
  State state;
  state.of_many = !once;
  if (status == "TAKEN") co_return state;
  if (status == "DEADLINE") co_return CommonRefusal(status);
  state.kind = CodeFound::Kind::kRevoked;
  if (status == "REVOKED") co_return state;
  state.kind = CodeFound::Kind::kFree;
  // Others are about to take the last uses, if they decide to: whoever only looks may have one as well.
  if (status == "FREE" || (look && !once && status == "HELD")) co_return state;
  state.kind = CodeFound::Kind::kSpent;
  if (status == "SPENT") co_return state;
  const bool used = status == "USED";
  if (!used && status != "HELD") co_return Nonsense("take_code", reply->reply);
  const std::optional<CodeHolder> other =
      CodeHolder::Unpack(reply->reply[used ? 3 : 4].text(), used ? 0 : reply->reply[3].integer());
  if (!other.has_value() || other->ref.partition >= backend_.keys.shape().partitions) {
    co_return Unreadable("state of a code");
  }
  state.holder = *other;
  state.kind = used ? CodeFound::Kind::kUsed : CodeFound::Kind::kHeld;
  if (used) {
    state.coupon.value = Unpacker(reply->reply[2].text()).Number(kNumberBytes);
  } else {
    state.held_for = reply->now_ms - reply->reply[2].integer();
  }
  co_return state;
}

async::Task<core::Result<CodeFound>> CodeTaking::Take(core::CodeNumber code, CodeHolder holder,
                                                      Deadline deadline) const {
  return Obtain(code, std::move(holder), false, deadline);
}

async::Task<core::Result<CodeFound>> CodeTaking::AwaitDecided(core::CodeNumber code,
                                                              Deadline deadline) const {
  return Obtain(code, CodeHolder(), true, deadline);
}

async::Task<core::Result<CodeFound>> CodeTaking::Obtain(core::CodeNumber code, CodeHolder holder, bool look,
                                                        Deadline deadline) const {
  std::chrono::milliseconds wait{1};
  for (int round = 0; round < kRoundsMax; ++round) {
    core::Result<State> state = co_await Read(code, holder, look, deadline);
    if (!state.ok()) co_return std::move(state).error();
    if (!state->has_holder()) co_return CodeFound{state->kind, {}};
    if (state->kind == CodeFound::Kind::kHeld && state->held_for < kPatienceMs) {
      if (async::After(wait) >= deadline) break;
      co_await async::Sleep(wait);
      wait = std::min(2 * wait, kWaitMax);
      continue;
    }
    const bool may_have_others = state->of_many && state->kind == CodeFound::Kind::kHeld;
    core::Result<std::optional<core::CouponNumber>> coupon =
        co_await Settle(code, std::move(*state), deadline);
    if (!coupon.ok()) co_return std::move(coupon).error();
    // Another's use of a code that is good several times is one of many: what is left, the home knows.
    if (coupon->has_value() && !may_have_others) co_return CodeFound{CodeFound::Kind::kUsed, **coupon};
  }
  co_return Contended("Another order is about to use the coupon.");
}

async::Task<core::Result<CodeFound>> CodeTaking::Look(core::CodeNumber code, Deadline deadline) const {
  core::Result<State> state = co_await Read(code, CodeHolder(), true, deadline);
  if (!state.ok()) co_return std::move(state).error();
  if (!state->has_holder()) co_return CodeFound{state->kind, {}};
  const OperationPlace place = PlaceOf(state->holder);
  core::Result<std::optional<std::string>> text = co_await backend_.Find(place, deadline);
  if (!text.ok()) co_return std::move(text).error();
  const bool its_own = text->has_value() && HasBody(**text, state->holder.body);
  const std::optional<Record> record = its_own ? OpenRecord(**text) : std::nullopt;
  const std::optional<core::CouponNumber> made =
      record.has_value() ? MadeOf(*record, code) : std::optional<core::CouponNumber>();
  if (made.has_value()) co_return CodeFound{CodeFound::Kind::kUsed, *made};
  // One that was used so long ago that its holder's record is forgotten is used; one that is held can be had
  // by who takes it.
  const bool used = state->kind == CodeFound::Kind::kUsed;
  if (used && !record.has_value()) co_return CodeFound{CodeFound::Kind::kUsed, state->coupon};
  co_return CodeFound{CodeFound::Kind::kFree, {}};
}

OperationPlace CodeTaking::PlaceOf(const CodeHolder& holder) const {
  OperationPlace place = OperationPlace::At(holder.ref);
  if (place.earlier.period > 0) --place.earlier.period;
  const core::InstantMs length = backend_.config.KeptFor(holder.ref.retention).count();
  place.expires_ms = (core::InstantMs{holder.ref.period} + 2) * length;
  return place;
}

async::Task<core::Result<std::optional<core::CouponNumber>>> CodeTaking::Settle(core::CodeNumber code,
                                                                                State state,
                                                                                Deadline deadline) const {
  const OperationPlace place = PlaceOf(state.holder);
  redis::Command command(redis_scripts::kAskHolder);
  command.Key(backend_.keys.Operation(place.ref)).Key(backend_.keys.Operation(place.earlier));
  command.Key(backend_.keys.Outgoing(place.ref.partition));
  command.Arg(place.ref.field_view()).Arg(View(state.holder.body)).Arg(state.holder.attempt);
  command.Arg(place.expires_ms).Arg(PackCode(code)).Arg(state.holder.Pack());
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  const std::string_view heard = (*reply)[0].text();
  const bool held = state.kind == CodeFound::Kind::kHeld;
  core::Status told = core::Ok();
  if (heard == "UNDONE") {
    told = co_await TellHome(code, "undone", state.holder, deadline);
  } else if (heard == "FENCED" && held) {
    told = co_await TellHome(code, "free", state.holder, deadline);
  } else if (heard == "FENCED") {
    // The code was used so long ago that nothing else is known of it.
    co_return std::optional<core::CouponNumber>(state.coupon);
  } else if (heard == "COMMITTED") {
    const core::CouponNumber coupon{Unpacker((*reply)[1].text()).Number(kNumberBytes)};
    if (held) told = co_await TellHome(code, "used", state.holder, deadline, coupon);
    if (told.ok()) co_return std::optional<core::CouponNumber>(coupon);
  } else {
    co_return Nonsense("ask_holder", *reply);
  }
  if (!told.ok()) co_return std::move(told).error();
  co_return std::optional<core::CouponNumber>();
}

async::Task<core::Status> CodeTaking::TellHome(core::CodeNumber code, std::string_view what,
                                               CodeHolder holder, Deadline deadline,
                                               core::CouponNumber coupon) const {
  const Keys& keys = backend_.keys;
  const core::Result<CodeRange> range = co_await ranges_.Of(code, deadline);
  if (!range.ok()) co_return range.error();
  const bool once = range->uses_max == 1;
  redis::Command command(once ? redis_scripts::kSettleCode : redis_scripts::kSettleUse);
  if (once) {
    command.Key(keys.Code(code)).Key(keys.Ledger(code.partition(keys.shape())));
    command.Arg(CodeField(code, keys.shape()));
  } else {
    command.Key(keys.Uses(code)).Key(keys.UsesTaken(code));
  }
  command.Arg(holder.Pack()).Arg(what).Arg(holder.attempt).Arg(PackNumber(coupon.value, kNumberBytes));
  if (once) command.Arg(PackCode(code));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return core::Ok();
}

async::Task<core::Status> CodeTaking::Forget(core::CodeNumber code, CodeHolder holder, std::string news,
                                             Deadline deadline) const {
  redis::Command command(redis_scripts::kClearOutgoing);
  command.Key(backend_.keys.Outgoing(holder.ref.partition)).Arg(PackCode(code) + holder.Operation());
  command.Arg(news);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return core::Ok();
}

async::Task<core::Status> CodeTaking::Confirm(core::CodeNumber code, CodeHolder holder,
                                              core::CouponNumber coupon, Deadline deadline) const {
  core::Status told = co_await TellHome(code, "used", holder, deadline, coupon);
  if (!told.ok()) co_return told;
  std::string news = 'U' + holder.Pack() + PackNumber(coupon.value, kNumberBytes);
  co_return co_await Forget(code, holder, std::move(news), deadline);
}

async::Task<core::Status> CodeTaking::Free(core::CodeNumber code, CodeHolder holder,
                                           Deadline deadline) const {
  co_return co_await TellHome(code, "free", std::move(holder), deadline);
}

async::Task<core::Status> CodeTaking::Undo(core::CodeNumber code, CodeHolder holder,
                                           Deadline deadline) const {
  core::Status told = co_await TellHome(code, "undone", holder, deadline);
  if (!told.ok()) co_return told;
  co_return co_await Forget(code, holder, 'N' + holder.Pack(), deadline);
}

async::Task<core::Result<int64_t>> CodeTaking::TellOutgoing(uint32_t partition, Deadline deadline) const {
  redis::Command command("HGETALL");
  command.ReadOnly().Key(backend_.keys.Outgoing(partition));
  core::Result<redis::Reply> all = co_await backend_.Call(std::move(command), deadline);
  if (!all.ok()) co_return std::move(all).error();
  int64_t told = 0;
  core::Status failed = core::Ok();  // the first of them; the others are not left waiting
  for (size_t i = 0; i + 1 < all->size(); i += 2) {
    const core::CodeNumber code{Unpacker((*all)[i].text()).Number(kNumberBytes)};
    Unpacker in((*all)[i + 1].text());
    const std::string_view what = in.Bytes(1);
    const std::optional<CodeHolder> holder = CodeHolder::Unpack(in.Bytes(CodeHolder::kPackedBytes), 0);
    core::Status heard = core::Ok();
    if (!holder.has_value()) {
      heard = Unreadable("news of a code");
    } else if (what == "U") {
      const core::CouponNumber coupon{in.Number(kNumberBytes)};
      heard = co_await Confirm(code, *holder, coupon, deadline);
    } else {
      heard = co_await Undo(code, *holder, deadline);
    }
    if (heard.ok()) ++told;
    if (!heard.ok() && failed.ok()) failed = std::move(heard);
  }
  if (!failed.ok()) co_return std::move(failed).error();
  co_return told;
}

}  // namespace tessera::storage
