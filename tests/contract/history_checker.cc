#include "history_checker.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::contract {
namespace {

using core::InstantMs;

constexpr size_t kLastCalls = 25;
// A call that took longer than this many milliseconds is judged at as many instants spread over it.
constexpr int64_t kInstantsMax = 200;
// By then a call is over.
constexpr int64_t kCallMs = 250;
// So far a store's own clock may be behind.
constexpr int64_t kClockLagMs = 20;

storage::Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }

// The instant at which a fresh effect says that it happened, if it does.
struct InstantOf {
  const HistoryCall& call;

  std::optional<InstantMs> operator()(const storage::CampaignChanged& v) const { return v.update_time_ms; }
  std::optional<InstantMs> operator()(const storage::Issued& v) const { return v.issue_time_ms; }
  std::optional<InstantMs> operator()(const storage::GeneratedCodes& v) const { return v.make_time_ms; }
  std::optional<InstantMs> operator()(const storage::Redemption& v) const { return v.redeem_time_ms; }
  std::optional<InstantMs> operator()(const storage::Released& v) const { return v.release_time_ms; }
  std::optional<InstantMs> operator()(const storage::RolledBack& v) const { return v.rollback_time_ms; }
  std::optional<InstantMs> operator()(const storage::Revoked& v) const { return v.revoke_time_ms; }
  // A hold that ends with its coupon tells only that it began no earlier than this.
  std::optional<InstantMs> operator()(const storage::Reservation& v) const {
    return v.expire_time_ms - call.ttl_ms;
  }
  template <class Other>
  std::optional<InstantMs> operator()(const Other&) const {
    return std::nullopt;
  }
};

MemoryOptions OptionsFor(StoreUnderTest& store, const InstantMs* now) {
  MemoryOptions options;
  options.shape = store.shape();
  options.home = [&store](const std::string& id) { return store.HomeOf(id); };
  options.clock = [now] { return *now; };
  return options;
}

// What an answer is counted as, besides its kind and reason: how many coupons it is about.
std::string_view KindOf(const Answer& answer) {
  if (!answer.ok()) return "";
  size_t coupons = 0;
  bool in_part = false;
  if (const auto* redemption = std::get_if<storage::Redemption>(&*answer)) {
    coupons = redemption->coupons.size();
    in_part = !redemption->left_out.empty();
  } else if (const auto* reservation = std::get_if<storage::Reservation>(&*answer)) {
    coupons = reservation->coupons.size();
    in_part = !reservation->left_out.empty();
  } else if (const auto* back = std::get_if<storage::RolledBack>(&*answer)) {
    coupons = back->coupons.size();
    in_part = !back->whole;
  }
  if (in_part) return "ok in part";
  return coupons > 1 ? "ok together" : "";
}

}  // namespace

HistoryChecker::HistoryChecker(StoreUnderTest& store, uint64_t seed)
    : store_(store),
      store_ports_{store.campaigns(), store.coupons(), store.codes(), store.redemptions(),
                   store.ledger(),    store.sweeper(), store.loop()},
      seed_(seed),
      model_(OptionsFor(store, &model_now_)),
      model_ports_{model_, model_, model_, model_, model_, model_, model_loop_},
      generator_(seed, store.shape(), [&store](const std::string& id) { return store.HomeOf(id); }) {}

HistoryResult HistoryChecker::Run(int64_t calls) {
  for (int64_t i = 0; i < calls; ++i) {
    if (!Step(generator_.Next(store_.Now()))) return result_;
  }
  // What is left of every stock, unit by unit.
  for (const std::string& id : generator_.campaigns()) {
    for (int i = 0; i < 60; ++i) {
      const HistoryCall claim = generator_.ClaimOfAStranger(id, store_.Now());
      if (!Step(claim)) return result_;
      if (last_.back().find("-> issued") == std::string::npos) break;
    }
  }
  if (CompareState()) SettleAndCompareTotals();
  return result_;
}

// A reservation that ends with its coupon does not tell when it began, so no answer tells whether a hold of
// the order's own had run out by then. The books do: there must be no doubt.
void HistoryChecker::AwaitEndsOfHolds(const HistoryCall& call) {
  for (const core::CouponName& name : call.coupons) {
    const std::optional<InstantMs> end = model_.HoldEndOf(name);
    const InstantMs now = store_.Now();
    if (end && *end > now && *end <= now + kCallMs) store_.WaitUntil(*end + 1);
  }
}

bool HistoryChecker::Step(const HistoryCall& call) {
  if (call.kind == CallKind::kReserve) AwaitEndsOfHolds(call);
  from_ = store_.Now();
  const std::vector<Answer> found = Perform(store_ports_, call);
  until_ = store_.Now();
  ++result_.calls;
  Note(call, found);
  expected_.clear();
  if (!Explains(call, found)) {
    std::string text;
    for (const Answer& answer : found) text += "\n    " + Describe(answer);
    Fail(call, expected_, text);
    return false;
  }
  generator_.Learn(call, found);
  return true;
}

bool HistoryChecker::Explains(const HistoryCall& call, const std::vector<Answer>& found) {
  if (call.kind == CallKind::kIssue) return ExplainsIssue(call, found);
  if (found.size() != 1) return false;
  if (call.kind == CallKind::kSweep) return found[0].ok() && SweepsAlike(call);
  if (call.kind == CallKind::kApply) {
    AskModel(call, until_, false).ok();
    return found[0].ok();
  }
  return ExplainsOne(call, found[0]);
}

// What a hold had spent is others' only once it is swept, so both must have swept the same holds: the store
// sweeps again when one may have run out after it looked.
bool HistoryChecker::SweepsAlike(const HistoryCall& call) {
  const auto sweep_model = [&](InstantMs at) {
    model_now_ = at;
    model_.SetProbing(false);
    return model_loop_.RunUntilDone(model_.SweepDue(call.partition, Soon()))->reservations_expired;
  };
  for (;;) {
    sweep_model(from_ - kClockLagMs);
    if (sweep_model(until_) == 0) return true;
    store_.WaitUntil(until_ + kClockLagMs);
    from_ = store_.Now();
    if (!Perform(store_ports_, call)[0].ok()) return false;
    until_ = store_.Now();
  }
}

Answer HistoryChecker::AskModel(const HistoryCall& call, InstantMs at, bool probing) {
  model_now_ = at;
  model_.SetProbing(probing);
  std::vector<Answer> answers = Perform(model_ports_, call);
  expected_ += fmt::format("\n    at {}: {}", at, Describe(answers[0]));
  return answers[0];
}

bool HistoryChecker::AnyInstantExplains(const HistoryCall& call, const Answer& found) {
  const int64_t step = std::max<int64_t>(1, (until_ - from_) / kInstantsMax);
  for (InstantMs at = from_;; at = std::min(at + step, until_)) {
    if (SameAnswer(AskModel(call, at, true), found)) return true;
    if (at >= until_) return false;
  }
}

bool HistoryChecker::EndsWithACoupon(const storage::Reservation& reservation) {
  const auto& coupons = reservation.coupons;
  return std::any_of(coupons.begin(), coupons.end(), [&](const core::AppliedCoupon& applied) {
    const auto number = std::get<core::CouponNumber>(applied.key.name);
    const auto coupon = model_loop_.RunUntilDone(model_.GetCoupon(number, Soon()));
    return coupon.ok() && coupon->usable.end_ms == reservation.expire_time_ms;
  });
}

bool HistoryChecker::ExplainsOne(const HistoryCall& call, const Answer& found) {
  if (!found.ok()) return AnyInstantExplains(call, found);
  const std::optional<InstantMs> named = std::visit(InstantOf{call}, *found);
  // A replay, or a second release or rollback, names an instant before the call and has changed nothing.
  if ((!named || *named <= until_) && AnyInstantExplains(call, found)) return true;
  if (call.kind == CallKind::kFence) return SameAnswer(AskModel(call, from_, false), found);
  if (!named || *named > until_) return false;
  const bool reserved = std::holds_alternative<storage::Reservation>(*found);
  if (*named < from_ && !reserved) return false;
  // Of a hold that ends with its coupon the instant is not known: it is one that explains the answer.
  const bool is_known = !reserved || !EndsWithACoupon(std::get<storage::Reservation>(*found));
  std::optional<MemoryStore> before;
  if (!is_known) before = model_;
  for (InstantMs at = std::max(*named, from_);; ++at) {
    model_.LeaveOut(LeftOutEarly(call, found, at));
    const bool same = SameAnswer(AskModel(call, at, false), found);
    model_.LeaveOut({});
    if (same || is_known || at >= until_) return same;
    model_ = *before;
  }
}

std::map<core::CouponName, core::Error> HistoryChecker::LeftOutEarly(const HistoryCall& call,
                                                                     const Answer& found,
                                                                     InstantMs effect_ms) {
  std::map<core::CouponName, core::Error> early;
  const std::vector<storage::LeftOut>* left_out = nullptr;
  if (const auto* redemption = std::get_if<storage::Redemption>(&*found)) left_out = &redemption->left_out;
  if (const auto* reservation = std::get_if<storage::Reservation>(&*found)) left_out = &reservation->left_out;
  if (left_out == nullptr || !call.partial) return early;
  HistoryCall asking = call;
  asking.kind = CallKind::kValidate;
  for (const storage::LeftOut& one : *left_out) {
    const auto place = std::find(call.coupons.begin(), call.coupons.end(), one.coupon) - call.coupons.begin();
    const auto refused_at = [&](InstantMs at) {
      const Answer verdict = AskModel(asking, at, true);
      if (!verdict.ok()) return false;
      const auto* refused = std::get_if<Refused>(&std::get<JudgedStack>(*verdict).coupons[place].says);
      return refused != nullptr && refused->reason == one.why.reason;
    };
    InstantMs at = from_;
    while (at < effect_ms && !refused_at(at)) ++at;
    if (at < effect_ms && !refused_at(effect_ms)) early.emplace(one.coupon, one.why);
  }
  return early;
}

// Items of different partitions are judged at their own instants and in no particular order. Units go to whom
// the store gave them; whoever was refused must have been refused rightly before or after the others got
// theirs.
bool HistoryChecker::ExplainsIssue(const HistoryCall& call, const std::vector<Answer>& found) {
  if (found.size() != call.items.size()) return false;
  std::vector<HistoryCall> single(call.items.size(), call);
  std::vector<size_t> granted, doubtful;
  for (size_t i = 0; i < found.size(); ++i) {
    single[i].items = {call.items[i]};
    if (AnyInstantExplains(single[i], found[i])) continue;
    (found[i].ok() ? granted : doubtful).push_back(i);
  }
  const auto instant = [&](size_t i) { return std::get<storage::Issued>(*found[i]).issue_time_ms; };
  // Within a millisecond the numbers of one user tell who was first.
  const auto place = [&](size_t i) {
    return std::pair(instant(i), std::get<storage::Issued>(*found[i]).number);
  };
  std::sort(granted.begin(), granted.end(), [&](size_t a, size_t b) { return place(a) < place(b); });
  for (const size_t i : granted) {
    if (instant(i) < from_ || instant(i) > until_) return false;
    if (!SameAnswer(AskModel(single[i], instant(i), false), found[i])) return false;
  }
  return std::all_of(doubtful.begin(), doubtful.end(),
                     [&](size_t i) { return AnyInstantExplains(single[i], found[i]); });
}

// Every coupon and every campaign, one by one.
bool HistoryChecker::CompareState() {
  for (const core::CouponNumber number : generator_.coupons()) {
    HistoryCall call;
    call.kind = CallKind::kGetCoupon;
    call.coupon = number;
    if (!Step(call)) return false;
  }
  for (const core::CodeNumber code : generator_.codes()) {
    HistoryCall call;
    call.kind = CallKind::kGetCode;
    call.coupon = code;
    if (!Step(call)) return false;
  }
  for (const std::string& id : generator_.campaigns()) {
    HistoryCall call;
    call.kind = CallKind::kGetCampaign;
    call.campaign_id = id;
    if (!Step(call)) return false;
  }
  HistoryCall call;
  call.kind = CallKind::kListCampaigns;
  call.page_size = 7;
  return Step(call);
}

// Totals are of what was booked: both book what is due until they agree, because something may fall due
// between one store's sweep and the other's.
bool HistoryChecker::SettleAndCompareTotals() {
  std::string difference;
  for (int attempt = 0; attempt < 6; ++attempt) {
    difference.clear();
    for (uint32_t partition = 0; partition < store_.shape().partitions; ++partition) {
      for (const Ports* ports : {&store_ports_, &model_ports_}) {
        model_now_ = store_.Now();
        model_.SetProbing(false);
        for (bool more = true; more;) {
          const auto swept = ports->loop.RunUntilDone(ports->sweeper.SweepDue(partition, Soon()));
          const auto credited = ports->loop.RunUntilDone(ports->sweeper.SweepTransfers(partition, Soon()));
          more = swept.ok() && credited.ok() && (swept->more || credited->more);
        }
        for (bool more = true; more;) {
          const auto applied = ports->loop.RunUntilDone(ports->ledger.Apply(partition, 500, Soon()));
          more = applied.ok() && applied->more;
        }
      }
    }
    for (const std::string& id : generator_.campaigns()) {
      const Answer expected = ToAnswer(model_loop_.RunUntilDone(model_.Totals(id, Soon())));
      const Answer found = ToAnswer(store_.loop().RunUntilDone(store_.ledger().Totals(id, Soon())));
      if (!SameAnswer(expected, found))
        difference += "\n    " + Describe(expected) + "\n    " + Describe(found);
    }
    if (difference.empty()) break;
    store_.WaitUntil(store_.Now() + 300);
  }
  if (!difference.empty()) {
    Fail(HistoryCall{}, "the same totals, model first:", difference);
    return false;
  }
  const auto verified =
      store_.loop().RunUntilDone(store_.ledger().Verify("", storage::VerifyDepth::kWallets, Soon()));
  if (verified.ok() && verified->differences.empty()) return true;
  std::string text = verified.ok() ? "" : Describe(Answer(verified.error()));
  if (verified.ok()) {
    for (const storage::Difference& d : verified->differences) {
      text += fmt::format("\n    {} partition {}: {}: expected {}, found {}", d.campaign_id,
                          d.partition ? std::to_string(*d.partition) : "all", d.term, d.expected, d.found);
    }
  }
  Fail(HistoryCall{}, "no difference found by Verify", text);
  return false;
}

void HistoryChecker::Note(const HistoryCall& call, const std::vector<Answer>& found) {
  std::string line = fmt::format("{} [{}, {}] {}", result_.calls, from_, until_, Describe(call));
  for (const Answer& answer : found) {
    line += "\n      -> " + Describe(answer);
    const std::string_view reason = answer.ok() ? "ok" : core::ReasonName(answer.error().reason);
    ++result_.outcomes[fmt::format("{}: {}", NameOf(call.kind), reason)];
    if (const std::string_view kind = KindOf(answer); !kind.empty())
      ++result_.outcomes[fmt::format("{}: {}", NameOf(call.kind), kind)];
  }
  last_.push_back(std::move(line));
  if (last_.size() > kLastCalls) last_.pop_front();
}

void HistoryChecker::Fail(const HistoryCall& call, const std::string& expected, const std::string& found) {
  std::string text =
      fmt::format("seed {} call {} within [{}, {}]: {}\n  expected:{}\n  found:{}\n  last calls:", seed_,
                  result_.calls, from_, until_, Describe(call), expected, found);
  for (const std::string& line : last_) text += "\n    " + line;
  result_.mismatch = std::move(text);
}

}  // namespace tessera::contract
