#include "services/redeemer/alone_judge.h"

#include <algorithm>

#include "async/when_all.h"
#include "core/order_limits.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::redeemer {
namespace {

using core::Reason;

// How many calls of the store are on their way at once.
constexpr size_t kAtOnce = 64;

// What a judgement was made by.
struct Seen {
  std::shared_ptr<const core::Campaign> campaign;
  std::optional<int64_t> discount_max_minor;
};
using SeenOf = std::map<core::CouponName, Seen>;

// Judges each candidate as if it were the only one, and keeps what it was shown. The sums are those of no
// order.
storage::Decision JudgeEach(const StackJudge& judge, SeenOf* seen_of,
                            std::span<const storage::Candidate> candidates, core::InstantMs now) {
  storage::Decision all;
  core::PricedStack applied;
  std::vector<storage::RefusedCandidate> refused;
  for (size_t place = 0; place < candidates.size(); ++place) {
    const storage::Candidate& shown = candidates[place];
    Seen& seen = (*seen_of)[shown.coupon];
    if (seen.campaign == nullptr || *seen.campaign != *shown.campaign) {
      seen.campaign = std::make_shared<const core::Campaign>(*shown.campaign);
    }
    seen.discount_max_minor = shown.discount_max_minor;
    storage::Decision one = judge(candidates.subspan(place, 1), now);
    all.holds.start_ms = std::max(all.holds.start_ms, one.holds.start_ms);
    all.holds.end_ms = std::min(all.holds.end_ms, one.holds.end_ms);
    if (auto* stack = std::get_if<core::PricedStack>(&one.stack)) {
      applied.applied.push_back(std::move(stack->applied.front()));
    } else {
      auto& why = std::get<std::vector<storage::RefusedCandidate>>(one.stack);
      refused.push_back({.place = place, .why = std::move(why.front().why)});
    }
  }
  if (refused.empty()) {
    all.stack = std::move(applied);
  } else {
    all.stack = std::move(refused);
  }
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
  const auto verdict = co_await store->Validate(std::move(intent));
  for (size_t k = 0; k < group->size(); ++k) {
    auto& answer = (*out)[(*group)[k]];
    if (!verdict.ok()) {
      answer = verdict.error();
      continue;
    }
    const storage::CouponVerdict& said = verdict->coupons[k];
    const Seen& seen = seen_of[said.coupon];
    answer = JudgedAlone{(*asked)[(*group)[k]].coupon, said.campaign_id, said.says, seen.campaign,
                         seen.discount_max_minor};
  }
}

// Whether a refusal is of this one coupon, so that it says nothing of others of its campaign.
bool IsOfTheCoupon(Reason reason) {
  return reason == Reason::kCouponNotFound || reason == Reason::kCouponOfAnotherUser ||
         reason == Reason::kCouponAlreadyRedeemed || reason == Reason::kCouponReserved ||
         reason == Reason::kCouponRevoked || reason == Reason::kCouponExpired ||
         reason == Reason::kCouponNotYetValid;
}

bool SpeaksForAll(const JudgedAlone& judged) {
  const auto* refusal = std::get_if<core::Error>(&judged.says);
  return refusal == nullptr || !IsOfTheCoupon(refusal->reason);
}

// What was said of another coupon of the same campaign.
JudgedAlone SameOf(const JudgedAlone& judged, core::CouponNumber coupon) {
  JudgedAlone same = judged;
  same.coupon = coupon;
  if (auto* applied = std::get_if<core::AppliedCoupon>(&same.says)) applied->key.name = coupon;
  return same;
}

}  // namespace

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

async::Task<core::Result<AloneJudge::Judged>> AloneJudge::Wallet(AloneQuestion question,
                                                                 std::vector<storage::Coupon> coupons) {
  std::erase_if(coupons, [](const storage::Coupon& coupon) {
    return coupon.state != storage::CouponState::kIssued && coupon.state != storage::CouponState::kReserved;
  });
  // Who is asked: one of each campaign for those that are issued, and each that some order holds. It is the
  // newest, since wallets begin with those: once its time has come, so has that of the others.
  std::vector<AskedCoupon> asked;
  std::map<std::string, core::CouponNumber> speakers;
  for (const storage::Coupon& coupon : coupons) {
    const bool issued = coupon.state == storage::CouponState::kIssued;
    if (!issued || speakers.try_emplace(coupon.campaign_id, coupon.number).second) {
      asked.push_back({coupon.number, coupon.campaign_id});
    }
  }
  auto answers = co_await Each(question, std::move(asked));
  if (!answers.ok()) co_return std::move(answers).error();
  std::map<core::CouponName, JudgedAlone> known;
  for (JudgedAlone& judged : *answers) known.emplace(judged.coupon, std::move(judged));
  // A speaker may have been used since the wallet was read: then the others are asked themselves.
  std::vector<AskedCoupon> left;
  for (const storage::Coupon& coupon : coupons) {
    if (known.contains(coupon.number)) continue;
    const JudgedAlone& speaker = known.at(speakers.at(coupon.campaign_id));
    if (SpeaksForAll(speaker)) {
      known.emplace(coupon.number, SameOf(speaker, coupon.number));
    } else {
      left.push_back({coupon.number, coupon.campaign_id});
    }
  }
  answers = co_await Each(std::move(question), std::move(left));
  if (!answers.ok()) co_return std::move(answers).error();
  for (JudgedAlone& judged : *answers) known.emplace(judged.coupon, std::move(judged));
  Judged judged;
  for (const storage::Coupon& coupon : coupons) judged.push_back(std::move(known.at(coupon.number)));
  co_return judged;
}

}  // namespace tessera::redeemer
