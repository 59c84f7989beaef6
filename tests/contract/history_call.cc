#include "history_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "deciding.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;

std::string NameOf(const core::CouponName& name) {
  const auto* code = std::get_if<core::CodeNumber>(&name);
  return code != nullptr ? "of code " + std::to_string(code->value)
                         : std::get<core::CouponNumber>(name).ToId();
}

storage::Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }

storage::UseIntent UseOf(const HistoryCall& call) {
  storage::UseIntent intent;
  intent.op = call.op;
  intent.coupons = call.coupons;
  intent.user = call.user;
  intent.order = call.order;
  intent.partial = call.partial;
  intent.decide = DecideFor(call.order);
  return intent;
}

storage::OperationQuery QueryOf(const HistoryCall& call) {
  return {.method = call.op.method,
          .partition = call.partition,
          .bucket = call.bucket,
          .field = call.op.field,
          .id_time_ms = call.op.id_time_ms,
          .deadline = Soon()};
}

Answer PerformUpdate(const Ports& ports, const HistoryCall& call) {
  storage::Edit edit = [seed = call.edit_seed](const core::Campaign& c) { return EditBySeed(seed, c); };
  return ToAnswer(
      ports.loop.RunUntilDone(ports.campaigns.Update(call.op, call.campaign_id, call.version, edit)));
}

Answer PerformListCampaigns(const Ports& ports, const HistoryCall& call) {
  std::vector<std::string> ids;
  std::string cursor;
  do {
    const auto page = ports.loop.RunUntilDone(ports.campaigns.List(call.page_size, cursor, Soon()));
    if (!page.ok()) return page.error();
    for (const auto& campaign : page->campaigns) ids.push_back(campaign->id);
    cursor = page->next_cursor;
  } while (!cursor.empty());
  return Value(std::move(ids));
}

std::vector<Answer> PerformIssue(const Ports& ports, const HistoryCall& call) {
  storage::IssueIntent intent;
  intent.campaign_id = call.campaign_id;
  intent.source = call.source;
  intent.code_key_id = static_cast<uint8_t>(call.version);
  intent.items = call.items;
  intent.deadline = call.op.deadline;
  std::vector<Answer> answers;
  for (const auto& issued : ports.loop.RunUntilDone(ports.coupons.Issue(std::move(intent)))) {
    answers.push_back(ToAnswer(issued));
  }
  return answers;
}

Answer PerformListUserCoupons(const Ports& ports, const HistoryCall& call) {
  storage::WalletQuery query;
  query.user = *call.user;
  query.state = call.state;
  if (!call.campaign_id.empty()) query.campaign_id = call.campaign_id;
  query.page_size = call.page_size;
  std::vector<storage::Coupon> coupons;
  do {
    query.deadline = Soon();
    const auto page = ports.loop.RunUntilDone(ports.coupons.ListUserCoupons(query));
    if (!page.ok()) return page.error();
    coupons.insert(coupons.end(), page->coupons.begin(), page->coupons.end());
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  return Value(std::move(coupons));
}

Answer PerformReserve(const Ports& ports, const HistoryCall& call) {
  storage::ReserveIntent intent;
  intent.use = UseOf(call);
  intent.ttl_ms = call.ttl_ms;
  return ToAnswer(ports.loop.RunUntilDone(ports.redemptions.Reserve(std::move(intent))));
}

Answer PerformRevoke(const Ports& ports, const HistoryCall& call) {
  storage::RevokeIntent intent;
  intent.op = call.op;
  intent.coupon = call.coupon;
  intent.reserved_policy = call.reserved_policy;
  intent.return_stock = call.return_stock;
  return ToAnswer(ports.loop.RunUntilDone(ports.coupons.Revoke(intent)));
}

Answer PerformGenerate(const Ports& ports, const HistoryCall& call) {
  storage::GenerateCodesIntent intent;
  intent.op = call.op;
  intent.campaign_id = call.campaign_id;
  intent.count = static_cast<uint64_t>(call.page_size);
  intent.code_key_id = static_cast<uint8_t>(call.version);
  return ToAnswer(ports.loop.RunUntilDone(ports.codes.GenerateCodes(intent)));
}

Answer PerformBind(const Ports& ports, const HistoryCall& call) {
  storage::BindIntent intent;
  intent.op = call.op;
  intent.code = std::get<core::CodeNumber>(call.coupon);
  intent.user = *call.user;
  intent.code_key_id = static_cast<uint8_t>(call.version);
  return ToAnswer(ports.loop.RunUntilDone(ports.codes.Bind(intent)));
}

Answer PerformCommit(const Ports& ports, const HistoryCall& call) {
  storage::CommitIntent intent;
  intent.op = call.op;
  intent.reservation = call.ref;
  intent.expected_discount = call.expected_discount;
  intent.order_id = call.order_id;
  return ToAnswer(ports.loop.RunUntilDone(ports.redemptions.Commit(intent)));
}

Answer PerformRelease(const Ports& ports, const HistoryCall& call) {
  storage::ReleaseIntent intent;
  intent.op = call.op;
  intent.reservation = call.ref;
  return ToAnswer(ports.loop.RunUntilDone(ports.redemptions.Release(intent)));
}

Answer PerformRollback(const Ports& ports, const HistoryCall& call) {
  storage::RollbackIntent intent;
  intent.op = call.op;
  intent.redemption = call.ref;
  intent.lines = call.lines;
  intent.shipping = call.shipping;
  intent.coupon = call.returned_coupon;
  return ToAnswer(ports.loop.RunUntilDone(ports.redemptions.Rollback(intent)));
}

// What background work does is not part of any answer; that it works is.
template <class T>
Answer Quiet(const core::Result<T>& result) {
  if (!result.ok()) return result.error();
  return Value(std::vector<std::string>{});
}

Answer PerformOne(const Ports& ports, const HistoryCall& call) {
  async::EventLoop& loop = ports.loop;
  switch (call.kind) {
    case CallKind::kCreate:
      return ToAnswer(loop.RunUntilDone(ports.campaigns.Create(call.op, call.campaign_id, call.definition)));
    case CallKind::kUpdate:
      return PerformUpdate(ports, call);
    case CallKind::kMove:
      return ToAnswer(loop.RunUntilDone(ports.campaigns.Move(call.op, call.campaign_id, call.transition)));
    case CallKind::kGetCampaign:
      return ToAnswer(loop.RunUntilDone(ports.campaigns.Get(call.campaign_id, Soon())));
    case CallKind::kListCampaigns:
      return PerformListCampaigns(ports, call);
    case CallKind::kIssue:
      break;
    case CallKind::kGetCoupon:
      return ToAnswer(
          loop.RunUntilDone(ports.coupons.GetCoupon(std::get<core::CouponNumber>(call.coupon), Soon())));
    case CallKind::kGenerateCodes:
      return PerformGenerate(ports, call);
    case CallKind::kBind:
      return PerformBind(ports, call);
    case CallKind::kGetCode:
      return ToAnswer(
          loop.RunUntilDone(ports.codes.GetCode(std::get<core::CodeNumber>(call.coupon), Soon())));
    case CallKind::kListUserCoupons:
      return PerformListUserCoupons(ports, call);
    case CallKind::kRevoke:
      return PerformRevoke(ports, call);
    case CallKind::kValidate:
      return ToAnswer(loop.RunUntilDone(ports.redemptions.Validate(UseOf(call))));
    case CallKind::kRedeem:
      return ToAnswer(loop.RunUntilDone(ports.redemptions.Redeem(UseOf(call))));
    case CallKind::kReserve:
      return PerformReserve(ports, call);
    case CallKind::kCommit:
      return PerformCommit(ports, call);
    case CallKind::kRelease:
      return PerformRelease(ports, call);
    case CallKind::kRollback:
      return PerformRollback(ports, call);
    case CallKind::kGetRedemption:
      return ToAnswer(loop.RunUntilDone(ports.redemptions.GetRedemption(call.ref, Soon())));
    case CallKind::kExplain:
      return ToAnswer(loop.RunUntilDone(ports.redemptions.Explain(call.ref, Soon())));
    case CallKind::kGetOperation:
      return ToAnswer(loop.RunUntilDone(ports.redemptions.GetOperation(QueryOf(call))));
    case CallKind::kFence:
      return ToAnswer(loop.RunUntilDone(ports.redemptions.FenceOperation(QueryOf(call))));
    case CallKind::kSweep: {
      const auto swept = loop.RunUntilDone(ports.sweeper.SweepDue(call.partition, Soon()));
      if (!swept.ok()) return swept.error();
      // What holds that ran out had spent is others' when it has come home.
      return Quiet(loop.RunUntilDone(ports.sweeper.SweepTransfers(call.partition, Soon())));
    }
    case CallKind::kApply:
      return Quiet(loop.RunUntilDone(ports.ledger.Apply(call.partition, 50, Soon())));
  }
  return core::Error(core::Reason::kInternal, "no such kind");
}

}  // namespace

std::string_view NameOf(CallKind kind) {
  constexpr std::string_view kNames[kCallKinds] = {
      "create",     "update",  "move",     "get campaign",   "list campaigns", "issue",
      "get coupon", "list",    "revoke",   "validate",       "redeem",         "reserve",
      "commit",     "release", "rollback", "get redemption", "explain",        "get operation",
      "fence",      "sweep",   "apply",    "generate",       "bind",           "get code"};
  return kNames[static_cast<int>(kind)];
}

core::Result<CampaignDefinition> EditBySeed(uint64_t seed, const core::Campaign& campaign) {
  CampaignDefinition after = campaign.definition;
  const int64_t amount = static_cast<int64_t>(seed / 16 % 50) + 1;
  core::CampaignLimits& limits = after.limits;
  switch (seed % 16) {
    // Limits that stock is counted by stay present or absent: what a limit counts that begins later is its
    // own case.
    case 0:
    case 1:
    case 2:
      if (limits.stock_total) limits.stock_total = amount;
      break;
    case 3:
    case 4:
      if (limits.stock_per_day) limits.stock_per_day = amount;
      break;
    case 5:
      limits.per_user_total = amount / 4 + 1;
      break;
    case 6:
      limits.per_user_total.reset();
      break;
    case 7:
      if (limits.per_user_per_day) limits.per_user_per_day = amount / 8 + 1;
      break;
    case 8:
      after.claim_window.end_ms += amount * 100 - 2'000;
      break;
    case 9:
      after.use_window.end_ms += amount * 100 - 2'000;
      break;
    case 10:
      after.restore_policy = static_cast<core::RestorePolicy>(amount % 3);
      break;
    case 11:
      after.pause_scope = static_cast<core::PauseScope>(amount % 2);
      break;
    case 12:
      after.offer.minimum_spend_minor = amount * 100;
      break;
    case 13:
      if (after.use_limits.budget_total_minor) {
        after.use_limits.budget_total_minor = amount * 200;
      } else if (after.use_limits.uses_per_user_total) {
        after.use_limits.uses_per_user_total = amount / 10 + 1;
      } else {
        after.use_window.start_ms += amount;
      }
      break;
    case 14:
      after.validity.wait_ms += amount;
      break;
    default:
      after.display_name += "'";
      break;
  }
  // The port's callers let no window end before it begins.
  after.claim_window.end_ms = std::max(after.claim_window.end_ms, after.claim_window.start_ms + 1);
  after.use_window.end_ms = std::max(after.use_window.end_ms, after.use_window.start_ms + 1);
  if (core::Status may = core::MayUpdate(campaign.state, campaign.definition, after); !may.ok())
    return may.error();
  return after;
}

std::string Describe(const HistoryCall& call) {
  std::string text = fmt::format("{}", NameOf(call.kind));
  const auto hex = [](const auto& bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); };
  text +=
      fmt::format(" {} field {} body {} id time {}", storage::MethodName(call.op.method), hex(call.op.field),
                  hex(call.op.body), call.op.id_time_ms ? std::to_string(*call.op.id_time_ms) : "none");
  if (call.op.deadline < std::chrono::steady_clock::now() - std::chrono::hours(1)) text += " past deadline";
  text += fmt::format(" campaign '{}' version {} edit {} transition {}", call.campaign_id, call.version,
                      call.edit_seed, static_cast<int>(call.transition));
  text += fmt::format(" coupon {} ref {} order '{}' ttl {} expected {}", NameOf(call.coupon),
                      call.ref.ToId('x'), call.order_id, call.ttl_ms, call.expected_discount.minor);
  if (!call.coupons.empty()) {
    text += fmt::format("\n      {} coupons{} on order {} ({}, shipping {}) of", call.coupons.size(),
                        call.partial ? ", or some of them," : "", call.order.order_id,
                        call.order.currency.code(), call.order.shipping_minor);
    for (const core::OrderLine& line : call.order.lines)
      text += fmt::format(" {}x{} {}", line.quantity, line.unit_price_minor, line.sku);
    for (const core::CouponName& name : call.coupons) text += " " + NameOf(name);
    text += "\n     ";
  }
  for (const storage::ReturnedLine& line : call.lines)
    text += fmt::format(" returns {}x{}", line.quantity, line.line_id);
  if (call.shipping) text += " returns shipping";
  if (call.returned_coupon) text += " returns " + call.returned_coupon->ToId();
  if (call.user) text += " user " + hex(call.user->bytes);
  text += fmt::format(" policy {} return {} page {} partition {}", static_cast<int>(call.reserved_policy),
                      call.return_stock, call.page_size, call.partition);
  for (const storage::IssueItem& item : call.items) {
    text += fmt::format("\n      item {} for {}", hex(item.op.field), hex(item.user.bytes));
  }
  return text;
}

std::vector<Answer> Perform(const Ports& ports, const HistoryCall& call) {
  if (call.kind == CallKind::kIssue) return PerformIssue(ports, call);
  return {PerformOne(ports, call)};
}

}  // namespace tessera::contract
