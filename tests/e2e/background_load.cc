#include "tests/e2e/background_load.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <utility>

#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

constexpr std::chrono::milliseconds kSoldOutPause{20};
// Of what is not as it was, this much is told.
constexpr size_t kToldMax = 5;

}  // namespace

BackgroundLoad::BackgroundLoad(testing::Deployment& deployment, std::string campaign_id, int threads,
                               std::chrono::milliseconds pause)
    : campaign_id_(std::move(campaign_id)), pause_(pause) {
  for (int i = 0; i < threads; ++i) {
    clients_.push_back(std::make_unique<TesseraClient>(deployment));
    clients_.back()->caller.tries_max = 100'000;
    clients_.back()->caller.on_retry = [this](const grpc::Status& status) {
      const std::lock_guard lock(mutex_);
      ++tried_again_[load::RefusalLabel(status) + " " + status.error_message()];
    };
  }
}

BackgroundLoad::~BackgroundLoad() { Stop(); }

void BackgroundLoad::Start() {
  for (int i = 0; i < static_cast<int>(clients_.size()); ++i) threads_.emplace_back([this, i] { Work(i); });
}

void BackgroundLoad::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void BackgroundLoad::StopWhenSoldOut() {
  stop_when_sold_out_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void BackgroundLoad::WaitForMore(int64_t claims) {
  const int64_t before = count_;
  for (int waited = 0; count_ <= before + claims; ++waited) {
    if (waited < 60'000) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    std::string text = "the load does not go on; told again and again:";
    const std::lock_guard lock(mutex_);
    for (const auto& [label, count] : tried_again_) text += "\n" + std::to_string(count) + " x " + label;
    for (const std::string& refusal : unexpected_) text += "\nfor good: " + refusal;
    throw std::runtime_error(text);
  }
}

std::map<std::string, int64_t> BackgroundLoad::tried_again() {
  const std::lock_guard lock(mutex_);
  return tried_again_;
}

int64_t BackgroundLoad::acknowledged() {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(done_.size()) + redeemed_;
}

// Three of four coupons are redeemed, so that both services have work.
void BackgroundLoad::Work(int thread) {
  TesseraClient& client = *clients_[static_cast<size_t>(thread)];
  for (int64_t number = 0; !stop_; ++number) {
    const bool had_stock =
        Turn(client, std::to_string(thread) + "-" + std::to_string(number), number % 4 != 0 && !claim_only_);
    if (stop_when_sold_out_) {
      if (!had_stock) return;
      continue;
    }
    std::this_thread::sleep_for(had_stock ? pause_ : kSoldOutPause);
  }
}

bool BackgroundLoad::Turn(TesseraClient& client, const std::string& name, bool redeems) {
  Acknowledged one;
  one.claim = client.ClaimOf(campaign_id_, "load-" + name);
  pb::ClaimCouponResponse claimed;
  grpc::Status status = client.Call(one.claim, &claimed);
  if (load::RefusalOf(status).reason == "STOCK") return false;
  if (status.ok()) {
    one.claim_answer = claimed.SerializeAsString();
    one.code = claimed.coupon().code();
    ++count_;
    if (redeems) {
      const pb::RedeemCouponsRequest redeem = client.RedeemOf(one.code, "order-" + name);
      pb::RedeemCouponsResponse redeemed;
      status = client.Call(redeem, &redeemed);
      if (status.ok()) {
        one.redeem = redeem;
        one.redeem_answer = redeemed.SerializeAsString();
      }
    }
  }
  const std::lock_guard lock(mutex_);
  if (!status.ok()) unexpected_.push_back(load::RefusalLabel(status) + " " + status.error_message());
  if (one.redeem) ++redeemed_;
  if (!one.code.empty()) done_.push_back(std::move(one));
  return true;
}

int64_t BackgroundLoad::CheckOne(TesseraClient& client, const Acknowledged& one,
                                 std::vector<std::string>* unlike) const {
  const auto compare = [unlike](const char* what, const grpc::Status& status, const std::string& answer,
                                const std::string& before) {
    if (status.ok() && answer == before) return 0;
    unlike->push_back(std::string(what) + ": " +
                      (status.ok() ? "OK with another answer" : load::RefusalLabel(status)));
    return 1;
  };
  pb::ClaimCouponResponse claimed;
  const grpc::Status claim = client.Call(one.claim, &claimed);
  int64_t lost = compare("claim", claim, claimed.SerializeAsString(), one.claim_answer);
  if (!one.redeem) return lost;
  pb::RedeemCouponsResponse redeemed;
  const grpc::Status redeem = client.Call(*one.redeem, &redeemed);
  return lost + compare("redeem", redeem, redeemed.SerializeAsString(), one.redeem_answer);
}

int64_t BackgroundLoad::CountLost() {
  std::atomic<int64_t> lost{0};
  load::Parallel(
      static_cast<int>(clients_.size()), static_cast<int64_t>(done_.size()), [&](int64_t index, int worker) {
        std::vector<std::string> unlike;
        lost += CheckOne(*clients_[static_cast<size_t>(worker)], done_[static_cast<size_t>(index)], &unlike);
        const std::lock_guard lock(mutex_);
        for (std::string& text : unlike) {
          if (unlike_.size() < kToldMax) unlike_.push_back(std::move(text));
        }
      });
  return lost;
}

void BackgroundLoad::ExpectNothingLost(TesseraClient& client) {
  EXPECT_EQ(unexpected_, std::vector<std::string>());
  ASSERT_GT(done_.size(), 0u);
  EXPECT_EQ(CountLost(), 0);
  EXPECT_EQ(unlike_, std::vector<std::string>());
  std::set<std::string> codes;
  for (const Acknowledged& one : done_) codes.insert(one.code);
  EXPECT_EQ(codes.size(), done_.size()) << "a code was handed out twice";
  const auto issued = static_cast<int64_t>(done_.size());
  const pb::CampaignStats stats = client.SettledStats(campaign_id_);
  EXPECT_EQ(stats.issued_count(), issued);
  EXPECT_EQ(stats.redeemed_count(), redeemed_);
  EXPECT_EQ(stats.redeemed_now_count(), redeemed_);
  EXPECT_EQ(client.Differences(), "");
}

void BackgroundLoad::ExpectSold(TesseraClient& client, int64_t stock) {
  ExpectNothingLost(client);
  const pb::CampaignStats stats = client.SettledStats(campaign_id_);
  EXPECT_EQ(stats.issued_count(), stock);
  EXPECT_EQ(stats.stock_remaining(), 0);
}

}  // namespace tessera::e2e
