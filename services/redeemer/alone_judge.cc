#include "services/redeemer/alone_judge.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "async/when_all.h"
#include "core/lifecycle.h"
#include "core/order_limits.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::redeemer {
namespace {

using core::Reason;

// How many calls of the store are on their way at once.
constexpr size_t kAtOnce = 64;

// What a judgement was made by, and the judgement while nobody has taken it.
struct Seen {
  std::shared_ptr<const core::Campaign> campaign;
  std::optional<int64_t> discount_max_minor;
  core::InstantMs at_ms = 0;
  std::optional<storage::Decision> decision;

  bool IsOf(const storage::Candidate& shown, core::InstantMs now) const {
    return decision.has_value() && campaign == shown.campaign &&
           discount_max_minor == shown.discount_max_minor && at_ms == now;
  }
};
using SeenOf = std::map<core::CouponName, Seen>;

// Judges each candidate as if it were the only one, and keeps what it was shown. The sums are those of no
// order. Where some are refused, the store asks for the others again, and they have been judged by then.
storage::Decision JudgeEach(const StackJudge& judge, SeenOf* seen_of,
                            std::span<const storage::Candidate> candidates, core::InstantMs now) {
  storage::Decision all;
  std::vector<storage::RefusedCandidate> refused;
  for (size_t place = 0; place < candidates.size(); ++place) {
    const storage::Candidate& shown = candidates[place];
    Seen& seen = (*seen_of)[shown.coupon];
    if (!seen.IsOf(shown, now)) {
      seen = {shown.campaign, shown.discount_max_minor, now, judge(candidates.subspan(place, 1), now)};
    }
    all.holds.start_ms = std::max(all.holds.start_ms, seen.decision->holds.start_ms);
    all.holds.end_ms = std::min(all.holds.end_ms, seen.decision->holds.end_ms);
    const auto* why = std::get_if<std::vector<storage::RefusedCandidate>>(&seen.decision->stack);
    if (why != nullptr) refused.push_back({.place = place, .why = why->front().why});
  }
  if (!refused.empty()) {
    all.stack = std::move(refused);
    return all;
  }
  core::PricedStack applied;
  for (const storage::Candidate& shown : candidates) {
    Seen& seen = (*seen_of)[shown.coupon];
    applied.applied.push_back(std::move(std::get<core::PricedStack>(seen.decision->stack).applied.front()));
    seen.decision.reset();
  }
  all.stack = std::move(applied);
  return all;
}

// Coupons by their places, together in calls in which no campaign comes twice: what coupons of one campaign
// would use of its limits together says nothing of each alone. Of a campaign that is not known each stands
// alone.
std::vector<std::vector<size_t>> Groups(const std::vector<AskedCoupon>& asked) {
  std::vector<std::vector<size_t>> alone;
  std::map<std::string, size_t> seen;
  std::vector<std::vector<size_t>> layers;  // the n-th coupon of each campaign
  for (size_t i = 0; i < asked.size(); ++i) {
    if (asked[i].campaign_id.empty()) {
      alone.push_back({i});
      continue;
    }
    const size_t layer = seen[asked[i].campaign_id]++;
    if (layer == layers.size()) layers.emplace_back();
    layers[layer].push_back(i);
  }
  std::vector<std::vector<size_t>> groups = std::move(alone);
  for (const std::vector<size_t>& layer : layers) {
    for (size_t first = 0; first < layer.size(); first += core::limits::kStackedCouponsMax) {
      const size_t last = std::min(first + core::limits::kStackedCouponsMax, layer.size());
      groups.emplace_back(layer.begin() + static_cast<ptrdiff_t>(first),
                          layer.begin() + static_cast<ptrdiff_t>(last));
    }
  }
  return groups;
}

async::Task<void> JudgeGroup(storage::RedemptionStore* store, const AloneQuestion* question,
                             const std::vector<AskedCoupon>* asked, const std::vector<size_t>* group,
                             std::vector<std::optional<core::Result<JudgedAlone>>>* out) {
  SeenOf seen_of;
  storage::UseIntent intent;
  intent.op.deadline = question->deadline;
  for (const size_t i : *group) intent.coupons.push_back((*asked)[i].coupon);
  intent.user = question->user;
  intent.order = question->order;
  intent.decide = [judge = StackJudge(question->order, {}), &seen_of](
                      std::span<const storage::Candidate> candidates, core::InstantMs now) {
    return JudgeEach(judge, &seen_of, candidates, now);
  };
  auto verdict = co_await store->Validate(std::move(intent));
  for (size_t k = 0; k < group->size(); ++k) {
    auto& answer = (*out)[(*group)[k]];
    if (!verdict.ok()) {
      answer = verdict.error();
      continue;
    }
    storage::CouponVerdict& said = verdict->coupons[k];
    Seen& seen = seen_of[said.coupon];
    answer = JudgedAlone{(*asked)[(*group)[k]].coupon, std::move(said.campaign_id), std::move(said.says),
                         std::move(seen.campaign), seen.discount_max_minor};
  }
}

// Whether a refusal is of this one coupon, so that it says nothing of others of its campaign.
bool IsOfTheCoupon(Reason reason) {
  return reason == Reason::kCouponNotFound || reason == Reason::kCouponOfAnotherUser ||
         reason == Reason::kCouponAlreadyRedeemed || reason == Reason::kCouponReserved ||
         reason == Reason::kCouponRevoked || reason == Reason::kCouponExpired ||
         reason == Reason::kCouponNotYetValid;
}

// Who is judged of a page: one of each campaign for those that are issued and whose time it is, and each
// other that is issued or held by an order.
struct SpokenWallet {
  std::vector<size_t> speakers;              // by their places in the page
  std::vector<JudgedWallet::Entry> entries;  // judged: by the place among the speakers
  std::vector<size_t> spoken_for;            // entries of those for whom another speaks
};

SpokenWallet Speakers(const storage::WalletPage& page) {
  SpokenWallet wallet;
  std::unordered_map<std::string_view, size_t> of_campaign;
  for (size_t i = 0; i < page.coupons.size(); ++i) {
    const storage::Coupon& coupon = page.coupons[i];
    const bool issued = coupon.state == storage::CouponState::kIssued;
    if (!issued && coupon.state != storage::CouponState::kReserved) continue;
    size_t speaker = wallet.speakers.size();
    if (issued && coupon.usable.Contains(page.now_ms)) {
      const auto [first, is_first] = of_campaign.try_emplace(coupon.campaign_id, speaker);
      speaker = first->second;
      if (!is_first) wallet.spoken_for.push_back(wallet.entries.size());
    }
    if (speaker == wallet.speakers.size()) wallet.speakers.push_back(i);
    wallet.entries.push_back({i, speaker});
  }
  return wallet;
}

// What the page tells of the coupon by itself. Where using it spends nothing else, and its time has come, a
// use would ask for its state and its campaign, and the page has both.
std::optional<JudgedAlone> ByThePage(const StackJudge& judge, const storage::WalletPage& page,
                                     const storage::Coupon& coupon) {
  const auto found = page.campaigns.find(coupon.campaign_id);
  if (found == page.campaigns.end()) return std::nullopt;
  const std::shared_ptr<const core::Campaign>& campaign = found->second;
  if (coupon.state != storage::CouponState::kIssued || !coupon.usable.Contains(page.now_ms) ||
      !core::MayRedeem(*campaign).ok() || campaign->definition.use_limits.any()) {
    return std::nullopt;
  }
  const storage::Candidate candidate{coupon.number, campaign};
  storage::Decision decision = judge(std::span(&candidate, 1), page.now_ms);
  JudgedAlone told{coupon.number, campaign->id, core::AppliedCoupon(), campaign, std::nullopt};
  if (auto* stack = std::get_if<core::PricedStack>(&decision.stack)) {
    told.says = std::move(stack->applied.front());
  } else {
    told.says = std::move(std::get<std::vector<storage::RefusedCandidate>>(decision.stack).front().why);
  }
  return told;
}

bool SpeaksForAll(const JudgedAlone& judged) {
  const auto* refusal = std::get_if<core::Error>(&judged.says);
  return refusal == nullptr || !IsOfTheCoupon(refusal->reason);
}

}  // namespace

std::vector<JudgedAlone> OneByOne(const JudgedWallet& wallet, const std::vector<storage::Coupon>& coupons) {
  std::vector<JudgedAlone> all;
  all.reserve(wallet.entries.size());
  for (const JudgedWallet::Entry& entry : wallet.entries) {
    const core::CouponNumber number = coupons[entry.coupon].number;
    JudgedAlone& one = all.emplace_back(wallet.judged[entry.judged]);
    one.coupon = number;
    if (auto* applied = std::get_if<core::AppliedCoupon>(&one.says)) applied->key.name = number;
  }
  return all;
}

async::Task<core::Result<AloneJudge::Judged>> AloneJudge::Each(AloneQuestion question,
                                                               std::vector<AskedCoupon> coupons) {
  std::vector<std::optional<core::Result<JudgedAlone>>> answers(coupons.size());
  const std::vector<std::vector<size_t>> groups = Groups(coupons);
  for (size_t first = 0; first < groups.size(); first += kAtOnce) {
    std::vector<async::Task<void>> tasks;
    for (size_t i = first; i < std::min(first + kAtOnce, groups.size()); ++i) {
      tasks.push_back(JudgeGroup(&store_, &question, &coupons, &groups[i], &answers));
    }
    co_await async::WhenAll(std::move(tasks));
  }
  Judged judged;
  for (auto& answer : answers) {
    if (!answer->ok()) co_return std::move(*answer).error();
    judged.push_back(std::move(**answer));
  }
  co_return judged;
}

async::Task<core::Result<JudgedWallet>> AloneJudge::Wallet(AloneQuestion question,
                                                           const storage::WalletPage* page) {
  SpokenWallet spoken = Speakers(*page);
  JudgedWallet wallet;
  wallet.entries = std::move(spoken.entries);
  const StackJudge judge(question.order, {});
  std::vector<AskedCoupon> asked;
  std::vector<size_t> asked_places;  // among the judged
  for (const size_t coupon : spoken.speakers) {
    std::optional<JudgedAlone> told = ByThePage(judge, *page, page->coupons[coupon]);
    if (!told) {
      asked.push_back({page->coupons[coupon].number, page->coupons[coupon].campaign_id});
      asked_places.push_back(wallet.judged.size());
    }
    wallet.judged.push_back(std::move(told).value_or(JudgedAlone()));
  }
  auto answers = co_await Each(question, std::move(asked));
  if (!answers.ok()) co_return std::move(answers).error();
  for (size_t i = 0; i < answers->size(); ++i) wallet.judged[asked_places[i]] = std::move((*answers)[i]);
  // A speaker may have been used since the wallet was read: then the others are asked themselves.
  std::vector<AskedCoupon> left;
  for (const size_t i : spoken.spoken_for) {
    JudgedWallet::Entry& entry = wallet.entries[i];
    if (SpeaksForAll(wallet.judged[entry.judged])) continue;
    const storage::Coupon& coupon = page->coupons[entry.coupon];
    entry.judged = wallet.judged.size() + left.size();
    left.push_back({coupon.number, coupon.campaign_id});
  }
  if (left.empty()) co_return wallet;
  answers = co_await Each(std::move(question), std::move(left));
  if (!answers.ok()) co_return std::move(answers).error();
  for (JudgedAlone& judged : *answers) wallet.judged.push_back(std::move(judged));
  co_return wallet;
}

}  // namespace tessera::redeemer
