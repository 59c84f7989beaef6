// Coupons in users' wallets, in the model: issue, read, revoke.

#include "answer.h"
#include "memory_store.h"

namespace tessera::contract {

using core::Error;
using core::InstantMs;
using core::Reason;
using core::Result;
using storage::Coupon;
using storage::CouponState;
using storage::Issued;
using storage::Revoked;

core::Status MemoryStore::MayIssueTo(const CampaignRecord& record, const QuotaRecord& quota) const {
  const core::CampaignDefinition& definition = record.campaign.definition;
  const core::CampaignLimits& limits = definition.limits;
  if (core::Status may = core::MayIssue(record.campaign); !may.ok()) return may;
  if (now() < definition.claim_window.start_ms) {
    return Error(Reason::kClaimWindowNotOpen, "not open yet")
        .With("opens_at", InstantText(definition.claim_window.start_ms));
  }
  if (now() >= core::ClaimUntil(definition)) return Error(Reason::kClaimWindowClosed, "closed");

  const core::Window day = DayOf(record.campaign, now());
  if (limits.per_user_total && quota.total >= *limits.per_user_total)
    return Error(Reason::kUserQuota, "spent");
  const auto today = quota.days.find(day.start_ms);
  if (limits.per_user_per_day && today != quota.days.end() && today->second >= *limits.per_user_per_day) {
    return Error(Reason::kUserQuotaPerDay, "spent for today").With("resets_at", InstantText(day.end_ms));
  }
  if (limits.stock_total && record.stock_used >= *limits.stock_total)
    return Error(Reason::kStock, "sold out");
  // A day keeps the stock with which it began.
  const auto begun = record.days.find(day.start_ms);
  const DayStock today_stock =
      begun == record.days.end() ? DayStock{limits.stock_per_day.value_or(0), 0} : begun->second;
  if (limits.stock_per_day && today_stock.used >= today_stock.cap) {
    return Error(Reason::kStockPerDay, "sold out for today").With("resets_at", InstantText(day.end_ms));
  }
  return core::Ok();
}

void MemoryStore::SpendQuota(QuotaRecord& quota, InstantMs day) {
  ++quota.total;
  ++quota.days[day];
}

void MemoryStore::SpendStock(CampaignRecord& record, InstantMs day) {
  ++record.stock_used;
  const std::optional<int64_t>& cap = record.campaign.definition.limits.stock_per_day;
  if (!cap) return;
  ++record.days.try_emplace(day, DayStock{*cap, 0}).first->second.used;
}

Result<Issued> MemoryStore::IssueOne(const storage::IssueIntent& intent, const storage::IssueItem& item) {
  const uint32_t partition = item.user.partition(options_.shape);
  const uint32_t bucket = item.user.bucket(options_.shape);
  if (auto settled = Settled<Issued>(item.op, PlaceOf(item.user))) return *settled;
  const auto found = campaigns_.find(intent.campaign_id);
  if (found == campaigns_.end()) return Error(Reason::kCampaignNotFound, "no such campaign");
  CampaignRecord& record = found->second;
  const auto known = quotas_.find({intent.campaign_id, item.user});
  if (core::Status may = MayIssueTo(record, known == quotas_.end() ? QuotaRecord{} : known->second);
      !may.ok()) {
    return may.error();
  }
  if (probing_) return WouldTakeEffect();

  const core::Window day = DayOf(record.campaign, now());
  QuotaRecord& quota = quotas_[{intent.campaign_id, item.user}];
  SpendQuota(quota, day.start_ms);
  SpendStock(record, day.start_ms);

  CouponRecord coupon;
  coupon.number =
      core::CouponNumber::Of(options_.shape, partition, bucket, next_index_[{partition, bucket}]++);
  coupon.campaign_id = intent.campaign_id;
  coupon.user = item.user;
  coupon.issue_time_ms = now();
  coupon.usable = core::UsableWindow(record.campaign.definition, now());
  coupons_[coupon.number] = coupon;

  Issued issued;
  issued.number = coupon.number;
  issued.campaign_id = coupon.campaign_id;
  issued.code_key_id = intent.code_key_id;
  issued.issue_time_ms = coupon.issue_time_ms;
  issued.usable = coupon.usable;
  const core::CampaignLimits& limits = record.campaign.definition.limits;
  if (limits.per_user_total) issued.quota.total = *limits.per_user_total - quota.total;
  if (limits.per_user_per_day) {
    issued.quota.today = *limits.per_user_per_day - quota.days[day.start_ms];
    issued.quota.reset_time_ms = day.end_ms;
  }
  const bool claimed = intent.source == storage::IssueSource::kClaim;
  Book(coupon, [claimed](storage::CampaignTotals& totals) {
    ++totals.issued;
    if (claimed) ++totals.claimed;
    ++totals.available_now;
  });
  Remember(RefOf(item.op, PlaceOf(item.user)), item.op, issued);
  return issued;
}

async::Task<std::vector<Result<Issued>>> MemoryStore::Issue(storage::IssueIntent intent) {
  std::vector<Result<Issued>> outcomes;
  for (const storage::IssueItem& item : intent.items) outcomes.push_back(IssueOne(intent, item));
  co_return outcomes;
}

const Hold* MemoryStore::LiveHold(const CouponRecord& coupon) const {
  return coupon.hold && coupon.hold->end_ms > now() ? &*coupon.hold : nullptr;
}

CouponState MemoryStore::StateOf(const CouponRecord& coupon) const {
  if (coupon.booked == Booked::kRevoked) return CouponState::kRevoked;
  if (coupon.booked == Booked::kUsed) return CouponState::kRedeemed;
  if (coupon.booked == Booked::kExpired || now() >= coupon.usable.end_ms) return CouponState::kExpired;
  return LiveHold(coupon) != nullptr ? CouponState::kReserved : CouponState::kIssued;
}

Coupon MemoryStore::Show(const CouponRecord& record) const {
  Coupon coupon;
  coupon.number = record.number;
  coupon.campaign_id = record.campaign_id;
  coupon.user = record.user;
  coupon.state = StateOf(record);
  coupon.issue_time_ms = record.issue_time_ms;
  coupon.usable = record.usable;
  if (coupon.state == CouponState::kReserved) coupon.held_until_ms = record.hold->end_ms;
  if (coupon.state == CouponState::kRedeemed) coupon.redemption = record.redemption;
  return coupon;
}

CouponRecord* MemoryStore::FindCoupon(core::CouponNumber number) {
  const auto found = coupons_.find(number);
  return found == coupons_.end() ? nullptr : &found->second;
}

async::Task<Result<Coupon>> MemoryStore::GetCoupon(core::CouponNumber number, storage::Deadline) {
  const CouponRecord* coupon = FindCoupon(number);
  if (coupon == nullptr) co_return Error(Reason::kCouponNotFound, "no such coupon");
  co_return Show(*coupon);
}

async::Task<Result<storage::WalletPage>> MemoryStore::ListUserCoupons(storage::WalletQuery query) {
  storage::WalletPage page;
  page.now_ms = now();
  // Numbers of one user grow with time, so newest first is from the greatest down. The cursor is the last
  // number shown.
  for (auto next = coupons_.rbegin(); next != coupons_.rend(); ++next) {
    const CouponRecord& record = next->second;
    if (record.user != query.user) continue;
    if (!query.cursor.empty() && record.number.value >= std::stoull(query.cursor)) continue;
    if (query.campaign_id && record.campaign_id != *query.campaign_id) continue;
    if (query.state && StateOf(record) != *query.state) continue;
    if (page.coupons.size() == static_cast<size_t>(query.page_size)) {
      page.next_cursor = std::to_string(page.coupons.back().number.value);
      break;
    }
    page.coupons.push_back(Show(record));
    if (!query.with_campaigns) continue;
    page.campaigns[record.campaign_id] =
        std::make_shared<core::Campaign>(campaigns_.at(record.campaign_id).campaign);
  }
  co_return page;
}

void MemoryStore::GiveBack(const CouponRecord& coupon, bool return_stock) {
  if (!return_stock) return;
  CampaignRecord& record = campaigns_.at(coupon.campaign_id);
  const core::Window today = DayOf(record.campaign, now());
  const bool issued_today = today.Contains(coupon.issue_time_ms);
  const auto day = record.days.find(today.start_ms);
  if (!coupon.of_code) --record.stock_used;
  if (!coupon.of_code && issued_today && day != record.days.end() && day->second.used > 0) --day->second.used;
  QuotaRecord& quota = quotas_[{coupon.campaign_id, coupon.user}];
  --quota.total;
  if (issued_today) --quota.days[today.start_ms];
}

Result<Revoked> MemoryStore::RevokeNow(const storage::RevokeIntent& intent) {
  if (std::holds_alternative<core::CodeNumber>(intent.coupon)) return RevokeCodeNow(intent);
  const auto number = std::get<core::CouponNumber>(intent.coupon);
  const uint32_t partition = number.partition(options_.shape);
  if (auto settled = Settled<Revoked>(intent.op, partition)) return *settled;
  CouponRecord* coupon = FindCoupon(number);
  if (coupon == nullptr) return Error(Reason::kCouponNotFound, "no such coupon");
  switch (StateOf(*coupon)) {
    case CouponState::kRevoked:
      return Error(Reason::kCouponRevoked, "revoked");
    case CouponState::kRedeemed:
      return AlreadyRedeemed(*coupon);
    case CouponState::kExpired:
      return Error(Reason::kCouponExpired, "expired");
    case CouponState::kReserved:
      if (intent.reserved_policy == storage::ReservedPolicy::kWait) {
        return Error(Reason::kCouponReserved, "held").With("held_until", InstantText(coupon->hold->end_ms));
      }
      break;
    case CouponState::kIssued:
      break;
  }
  if (probing_) return WouldTakeEffect();

  SettleHold(*coupon);
  if (coupon->hold) {
    GiveBackHold(*coupon);
    coupon->hold.reset();
    Book(*coupon, [](storage::CampaignTotals& totals) {
      ++totals.released;
      --totals.reserved_now;
      ++totals.available_now;
    });
  }
  coupon->booked = Booked::kRevoked;
  GiveBack(*coupon, intent.return_stock);
  Book(*coupon, [](storage::CampaignTotals& totals) {
    ++totals.revoked;
    --totals.available_now;
  });
  const Revoked revoked{coupon->number, now(), intent.return_stock && !coupon->of_code};
  Remember(RefOf(intent.op, partition), intent.op, revoked);
  return revoked;
}

async::Task<Result<Revoked>> MemoryStore::Revoke(storage::RevokeIntent intent) {
  co_return RevokeNow(intent);
}

}  // namespace tessera::contract
