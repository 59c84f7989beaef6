// Codes that belong to nobody yet, in the model: made, bound, used, and set free again.

#include "answer.h"
#include "memory_store.h"

namespace tessera::contract {

using core::Error;
using core::Reason;
using core::Result;
using storage::CouponState;
using storage::GeneratedCodes;
using storage::Issued;

const CodeRange* MemoryStore::RangeOf(core::CodeNumber code) const {
  const auto home = ranges_.find(code.home(options_.shape));
  if (home == ranges_.end()) return nullptr;
  const uint64_t index = code.index(options_.shape);
  const auto after = home->second.upper_bound(index);
  if (after == home->second.begin()) return nullptr;
  const CodeRange& range = std::prev(after)->second;
  return index < range.end_index ? &range : nullptr;
}

Result<GeneratedCodes> MemoryStore::GenerateCodesNow(const storage::GenerateCodesIntent& intent) {
  const uint32_t home = options_.home(intent.campaign_id);
  if (auto settled = Settled<GeneratedCodes>(intent.op, home)) return *settled;
  const auto found = campaigns_.find(intent.campaign_id);
  if (found == campaigns_.end()) return Error(Reason::kCampaignNotFound, "no such campaign");
  if (core::Status may = core::MayIssue(found->second.campaign); !may.ok()) return may.error();
  if (probing_) return WouldTakeEffect();

  std::map<uint64_t, CodeRange>& ranges = ranges_[home];
  const uint64_t first = ranges.empty() ? 0 : ranges.rbegin()->second.end_index;
  ranges[first] = {intent.campaign_id, first + intent.count};
  GeneratedCodes made;
  made.campaign_id = intent.campaign_id;
  made.batch = ranges.size() * options_.shape.partitions + home;
  made.numbers.first = core::CodeNumber::Of(options_.shape, home, first).value;
  made.numbers.stride = options_.shape.partitions;
  made.numbers.count = intent.count;
  made.code_key_id = intent.code_key_id;
  made.make_time_ms = now();
  const auto count = static_cast<int64_t>(intent.count);
  Book(home, intent.campaign_id,
       [count](storage::CampaignTotals& totals) { totals.codes_generated += count; });
  Remember(RefOf(intent.op, home), intent.op, made);
  return made;
}

async::Task<Result<GeneratedCodes>> MemoryStore::GenerateCodes(storage::GenerateCodesIntent intent) {
  co_return GenerateCodesNow(intent);
}

async::Task<Result<storage::CodeView>> MemoryStore::GetCode(core::CodeNumber code, storage::Deadline) {
  const CodeRange* range = RangeOf(code);
  if (range == nullptr) co_return Error(Reason::kCouponNotFound, "no such code");
  storage::CodeView view;
  view.campaign_id = range->campaign_id;
  view.usable = campaigns_.at(range->campaign_id).campaign.definition.use_window;
  if (const auto used = used_codes_.find(code); used != used_codes_.end()) view.coupon = used->second;
  if (now() >= view.usable.end_ms) view.state = storage::CouponState::kExpired;
  if (revoked_codes_.contains(code)) view.state = storage::CouponState::kRevoked;
  co_return view;
}

core::Status MemoryStore::MayUseCode(const core::Campaign& campaign, const std::optional<core::UserKey>& user,
                                     bool at_once, int64_t before) const {
  const core::CampaignDefinition& definition = campaign.definition;
  const core::InstantMs until = at_once ? definition.use_window.end_ms : core::CodesUntil(definition);
  if (now() >= until) return Error(Reason::kCouponExpired, "expired").With("expired_at", InstantText(until));
  if (core::Status may = core::MayRedeem(campaign); !may.ok()) return may;
  const core::InstantMs from = core::UsableWindow(definition, now()).start_ms;
  if (at_once && now() < from) {
    return Error(Reason::kCouponNotYetValid, "not yet").With("valid_from", InstantText(from));
  }
  const core::CampaignLimits& limits = definition.limits;
  if (!limits.per_user_total && !limits.per_user_per_day) return core::Ok();
  if (!user) return Error(Reason::kSubjectRequired, "whose quota?").With("field", "user_id");
  const auto found = quotas_.find({campaign.id, *user});
  const QuotaRecord quota = found == quotas_.end() ? QuotaRecord{} : found->second;
  const core::Window day = DayOf(campaign, now());
  const auto today = quota.days.find(day.start_ms);
  const int64_t spent_today = today == quota.days.end() ? 0 : today->second;
  if (limits.per_user_total && quota.total + before >= *limits.per_user_total)
    return Error(Reason::kUserQuota, "spent");
  if (limits.per_user_per_day && spent_today + before >= *limits.per_user_per_day) {
    return Error(Reason::kUserQuotaPerDay, "spent for today").With("resets_at", InstantText(day.end_ms));
  }
  return core::Ok();
}

CouponRecord& MemoryStore::IssueOfCode(core::CodeNumber code, const std::string& campaign_id,
                                       const core::UserKey& user) {
  const core::Campaign& campaign = campaigns_.at(campaign_id).campaign;
  SpendQuota(quotas_[{campaign_id, user}], DayOf(campaign, now()).start_ms);
  const uint32_t partition = user.partition(options_.shape);
  const uint32_t bucket = user.bucket(options_.shape);
  CouponRecord coupon;
  coupon.number =
      core::CouponNumber::Of(options_.shape, partition, bucket, next_index_[{partition, bucket}]++);
  coupon.campaign_id = campaign_id;
  coupon.user = user;
  coupon.of_code = true;
  coupon.issue_time_ms = now();
  coupon.usable = core::UsableWindow(campaign.definition, now());
  used_codes_[code] = coupon.number;
  CouponRecord& kept = coupons_[coupon.number] = coupon;
  Book(kept, [](storage::CampaignTotals& totals) {
    ++totals.issued;
    ++totals.issued_of_codes;
    ++totals.available_now;
  });
  return kept;
}

Result<Issued> MemoryStore::BindNow(const storage::BindIntent& intent) {
  const uint32_t partition = intent.user.partition(options_.shape);
  if (auto settled = Settled<Issued>(intent.op, partition)) return *settled;
  const CodeRange* range = RangeOf(intent.code);
  if (range == nullptr) return Error(Reason::kCouponNotFound, "no such code");
  Issued issued;
  issued.code_key_id = intent.code_key_id;
  if (const auto used = used_codes_.find(intent.code); used != used_codes_.end()) {
    const CouponRecord& coupon = coupons_.at(used->second);
    if (StateOf(coupon) == CouponState::kRedeemed) return AlreadyRedeemed(coupon);
    if (coupon.user != intent.user) return Error(Reason::kCodeAlreadyBound, "another's");
    if (StateOf(coupon) == CouponState::kRevoked) return Error(Reason::kCouponRevoked, "revoked");
    issued.number = coupon.number;
    issued.campaign_id = coupon.campaign_id;
    issued.issue_time_ms = coupon.issue_time_ms;
    issued.usable = coupon.usable;
    return issued;
  }
  if (revoked_codes_.contains(intent.code)) return Error(Reason::kCouponRevoked, "revoked");
  const core::Campaign& campaign = campaigns_.at(range->campaign_id).campaign;
  if (core::Status may = MayUseCode(campaign, intent.user, false); !may.ok()) return may.error();
  if (probing_) return WouldTakeEffect();

  const CouponRecord& coupon = IssueOfCode(intent.code, range->campaign_id, intent.user);
  issued.number = coupon.number;
  issued.campaign_id = coupon.campaign_id;
  issued.issue_time_ms = coupon.issue_time_ms;
  issued.usable = coupon.usable;
  Remember(RefOf(intent.op, partition), intent.op, issued);
  return issued;
}

async::Task<Result<Issued>> MemoryStore::Bind(storage::BindIntent intent) { co_return BindNow(intent); }

Result<core::CouponNumber> MemoryStore::CouponOfCode(core::CodeNumber code,
                                                     const std::optional<core::UserKey>& user) const {
  const CouponRecord& coupon = coupons_.at(used_codes_.at(code));
  if (user) return coupon.number;
  if (StateOf(coupon) == CouponState::kRedeemed) return AlreadyRedeemed(coupon);
  if (StateOf(coupon) == CouponState::kRevoked) return Error(Reason::kCouponRevoked, "revoked");
  return Error(Reason::kSubjectRequired, "it is in a wallet").With("field", "user_id");
}

void MemoryStore::FreeCode(CouponRecord& coupon) {
  used_codes_.erase(*coupon.code);
  coupon.booked = Booked::kRevoked;
  QuotaRecord& quota = quotas_[{coupon.campaign_id, coupon.user}];
  --quota.total;
  --quota.days[DayOf(campaigns_.at(coupon.campaign_id).campaign, coupon.issue_time_ms).start_ms];
  Book(coupon, [](storage::CampaignTotals& totals) {
    ++totals.revoked;
    --totals.available_now;
  });
}

Result<storage::Revoked> MemoryStore::RevokeCodeNow(const storage::RevokeIntent& intent) {
  const auto code = std::get<core::CodeNumber>(intent.coupon);
  const uint32_t partition = code.partition(options_.shape);
  if (auto settled = Settled<storage::Revoked>(intent.op, partition)) return *settled;
  const CodeRange* range = RangeOf(code);
  if (range == nullptr) return Error(Reason::kCouponNotFound, "no such code");
  if (const auto used = used_codes_.find(code); used != used_codes_.end()) {
    storage::RevokeIntent by_number = intent;
    by_number.coupon = used->second;
    return RevokeNow(by_number);
  }
  if (revoked_codes_.contains(code)) return Error(Reason::kCouponRevoked, "revoked");
  if (probing_) return WouldTakeEffect();

  revoked_codes_.insert(code);
  Book(partition, range->campaign_id, [](storage::CampaignTotals& totals) { ++totals.codes_revoked; });
  storage::Revoked revoked;
  revoked.coupon = code;
  revoked.revoke_time_ms = now();
  Remember(RefOf(intent.op, partition), intent.op, revoked);
  return revoked;
}

}  // namespace tessera::contract
