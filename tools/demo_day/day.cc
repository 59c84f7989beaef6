#include "tools/demo_day/day.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tools/load/parallel.h"

namespace tessera::demo {
namespace {

constexpr int kWorkers = 48;
constexpr int kRushUsers = 5000;
constexpr int kRushStock = 1000;
constexpr int kGrantedUsers = 1500;
constexpr int kBatchSize = 100;
constexpr int kLoyalUsers = 1200;
constexpr int kLoyalTwice = 200;
constexpr int kCutIssuerEvery = 60;
constexpr int kCutRedeemerEvery = 40;
constexpr std::chrono::seconds kSettleMax{30};

constexpr char kSpring[] = "spring-percent";
constexpr char kWelcome[] = "welcome-amount";
constexpr char kLoyal[] = "loyal-minimum";

// The same day whenever it is played: a number for the `index`th visit.
uint64_t Dice(uint64_t index) {
  uint64_t z = (index + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  return z ^ (z >> 27);
}

Deed DeedOf(uint64_t dice, bool has_minimum) {
  const uint64_t percent = dice % 100;
  if (percent < 22) return Deed::kReserveAndCommit;
  if (percent < 40) return Deed::kRedeem;
  if (percent < 50) return Deed::kRedeemAndTakeBack;
  if (percent < 58) return Deed::kReserveAndRelease;
  if (percent < 64) return Deed::kReserveAndForget;
  if (percent < 68) return Deed::kReserveAndWait;
  if (percent < 74) return Deed::kRedeemTwice;
  if (percent < 80) return Deed::kMistype;
  if (percent < 88 && has_minimum) return Deed::kTooSmallAnOrder;
  return Deed::kKeepIt;
}

std::string Euros(int64_t minor) { return fmt::format("{}.{:02} EUR", minor / 100, minor % 100); }

std::string User(const char* kind, int64_t index) { return fmt::format("{}-{}", kind, index); }

}  // namespace

Day::Day(testing::Deployment* deployment, const std::atomic<bool>* stop)
    : stop_(stop),
      issuer_proxy_(deployment->issuer().grpc_address()),
      redeemer_proxy_(deployment->redeemer().grpc_address()),
      shop_({issuer_proxy_.address(), redeemer_proxy_.address(), deployment->analytics().grpc_address(),
             deployment->token("ADMIN")},
            &book_, [stop] { return stop->load(); }) {}

void Day::Run(const std::string& stage, int64_t count, const std::function<void(int64_t)>& work) {
  progress_.Begin(stage, count);
  const auto step = [&](int64_t index, int) {
    work(index);
    progress_.Step();
  };
  load::Parallel(kWorkers, count, step, [this] { return stop_->load(); });
}

void Day::Keep(const std::string& campaign_id, const std::vector<load::HeldCoupon>& coupons) {
  const std::lock_guard lock(mutex_);
  for (const load::HeldCoupon& coupon : coupons) visits_.push_back({campaign_id, coupon});
}

void Day::OpenCampaigns() {
  progress_.Begin("three campaigns", 0);
  coupon::v1::CampaignDefinition spring = load::PlainDefinition("Spring: 15 % off, at most 20 euros");
  spring.mutable_offer()->mutable_percent_off()->set_basis_points(1500);
  spring.mutable_offer()->mutable_percent_off()->set_cap_minor(2000);
  spring.mutable_limits()->set_stock_total(kRushStock);
  spring.mutable_limits()->set_per_user_total(1);
  shop_.OpenCampaign(kSpring, spring);

  coupon::v1::CampaignDefinition welcome = load::PlainDefinition("Welcome: 5 euros off");
  welcome.mutable_offer()->mutable_amount_off()->set_amount_minor(500);
  welcome.mutable_limits()->set_stock_total(2 * kGrantedUsers);
  welcome.mutable_limits()->set_per_user_total(1);
  shop_.OpenCampaign(kWelcome, welcome);

  coupon::v1::CampaignDefinition loyal = load::PlainDefinition("Loyal: 10 euros off from 50 euros");
  loyal.mutable_offer()->mutable_amount_off()->set_amount_minor(1000);
  loyal.mutable_offer()->set_minimum_spend_minor(5000);
  loyal.mutable_limits()->set_stock_per_day(2 * kLoyalUsers);
  loyal.mutable_limits()->set_per_user_per_day(1);
  shop_.OpenCampaign(kLoyal, loyal);
  progress_.End();
}

void Day::Rush() {
  Run("rush: 5000 users claim twice each, stock 1000", int64_t{2} * kRushUsers, [this](int64_t index) {
    // Half of the users claim twice in one breath, the others again when all had their turn.
    const int64_t half = kRushUsers / 2;
    const int64_t user = index < kRushUsers ? index / 2 : half + index % half;
    Keep(kSpring, shop_.Claim(kSpring, User("rush", user)));
  });
  claims_per_second_ = 2.0 * kRushUsers / progress_.End();
}

void Day::Grants() {
  const int64_t batches = kGrantedUsers / kBatchSize;
  const auto issue = [this](int64_t batch) {
    std::vector<std::string> users;
    for (int i = 0; i < kBatchSize; ++i) users.push_back(User("new", batch * kBatchSize + i));
    Keep(kWelcome, shop_.IssueToAll(kWelcome, users));
  };
  Run("grants: batches of 100", batches, issue);
  progress_.End();
  // The same users again: each of them is refused, the batches are not.
  Run("grants: two batches by mistake", 2, issue);
  progress_.End();
}

void Day::LoyalCustomers() {
  Run("loyal customers claim", kLoyalUsers / 2,
      [this](int64_t index) { Keep(kLoyal, shop_.Claim(kLoyal, User("loyal", index))); });
  shop_.Pause(kLoyal);
  Keep(kLoyal, shop_.Claim(kLoyal, User("too-late", 0)));
  if (!visits_.empty() && visits_.back().coupon.user_id == User("too-late", 0)) {
    book_.Violation("loyal-minimum: a claim succeeded after PauseCampaign had answered");
  }
  shop_.Resume(kLoyal);
  progress_.End();
  const int64_t half = kLoyalUsers / 2;
  Run("loyal customers claim, some again", half + kLoyalTwice, [this, half](int64_t index) {
    Keep(kLoyal, shop_.Claim(kLoyal, User("loyal", index < half ? half + index : index - half)));
  });
  progress_.End();
}

void Day::Orders() {
  Run("orders", static_cast<int64_t>(visits_.size()), [this](int64_t index) {
    const Visit& visit = visits_[static_cast<size_t>(index)];
    const uint64_t dice = Dice(static_cast<uint64_t>(index));
    const int64_t minimum = book_.definition(visit.campaign_id).offer().minimum_spend_minor();
    const Deed deed = DeedOf(dice, minimum > 0);
    const auto spread = static_cast<int64_t>(dice / 100 % 20'000);
    const int64_t subtotal = deed == Deed::kTooSmallAnOrder ? 1 + spread % (minimum - 1)
                                                            : std::max<int64_t>(minimum, 500) + spread;
    shop_.Do(deed, visit.campaign_id, visit.coupon, subtotal);
  });
  progress_.End();
}

void Day::Settle() {
  progress_.Begin("forgotten reservations run out, statistics catch up", 0);
  const auto give_up = std::chrono::steady_clock::now() + kSettleMax;
  std::vector<std::string> differences;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    differences.clear();
    for (const std::string& campaign_id : book_.campaigns()) {
      stats_[campaign_id] = shop_.Stats(campaign_id);
      for (std::string& text : book_.Compare(campaign_id, stats_[campaign_id]))
        differences.push_back(std::move(text));
    }
  } while (!differences.empty() && std::chrono::steady_clock::now() < give_up && !*stop_);
  for (const std::string& text : differences) book_.Violation(text);
  verified_ = shop_.Verify();
  for (const auto& difference : verified_.differences()) {
    book_.Violation(fmt::format("{}: VerifyInvariants: {}: {} and {}", difference.campaign_id(),
                                difference.term(), difference.expected(), difference.found()));
  }
  if (verified_.terms_checked() == 0) book_.Violation("VerifyInvariants compared nothing");
  const CampaignBook spring = book_.of(kSpring);
  if (spring.issued != kRushStock) {
    book_.Violation(fmt::format("{}: {} were issued of a stock of {}", kSpring, spring.issued, kRushStock));
  }
  if (issuer_proxy_.answers_cut() == 0 || redeemer_proxy_.answers_cut() == 0)
    book_.Violation("no connection was cut");
  progress_.End();
}

void Day::Play() {
  OpenCampaigns();
  issuer_proxy_.CutEveryNthAnswer(kCutIssuerEvery);
  redeemer_proxy_.CutEveryNthAnswer(kCutRedeemerEvery);
  for (const auto stage : {&Day::Rush, &Day::Grants, &Day::LoyalCustomers, &Day::Orders, &Day::Settle}) {
    if (*stop_) return;
    (this->*stage)();
  }
}

std::string Day::Report() {
  std::string text;
  for (const std::string& campaign_id : book_.campaigns()) {
    const coupon::v1::CampaignStats& stats = stats_[campaign_id];
    text += fmt::format("\n{} ({})\n", campaign_id, book_.definition(campaign_id).display_name());
    const auto row = [&text](const std::string& name, const std::string& value) {
      text += fmt::format("  {:<16}{:>16}\n", name, value);
    };
    row("issued", std::to_string(stats.issued_count()));
    row("redeemed", std::to_string(stats.redeemed_count()));
    row("rolled back", std::to_string(stats.rolled_back_count()));
    row("conversion", fmt::format("{:.1f} %", 100 * stats.conversion_rate()));
    row("revenue", Euros(stats.revenue().amount_minor()));
    row("discount", Euros(stats.discount().amount_minor()));
    row("stock left", stats.has_stock_remaining() ? std::to_string(stats.stock_remaining()) : "no limit");
    std::string refusals;
    for (const auto& [reason, count] : book_.of(campaign_id).refusals)
      refusals += fmt::format("    {:<28}{:>6}\n", reason, count);
    text += "  refusals by reason" + (refusals.empty() ? std::string(": none\n") : "\n" + refusals);
  }
  text += fmt::format("\nclaims per second in the rush   {:.0f}\n", claims_per_second_);
  text += fmt::format("connections cut at an answer    {} (calls {}, tries again {})\n",
                      issuer_proxy_.answers_cut() + redeemer_proxy_.answers_cut(), shop_.calls(),
                      shop_.retries());
  text += fmt::format("differences found               {} in {} comparisons\n", verified_.differences_size(),
                      verified_.terms_checked());
  return text;
}

}  // namespace tessera::demo
