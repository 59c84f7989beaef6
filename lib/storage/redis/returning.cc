#include "storage/redis/returning.h"

#include <algorithm>

#include "core/limits.h"
#include "core/partial_return.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one script: each but the last ends with newer knowledge of a campaign, of the time, or of what
// was returned meanwhile.
constexpr int kAttemptsMax = 32;

char PolicyLetter(core::RestorePolicy policy) {
  switch (policy) {
    case core::RestorePolicy::kRestore:
      return 'r';
    case core::RestorePolicy::kKeepUsed:
      return 'k';
    case core::RestorePolicy::kRestoreIfUnexpired:
      return 'u';
  }
  return 'k';
}

// The order as it was paid, less what was returned since.
core::Result<core::StandingOrder> StandingOf(const Outcomes::Uses& uses) {
  core::PricedStack stack;
  stack.applied = uses.receipt.applied;
  std::vector<core::PaidCoupon> paid;
  for (size_t i = 0; i < stack.applied.size(); ++i) {
    const core::CampaignDefinition& definition = uses.campaigns[i]->campaign.definition;
    paid.push_back({stack.applied[i].key, &definition.offer, definition.threshold_loss});
  }
  core::StandingOrder standing = core::StandingAfter(uses.receipt.order, stack, paid);
  for (const ReturnEntry& entry : uses.receipt.returns) {
    core::Result<core::ReturnOutcome> outcome = core::ReturnPart(standing, entry.part, "return");
    if (!outcome.ok()) return Error(Reason::kStoreNonsense, "What was returned before cannot be read.");
    standing = std::move(outcome->standing);
  }
  return standing;
}

bool StandsNothing(const core::StandingOrder& standing) {
  return standing.shipping_minor == 0 &&
         std::all_of(standing.lines.begin(), standing.lines.end(),
                     [](const core::StandingLine& line) { return line.quantity == 0; });
}

core::PartialReturn AllOf(const core::StandingOrder& standing) {
  core::PartialReturn all;
  for (uint32_t line = 0; line < standing.lines.size(); ++line) {
    if (standing.lines[line].quantity > 0) all.units.push_back({line, standing.lines[line].quantity});
  }
  all.shipping = standing.shipping_minor > 0;
  return all;
}

int64_t ListPriceOf(const core::PartialReturn& part, const core::StandingOrder& standing) {
  int64_t minor = 0;
  for (const core::ReturnedUnits& units : part.units) {
    minor += units.quantity * standing.lines[units.line].unit_price_minor;
  }
  return minor;
}

}  // namespace

async::Task<core::Result<std::optional<Returning::Plan>>> Returning::Read(
    const RollbackIntent* intent) const {
  const core::OpRef ref = intent->redemption;
  const Deadline deadline = intent->op.deadline;
  core::Result<std::optional<std::string>> text = co_await backend_.Find(OperationPlace::At(ref), deadline);
  if (!text.ok()) co_return std::move(text).error();
  std::optional<Record> record = text->has_value() ? OpenRecord(**text) : std::nullopt;
  if (!record.has_value() || record->type != RecordType::kRedemption) co_return std::optional<Plan>();
  core::Result<Outcomes::Uses> uses = co_await outcomes_.OpenUses(&*record, ref, deadline);
  if (!uses.ok()) co_return std::move(uses).error();
  Plan plan;
  plan.record = std::move(*record);
  plan.uses = std::move(*uses);
  co_return std::optional<Plan>(std::move(plan));
}

core::Result<core::PartialReturn> Returning::PartOf(const RollbackIntent& intent, const Plan& plan,
                                                    const core::StandingOrder& standing) const {
  if (intent.whole()) return AllOf(standing);
  core::PartialReturn part;
  const std::vector<core::OrderLine>& lines = plan.uses.receipt.order.lines;
  for (size_t i = 0; i < intent.lines.size(); ++i) {
    const std::string path = "lines[" + std::to_string(i) + "]";
    const auto found = std::find_if(lines.begin(), lines.end(), [&](const core::OrderLine& line) {
      return line.line_id == intent.lines[i].line_id;
    });
    if (found == lines.end()) return core::InvalidField(path + ".line_id", "must be a line of the order");
    const auto line = static_cast<uint32_t>(found - lines.begin());
    const bool again = std::any_of(part.units.begin(), part.units.end(),
                                   [line](const core::ReturnedUnits& units) { return units.line == line; });
    if (again) return core::InvalidField(path + ".line_id", "must be named once");
    const int64_t left = standing.lines[line].quantity;
    if (intent.lines[i].quantity < 1 || intent.lines[i].quantity > left) {
      return core::InvalidField(path + ".quantity",
                                "must be 1 to the " + std::to_string(left) + " that were not returned yet");
    }
    part.units.push_back({line, intent.lines[i].quantity});
  }
  part.shipping = intent.shipping;
  if (!intent.coupon.has_value()) return part;
  for (size_t i = 0; i < plan.record.uses.size(); ++i) {
    if (plan.record.uses[i].coupon != *intent.coupon) continue;
    if (plan.record.uses[i].taken_back) break;
    part.coupon = plan.uses.receipt.applied[i].key;
    return part;
  }
  return core::InvalidField("coupon_id", "must be a coupon of the redemption that was not taken back");
}

core::Status Returning::Compute(const RollbackIntent& intent, Plan* plan) const {
  core::Result<core::StandingOrder> standing = StandingOf(plan->uses);
  if (!standing.ok()) return std::move(standing).error();
  core::Result<core::PartialReturn> part = PartOf(intent, *plan, *standing);
  if (!part.ok()) return std::move(part).error();
  core::ReturnOutcome outcome;
  outcome.standing = *standing;
  // All may be back already but the uses of coupons.
  const bool names_nothing = part->units.empty() && !part->shipping && !part->coupon.has_value();
  if (!intent.whole() || !names_nothing) {
    core::Result<core::ReturnOutcome> returned = core::ReturnPart(*standing, *part, "");
    if (!returned.ok()) return std::move(returned).error();
    outcome = std::move(*returned);
  }
  ReturnEntry& entry = plan->entry;
  entry.part = *part;
  entry.outcome.whole = intent.whole() || StandsNothing(outcome.standing);
  entry.outcome.currency = plan->uses.receipt.order.currency;
  entry.outcome.refund_minor = outcome.refund_minor;
  entry.outcome.due_minor = outcome.due_minor;

  const std::vector<RecordedUse>& uses = plan->record.uses;
  const int64_t gross_minor = ListPriceOf(*part, *standing);
  std::vector<Plan::Change> sums_only;
  const auto goes = [&](size_t place) {
    return uses[place].taken_back || entry.outcome.whole ||
           part->coupon == plan->uses.receipt.applied[place].key;
  };
  for (size_t i = 0; i < uses.size(); ++i) {
    const core::CouponKey& key = plan->uses.receipt.applied[i].key;
    const auto changed = std::find_if(outcome.coupons.begin(), outcome.coupons.end(),
                                      [&key](const core::CouponChange& change) { return change.key == key; });
    const bool has_changed = changed != outcome.coupons.end();
    Plan::Change change;
    change.place = i;
    change.taken_back = goes(i) && !uses[i].taken_back;
    // The order's sum stands with the first coupon of a campaign, for all of them.
    bool all_go = true;
    for (size_t j = 0; j < uses.size(); ++j)
      all_go = all_go && (uses[j].campaign != uses[i].campaign || goes(j));
    change.subtotal_minor = all_go ? uses[i].subtotal_minor : std::min(uses[i].subtotal_minor, gross_minor);
    if (has_changed) change.discount_minor = changed->returned_minor + changed->clawed_minor;
    if (has_changed || change.taken_back) {
      ReturnedCoupon returned;
      returned.coupon = uses[i].coupon;
      if (has_changed) returned.returned_minor = changed->returned_minor;
      if (has_changed) returned.clawed_minor = changed->clawed_minor;
      entry.outcome.coupons.push_back(returned);
      plan->changes.push_back(change);
    } else if (change.subtotal_minor > 0) {
      sums_only.push_back(change);
    }
  }
  plan->changes.insert(plan->changes.end(), sums_only.begin(), sums_only.end());
  return core::Ok();
}

redis::Command Returning::BuildCommand(const RollbackIntent& intent, const OperationPlace& place,
                                       const Plan& plan) const {
  const Keys& keys = backend_.keys;
  const core::OpRef& used = intent.redemption;
  const std::vector<RecordedUse>& uses = plan.record.uses;
  redis::Command command(redis_scripts::kRollback);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Operation(used));
  command.Key(keys.Wallet(uses.front().coupon)).Key(keys.Ledger(used.partition));
  command.Key(keys.Due(used.partition)).Key(keys.Outgoing(used.partition)).Key(keys.Owed(used.partition));
  for (const RecordedUse& use : uses) command.Key(keys.Campaign(used.partition, use.campaign));
  backend_.AddBegin(command, intent.op, place);
  command.Arg(View(used.field)).Arg(PackNumber(used.partition, 2) + used.Pack());
  command.Arg(uses.front().coupon.bucket(keys.shape())).Arg(plan.record.returns.size());
  command.Arg(plan.entry.outcome.whole ? "B" : "P");
  Receipt afterwards = plan.uses.receipt;
  afterwards.returns.push_back(plan.entry);
  Receipt entry;
  entry.order.currency = afterwards.order.currency;
  entry.returns.push_back(plan.entry);
  command.Arg(receipts_.encode(afterwards)).Arg(receipts_.encode(entry));
  for (const Plan::Change& change : plan.changes) {
    const core::Campaign& campaign = plan.uses.campaigns[change.place]->campaign;
    std::string item = PackNumber(change.place, 1) + PackNumber(static_cast<uint64_t>(campaign.version), 7);
    item += CouponField(uses[change.place].coupon.index(keys.shape()));
    item += change.taken_back ? PolicyLetter(campaign.definition.restore_policy) : '-';
    item += PackNumber(static_cast<uint64_t>(change.subtotal_minor), 7);
    item += PackNumber(static_cast<uint64_t>(change.discount_minor), 7);
    command.Arg(item);
  }
  return command;
}

async::Task<core::Result<RolledBack>> Returning::Rollback(RollbackIntent intent) {
  const Deadline deadline = intent.op.deadline;
  const core::OpRef& used = intent.redemption;
  core::Result<std::optional<Plan>> plan = co_await Read(&intent);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (!plan.ok()) co_return std::move(plan).error();
    const core::Result<OperationPlace> place = backend_.Place(intent.op, used.partition);
    if (!place.ok()) co_return place.error();
    if (!plan->has_value()) {
      co_return co_await outcomes_.RefuseUnlessReplay<RolledBack>(intent.op, *place, NoRedemption());
    }
    const std::vector<ReturnEntry>& before = (*plan)->uses.receipt.returns;
    std::optional<Error> refusal;
    if ((*plan)->record.state == 'B') {
      refusal = Error(Reason::kRedemptionRolledBack, "All of the redemption was taken back.");
    } else if (before.size() >= core::limits::kReturnsMax && !intent.whole()) {
      refusal = Error(Reason::kTooManyReturns, "Too many parts of the redemption were taken back.");
    } else if (core::Status computed = Compute(intent, &**plan); !computed.ok()) {
      refusal = std::move(computed).error();
    }
    if (refusal.has_value()) {
      core::Result<std::optional<RolledBack>> earlier =
          co_await outcomes_.AnsweredBefore<RolledBack>(intent.op, *place);
      if (!earlier.ok()) co_return std::move(earlier).error();
      if (earlier->has_value()) co_return std::move(**earlier);
      // Whoever takes all of it back is told so, whoever did it first.
      if (refusal->reason == Reason::kRedemptionRolledBack && intent.whole()) co_return before.back().outcome;
      co_return std::move(*refusal);
    }
    redis::Command command = BuildCommand(intent, *place, **plan);
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK") {
      co_await FreeCodes(used, &*reply, deadline);
      for (const KnownCampaignPtr& campaign : (*plan)->uses.campaigns) {
        core::Status home = co_await escrow_.SettleBudgets(campaign, used.partition, deadline);
        if (!home.ok()) co_return std::move(home).error();
      }
      co_return co_await outcomes_.OpenReply<RolledBack>(std::move(*reply), *place, deadline);
    }
    if (reply->status == "NOT_FOUND") co_return NoRedemption();
    if (reply->status == "STALE") {
      const auto stale = static_cast<size_t>(reply->reply[3].integer());
      const KnownCampaignPtr campaign = (*plan)->uses.campaigns.at(stale);
      core::Result<KnownCampaignPtr> newer =
          co_await directory_.Newer(campaign, used.partition, reply->version(), deadline);
      if (!newer.ok()) co_return std::move(newer).error();
    } else if (reply->status != "MOVED" && !backend_.PeriodPassed(*reply)) {
      co_return CommonRefusal(reply->status);
    }
    plan = co_await Read(&intent);
  }
  co_return Contended("The redemption or its campaigns keep changing.");
}

// A code is free again when its home has heard so: now, or from a sweeper when it can't be reached.
async::Task<void> Returning::FreeCodes(core::OpRef redemption, const ScriptReply* reply,
                                       Deadline deadline) const {
  CodeHolder holder;
  holder.ref = redemption;
  const std::string_view body = reply->reply[4].text();
  std::copy_n(body.begin(), std::min(body.size(), holder.body.size()), holder.body.begin());
  for (size_t i = 5; i < reply->reply.size(); ++i) {
    const std::string_view code = reply->reply[i].text();
    const core::CodeNumber number{Unpacker(code).Number(code.size())};
    co_await taking_.Undo(number, holder, deadline);
  }
}

}  // namespace tessera::storage
