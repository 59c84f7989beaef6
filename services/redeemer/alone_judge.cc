#include "services/redeemer/alone_judge.h"

#include <algorithm>

#include "async/when_all.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::redeemer {
namespace {

using core::Reason;

// How many judgements of one call are on their way at once.
constexpr size_t kAtOnce = 64;

// What a judgement was made by.
struct Seen {
  std::shared_ptr<const core::Campaign> campaign;
  std::optional<int64_t> discount_max_minor;
};

// Judges as StackJudge does, and keeps what it was shown.
storage::Decide Watching(const core::Order& order, Seen* seen) {
  return [judge = StackJudge(order, {}), seen](std::span<const storage::Candidate> candidates,
                                               core::InstantMs now) {
    const storage::Candidate& shown = candidates.front();
    if (seen->campaign == nullptr || *seen->campaign != *shown.campaign) {
      seen->campaign = std::make_shared<const core::Campaign>(*shown.campaign);
    }
    seen->discount_max_minor = shown.discount_max_minor;
    return judge(candidates, now);
  };
}

async::Task<void> JudgeOne(storage::RedemptionStore* store, const AloneQuestion* question,
                           core::CouponName coupon, std::optional<core::Result<JudgedAlone>>* out) {
  Seen seen;
  storage::UseIntent intent;
  intent.op.deadline = question->deadline;
  intent.coupons.push_back(coupon);
  intent.user = question->user;
  intent.order = question->order;
  intent.decide = Watching(question->order, &seen);
  const auto verdict = co_await store->Validate(std::move(intent));
  if (!verdict.ok()) {
    *out = verdict.error();
    co_return;
  }
  const storage::CouponVerdict& said = verdict->coupons.front();
  *out = JudgedAlone{coupon, said.campaign_id, said.says, std::move(seen.campaign), seen.discount_max_minor};
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
                                                               std::vector<core::CouponName> coupons) {
  std::vector<std::optional<core::Result<JudgedAlone>>> answers(coupons.size());
  for (size_t first = 0; first < coupons.size(); first += kAtOnce) {
    std::vector<async::Task<void>> tasks;
    for (size_t i = first; i < std::min(first + kAtOnce, coupons.size()); ++i) {
      tasks.push_back(JudgeOne(&store_, &question, coupons[i], &answers[i]));
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
  std::vector<core::CouponName> asked;
  std::map<std::string, core::CouponNumber> speakers;
  for (const storage::Coupon& coupon : coupons) {
    const bool issued = coupon.state == storage::CouponState::kIssued;
    if (!issued || speakers.try_emplace(coupon.campaign_id, coupon.number).second) {
      asked.emplace_back(coupon.number);
    }
  }
  auto answers = co_await Each(question, std::move(asked));
  if (!answers.ok()) co_return std::move(answers).error();
  std::map<core::CouponName, JudgedAlone> known;
  for (JudgedAlone& judged : *answers) known.emplace(judged.coupon, std::move(judged));
  // A speaker may have been used since the wallet was read: then the others are asked themselves.
  std::vector<core::CouponName> left;
  for (const storage::Coupon& coupon : coupons) {
    if (known.contains(coupon.number)) continue;
    const JudgedAlone& speaker = known.at(speakers.at(coupon.campaign_id));
    if (SpeaksForAll(speaker)) {
      known.emplace(coupon.number, SameOf(speaker, coupon.number));
    } else {
      left.emplace_back(coupon.number);
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
