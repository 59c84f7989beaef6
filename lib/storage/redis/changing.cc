#include "storage/redis/changing.h"

#include <charconv>

#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one change: each but the last ends with newer knowledge or with units called home.
constexpr int kAttemptsMax = 32;

// The limits whose books follow a changed cap at once: a day's follow from the next day on. In the order in
// which scripts/change_campaign.lua has them.
constexpr LimitKind kAtOnce[] = {LimitKind::kStock, LimitKind::kBudget};

// Units that must come home before the cap of a limit can be lowered.
struct Missing {
  LimitKind kind = LimitKind::kStock;
  int64_t units = 0;
  bool operator==(const Missing&) const = default;
};

// Of what a SHORT names, the first.
Missing FirstMissing(const ScriptReply& reply) {
  for (size_t i = 0; i < std::size(kAtOnce); ++i) {
    if (const int64_t units = reply.reply[2 + i].integer(); units > 0) return {kAtOnce[i], units};
  }
  return {};
}

Error BelowWhatIsSpent(LimitKind kind, int64_t spent) {
  if (IsBudget(kind)) {
    return Error(Reason::kBudgetBelowSpent, "More than the new budget has been spent.")
        .With("field", "campaign.use_limits.budget_total_minor")
        .With("spent", std::to_string(spent));
  }
  return Error(Reason::kStockBelowIssued, "More coupons have been issued than the new stock.")
      .With("field", "campaign.limits.stock_total")
      .With("issued", std::to_string(spent));
}

}  // namespace

async::Task<core::Result<CampaignChanged>> Changing::Create(Operation op, std::string campaign_id,
                                                            core::CampaignDefinition definition) {
  const Keys& keys = backend_.keys;
  const uint32_t home = keys.Home(campaign_id);
  const std::string bytes = codec_.encode(definition);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place = backend_.Place(op, home);
    if (!place.ok()) co_return place.error();
    redis::Command command(redis_scripts::kCreateCampaign);
    command.Key(keys.Operation(place->ref))
        .Key(keys.Operation(place->earlier))
        .Key(keys.Definition(campaign_id));
    command.Key(keys.Numbers(home)).Key(keys.Ids(home)).Key(keys.Ledger(home));
    backend_.AddBegin(command, op, *place);
    command.Arg(campaign_id).Arg(bytes).Arg(keys.shape().partitions).Arg(home);
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), op.deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK")
      co_return co_await outcomes_.OpenReply<CampaignChanged>(std::move(*reply), *place, op.deadline);
    if (reply->status == "EXISTS") co_return Error(Reason::kCampaignExists, "The campaign id is taken.");
    if (!backend_.PeriodPassed(*reply)) co_return CommonRefusal(reply->status);
  }
  co_return Contended("The time moves on too fast.");
}

async::Task<core::Result<CampaignChanged>> Changing::Update(Operation op, std::string campaign_id,
                                                            int64_t expected_version, Edit edit) {
  Plan plan = [expected_version, edit](const core::Campaign& campaign) -> core::Result<Next> {
    if (campaign.version != expected_version) {
      return Error(Reason::kVersionMismatch, "The campaign is at another version.")
          .With("version", std::to_string(campaign.version));
    }
    core::Result<core::CampaignDefinition> definition = edit(campaign);
    if (!definition.ok()) return std::move(definition).error();
    Next next;
    next.state = campaign.state;
    next.definition = std::move(*definition);
    return next;
  };
  co_return co_await Change(std::move(op), std::move(campaign_id), std::move(plan));
}

async::Task<core::Result<CampaignChanged>> Changing::Move(Operation op, std::string campaign_id,
                                                          core::Transition transition) {
  Plan plan = [transition](const core::Campaign& campaign) -> core::Result<Next> {
    const core::Result<core::CampaignState> state = core::NextState(campaign.state, transition);
    if (!state.ok()) return state.error();
    Next next;
    next.state = *state;
    return next;
  };
  co_return co_await Change(std::move(op), std::move(campaign_id), std::move(plan));
}

async::Task<core::Result<ScriptReply>> Changing::Write(Operation op, KnownCampaignPtr known, Next next,
                                                       OperationPlace place) const {
  const core::Campaign& campaign = known->campaign;
  const Keys& keys = backend_.keys;
  const uint32_t home = keys.Home(campaign.id);
  redis::Command command(redis_scripts::kChangeCampaign);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Definition(campaign.id));
  for (const LimitKind kind : kAtOnce) command.Key(keys.LimitBooks(campaign.id, kind, 0));
  command.Key(keys.Pending(home)).Key(keys.Ledger(home));
  backend_.AddBegin(command, op, place);
  command.Arg(campaign.id).Arg(campaign.version).Arg(static_cast<int>(next.state));
  command.Arg(next.definition.has_value() ? codec_.encode(*next.definition) : std::string());
  for (const LimitKind kind : kAtOnce) {
    const auto cap = next.definition.has_value() ? CapOf(*next.definition, kind) : std::nullopt;
    command.Arg(cap.has_value() ? std::to_string(*cap) : std::string());
  }
  co_return co_await backend_.Run(std::move(command), op.deadline);
}

async::Task<core::Result<CampaignChanged>> Changing::Change(Operation op, std::string campaign_id,
                                                            Plan plan) {
  const uint32_t home = backend_.keys.Home(campaign_id);
  std::optional<Missing> short_before;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place = backend_.Place(op, home);
    if (!place.ok()) co_return place.error();
    core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(campaign_id, op.deadline);
    core::Result<Next> next = known.ok() ? plan((*known)->campaign) : core::Result<Next>(known.error());
    if (!next.ok()) {
      core::Result<CampaignChanged> before =
          co_await outcomes_.RefuseUnlessReplay<CampaignChanged>(op, *place, std::move(next).error());
      if (!before.ok()) co_return before;
      core::Status finished = co_await Finish(campaign_id, op.deadline);
      if (!finished.ok()) co_return std::move(finished).error();
      co_return before;
    }
    core::Result<ScriptReply> reply = co_await Write(op, *known, *next, *place);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK") {
      core::Status finished = co_await Finish(campaign_id, op.deadline);
      if (!finished.ok()) co_return std::move(finished).error();
      co_return co_await outcomes_.OpenReply<CampaignChanged>(std::move(*reply), *place, op.deadline);
    }
    if (reply->status == "SHORT") {
      // The units must come home. When all that were anywhere did and it is still short, they are spent.
      const Missing missing = FirstMissing(*reply);
      std::optional<Limit> limit = Limit::Of(*known, missing.kind, core::Window());
      const auto cap = next->definition.has_value() ? CapOf(*next->definition, missing.kind) : std::nullopt;
      if (!limit.has_value() || !cap.has_value()) co_return Nonsense("change_campaign", reply->reply);
      core::Result<bool> more = co_await escrow_.CallHome(std::move(*limit), op.deadline);
      if (!more.ok()) co_return std::move(more).error();
      if (!*more && missing == short_before) co_return BelowWhatIsSpent(missing.kind, *cap + missing.units);
      short_before = missing;
    } else if (reply->status == "NOT_FOUND") {
      co_return Error(Reason::kCampaignNotFound, "There is no such campaign.");
    } else if (reply->status != "STALE" && !backend_.PeriodPassed(*reply)) {
      co_return CommonRefusal(reply->status);
    }
  }
  co_return Contended("The campaign keeps changing.");
}

async::Task<void> Changing::PushTo(KnownCampaignPtr campaign, uint32_t partition, Deadline deadline,
                                   core::Status* failure) const {
  core::Status pushed = co_await directory_.Push(std::move(campaign), partition, deadline);
  if (!pushed.ok()) *failure = std::move(pushed);
}

async::Task<core::Status> Changing::Finish(std::string campaign_id, Deadline deadline) {
  const core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(campaign_id, deadline);
  if (!known.ok()) co_return known.error();
  if ((*known)->pending_version == 0) co_return core::Ok();
  core::Status failure = core::Ok();
  std::vector<async::Task<void>> tasks;
  for (uint32_t p = 0; p < backend_.keys.shape().partitions; ++p)
    tasks.push_back(PushTo(*known, p, deadline, &failure));
  co_await async::WhenAll(std::move(tasks));
  if (!failure.ok()) co_return failure;
  redis::Command command(redis_scripts::kFinishChange);
  command.Key(backend_.keys.Definition(campaign_id))
      .Key(backend_.keys.Pending(backend_.keys.Home(campaign_id)));
  command.Arg((*known)->campaign.version).Arg(campaign_id);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return core::Ok();
}

async::Task<core::Result<CampaignPage>> Changing::List(int32_t page_size, std::string cursor,
                                                       Deadline deadline) {
  // The cursor is "<partition>/<last id>".
  uint32_t home = 0;
  std::string last;
  if (const size_t slash = cursor.find('/'); slash != std::string::npos) {
    std::from_chars(cursor.data(), cursor.data() + slash, home);
    last = cursor.substr(slash + 1);
  }
  CampaignPage page;
  for (; home < backend_.keys.shape().partitions; ++home, last.clear()) {
    const int64_t room = page_size - static_cast<int64_t>(page.campaigns.size());
    redis::Command command("ZRANGEBYLEX");
    command.ReadOnly().Key(backend_.keys.Ids(home)).Arg(last.empty() ? "-" : "(" + last).Arg("+");
    command.Arg("LIMIT").Arg(0).Arg(room + 1);
    core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    for (size_t i = 0; i < reply->size(); ++i) {
      if (static_cast<int64_t>(i) == room) {
        page.next_cursor = std::to_string(home) + "/" + last;
        co_return page;
      }
      last = (*reply)[i].text();
      core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(last, deadline);
      if (!known.ok()) co_return std::move(known).error();
      // The campaign lives as long as what is known of it.
      page.campaigns.push_back(CampaignPtr(*known, &(*known)->campaign));
    }
  }
  co_return page;
}

}  // namespace tessera::storage
