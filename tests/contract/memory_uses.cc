// Uses of coupons in the model: each is judged by itself, those that are left are priced together, and all of
// them are used in one step or none is.

#include <algorithm>
#include <set>

#include "answer.h"
#include "memory_store.h"

namespace tessera::contract {

using core::Error;
using core::Reason;
using core::Result;
using storage::CampaignTotals;
using storage::CouponState;
using storage::Receipt;
using storage::Redemption;

namespace {

bool CantBeUsed(const JudgedCoupon& coupon) { return coupon.why() != nullptr; }

// What `coupon` is refused with, and its place in the call where that has several.
Error RefusalOf(const std::vector<JudgedCoupon>& coupons, size_t coupon) {
  Error why = *coupons[coupon].why();
  if (coupons.size() == 1) return why;
  return std::move(why).With("coupon", "coupons[" + std::to_string(coupon) + "]");
}

}  // namespace

Error MemoryStore::AlreadyRedeemed(const CouponRecord& coupon) const {
  return Error(Reason::kCouponAlreadyRedeemed, "redeemed")
      .With("redemption_id", coupon.redemption.ToId('r'))
      .With("order_id", redemptions_.at(coupon.redemption).redemption.order_id);
}

uint32_t MemoryStore::PartitionOf(const storage::UseIntent& intent) const {
  if (intent.user) return intent.user->partition(options_.shape);
  const auto* number = std::get_if<core::CouponNumber>(&intent.coupons.front());
  if (number != nullptr) return number->partition(options_.shape);
  return std::get<core::CodeNumber>(intent.coupons.front()).Bearer(options_.shape).partition(options_.shape);
}

core::Status MemoryStore::MayUse(const CouponRecord& coupon, const storage::UseIntent& intent) const {
  if (intent.user && *intent.user != coupon.user)
    return Error(Reason::kCouponOfAnotherUser, "another user's");
  switch (StateOf(coupon)) {
    case CouponState::kRevoked:
      return Error(Reason::kCouponRevoked, "revoked");
    case CouponState::kRedeemed:
      return AlreadyRedeemed(coupon);
    case CouponState::kExpired:
      return Error(Reason::kCouponExpired, "expired");
    case CouponState::kReserved:
      if (coupon.hold->order_id != intent.order.order_id) {
        return Error(Reason::kCouponReserved, "held").With("held_until", InstantText(coupon.hold->end_ms));
      }
      break;
    case CouponState::kIssued:
      break;
  }
  const core::Campaign& campaign = campaigns_.at(coupon.campaign_id).campaign;
  if (core::Status may = core::MayRedeem(campaign); !may.ok()) return may;
  if (now() < coupon.usable.start_ms) {
    return Error(Reason::kCouponNotYetValid, "not yet")
        .With("valid_from", InstantText(coupon.usable.start_ms));
  }
  return core::Ok();
}

core::Status MemoryStore::MayUse(core::CodeNumber code, const storage::UseIntent& intent, Purpose purpose,
                                 int64_t before) const {
  if (revoked_codes_.contains(code)) return Error(Reason::kCouponRevoked, "revoked");
  if (purpose == Purpose::kReserve) return Error(Reason::kCodeNotBound, "nobody's yet");
  return MayUseCode(campaigns_.at(RangeOf(code)->campaign_id).campaign, intent.user, true, before);
}

core::Status MemoryStore::Judge(const storage::UseIntent& intent, Purpose purpose,
                                std::map<std::string, int64_t>& codes, JudgedCoupon& coupon) const {
  if (const auto* code = std::get_if<core::CodeNumber>(&coupon.asked)) {
    const CodeRange* range = RangeOf(*code);
    if (range == nullptr) return Error(Reason::kCouponNotFound, "no such code");
    coupon.campaign_id = range->campaign_id;
    if (!used_codes_.contains(*code)) {
      core::Status may = MayUse(*code, intent, purpose, codes[range->campaign_id]);
      if (may.ok()) ++codes[range->campaign_id];
      return may;
    }
    const Result<core::CouponNumber> number = CouponOfCode(*code, intent.user);
    if (!number.ok()) return number.error();
    coupon.name = *number;
  }
  const auto found = coupons_.find(std::get<core::CouponNumber>(coupon.name));
  if (found == coupons_.end()) return Error(Reason::kCouponNotFound, "no such coupon");
  coupon.campaign_id = found->second.campaign_id;
  return MayUse(found->second, intent);
}

std::vector<JudgedCoupon> MemoryStore::JudgeEach(const storage::UseIntent& intent, Purpose purpose) const {
  std::vector<JudgedCoupon> coupons;
  std::map<std::string, int64_t> codes;
  for (const core::CouponName& asked : intent.coupons) {
    JudgedCoupon& coupon = coupons.emplace_back(JudgedCoupon{.asked = asked, .name = asked});
    core::Status may = Judge(intent, purpose, codes, coupon);
    const auto left_out = left_out_.find(asked);
    if (intent.partial && left_out != left_out_.end()) may = left_out->second;
    if (may.ok()) continue;
    // Of another user's coupon nothing more is told.
    if (may.error().reason == Reason::kCouponOfAnotherUser)
      coupon = JudgedCoupon{.asked = asked, .name = asked};
    coupon.refused = may.error();
  }
  return coupons;
}

std::optional<core::PricedStack> MemoryStore::Price(const storage::UseIntent& intent, bool partial,
                                                    std::vector<JudgedCoupon>& coupons) const {
  std::set<core::CouponName> seen;
  for (JudgedCoupon& coupon : coupons) {
    coupon.objection.reset();
    if (coupon.refused) continue;
    if (!seen.insert(coupon.name).second) {
      coupon.objection = Error(Reason::kListedTwice, "listed twice");
    } else if (!intent.user &&
               campaigns_.at(coupon.campaign_id).campaign.definition.use_limits.count_uses()) {
      coupon.objection = Error(Reason::kSubjectRequired, "whose uses?").With("field", "user_id");
    }
  }
  for (;;) {
    std::vector<storage::Candidate> candidates;
    std::vector<JudgedCoupon*> left;
    for (JudgedCoupon& coupon : coupons) {
      if (CantBeUsed(coupon)) continue;
      candidates.push_back({coupon.name,
                            std::make_shared<core::Campaign>(campaigns_.at(coupon.campaign_id).campaign),
                            coupon.discount_max_minor});
      left.push_back(&coupon);
    }
    if (left.empty()) return std::nullopt;
    storage::Decision decision = intent.decide(candidates, now());
    if (auto* stack = std::get_if<core::PricedStack>(&decision.stack)) return std::move(*stack);
    for (auto& [place, why] : std::get<std::vector<storage::RefusedCandidate>>(decision.stack))
      left[place]->objection = std::move(why);
    if (!partial) return std::nullopt;
  }
}

std::optional<core::PricedStack> MemoryStore::PriceTogether(const storage::UseIntent& intent, bool partial,
                                                            std::vector<JudgedCoupon>& coupons) const {
  for (;;) {
    std::optional<core::PricedStack> stack = Price(intent, partial, coupons);
    if (!stack) return std::nullopt;
    const bool uses_allow = UsesAllow(intent, *stack, coupons);
    if (!partial && std::any_of(coupons.begin(), coupons.end(), CantBeUsed)) return std::nullopt;
    if (uses_allow && MoneyAllows(*stack, coupons)) return stack;
  }
}

Error FirstRefusal(const std::vector<JudgedCoupon>& coupons) {
  const auto first = std::find_if(coupons.begin(), coupons.end(), CantBeUsed);
  return RefusalOf(coupons, static_cast<size_t>(first - coupons.begin()));
}

Receipt MemoryStore::ReceiptOf(const storage::UseIntent& intent, const core::PricedStack& stack,
                               const std::vector<JudgedCoupon>& coupons) const {
  Receipt receipt;
  receipt.order = intent.order;
  receipt.order.instant_ms = now();
  receipt.applied = stack.applied;
  for (const core::AppliedCoupon& applied : stack.applied) {
    receipt.campaign_versions.push_back(campaigns_.at(applied.key.campaign_id).campaign.version);
  }
  for (const core::AppliedCoupon& applied : stack.applied)
    receipt.discount_max_minor.push_back(coupons[PlaceAmong(applied, coupons)].discount_max_minor);
  for (size_t i = 0; i < coupons.size(); ++i) {
    if (CantBeUsed(coupons[i])) receipt.left_out.push_back({coupons[i].asked, RefusalOf(coupons, i)});
  }
  return receipt;
}

async::Task<Result<storage::Verdict>> MemoryStore::Validate(storage::UseIntent intent) {
  if (std::chrono::steady_clock::now() >= intent.op.deadline)
    co_return Error(Reason::kDeadlinePassed, "too late");
  std::vector<JudgedCoupon> coupons = JudgeEach(intent, Purpose::kRedeem);
  const std::optional<core::PricedStack> stack = PriceTogether(intent, true, coupons);
  storage::Verdict verdict;
  verdict.subtotal_minor = intent.order.SubtotalMinor();
  verdict.shipping_minor = intent.order.shipping_minor;
  if (stack) verdict.discount_minor = stack->discount_minor;
  for (const JudgedCoupon& coupon : coupons) {
    storage::CouponVerdict& one = verdict.coupons.emplace_back();
    one.coupon = coupon.name;
    one.campaign_id = coupon.campaign_id;
    if (CantBeUsed(coupon)) {
      one.says = *coupon.why();
      continue;
    }
    one.says =
        *std::find_if(stack->applied.begin(), stack->applied.end(),
                      [&](const core::AppliedCoupon& applied) { return applied.key.name == coupon.name; });
  }
  co_return verdict;
}

Result<Redemption> MemoryStore::RedeemNow(const storage::UseIntent& intent) {
  const uint32_t partition = PartitionOf(intent);
  if (auto settled = Settled<Redemption>(intent.op, partition)) return *settled;
  std::vector<JudgedCoupon> coupons = JudgeEach(intent, Purpose::kRedeem);
  std::optional<core::PricedStack> stack = PriceTogether(intent, intent.partial, coupons);
  if (!stack) return FirstRefusal(coupons);
  if (probing_) return WouldTakeEffect();

  // Codes become coupons in the order of application: so the coupons' numbers are in that order too.
  for (core::AppliedCoupon& applied : stack->applied) {
    const auto* code = std::get_if<core::CodeNumber>(&applied.key.name);
    if (code == nullptr) continue;
    const core::UserKey user = intent.user ? *intent.user : code->Bearer(options_.shape);
    CouponRecord& coupon = IssueOfCode(*code, applied.key.campaign_id, user);
    coupon.code = *code;
    coupons[PlaceAmong(applied, coupons)].name = coupon.number;
    applied.key.name = coupon.number;
  }
  const Receipt receipt = ReceiptOf(intent, *stack, coupons);
  Redemption redemption;
  redemption.ref = RefOf(intent.op, partition);
  redemption.order_id = intent.order.order_id;
  redemption.currency = intent.order.currency;
  redemption.subtotal_minor = stack->subtotal_minor;
  redemption.shipping_minor = stack->shipping_minor;
  redemption.discount_minor = stack->discount_minor;
  redemption.coupons = stack->applied;
  redemption.left_out = receipt.left_out;
  redemption.line_ids = LineIdsOf(intent.order);
  redemption.redeem_time_ms = now();
  for (const core::AppliedCoupon& applied : stack->applied) {
    CouponRecord& coupon = coupons_.at(std::get<core::CouponNumber>(applied.key.name));
    SettleHold(coupon);
    GiveBackHold(coupon);
    Spend(coupon, {now(), applied.discount_minor});
  }
  BookRedemption(redemption, receipt, now());
  Remember(redemption.ref, intent.op, redemption);
  return redemption;
}

void MemoryStore::UseUp(CouponRecord& coupon, const core::OpRef& redemption) {
  coupon.booked = Booked::kUsed;
  coupon.redemption = redemption;
}

void MemoryStore::BookRedemption(const Redemption& redemption, const Receipt& receipt,
                                 core::InstantMs spend_time_ms) {
  RedemptionRecord& record = redemptions_[redemption.ref];
  record.spend_time_ms = spend_time_ms;
  record.redemption = redemption;
  record.receipt = receipt;
  std::vector<core::PaidCoupon> paid;
  for (const core::AppliedCoupon& applied : redemption.coupons) {
    const core::CampaignDefinition& definition = campaigns_.at(applied.key.campaign_id).campaign.definition;
    paid.push_back({applied.key, &definition.offer, definition.threshold_loss});

    CouponRecord& coupon = coupons_.at(std::get<core::CouponNumber>(applied.key.name));
    const bool was_held = coupon.hold.has_value();
    coupon.hold.reset();
    UseUp(coupon, redemption.ref);
    // The order counts once for each campaign.
    const bool first = record.subtotals.try_emplace(coupon.campaign_id, redemption.subtotal_minor).second;
    const int64_t subtotal = first ? redemption.subtotal_minor : 0;
    const int64_t discount = applied.discount_minor;
    Book(coupon, [was_held, subtotal, discount](CampaignTotals& totals) {
      ++totals.redeemed;
      ++totals.redeemed_now;
      --(was_held ? totals.reserved_now : totals.available_now);
      totals.discount_minor += discount;
      totals.subtotal_minor += subtotal;
    });
  }
  core::PricedStack stack;
  stack.applied = redemption.coupons;
  record.standing = core::StandingAfter(receipt.order, stack, paid);
}

async::Task<Result<Redemption>> MemoryStore::Redeem(storage::UseIntent intent) {
  co_return RedeemNow(intent);
}

}  // namespace tessera::contract
