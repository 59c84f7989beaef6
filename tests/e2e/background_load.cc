#include "tests/e2e/background_load.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <utility>

#include "tools/load/parallel.h"

namespace tessera::e2e {

BackgroundLoad::BackgroundLoad(testing::Deployment& deployment, std::string campaign_id, int threads)
    : campaign_id_(std::move(campaign_id)) {
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

// Three of four coupons are redeemed, so that both services have work.
void BackgroundLoad::Work(int thread) {
  TesseraClient& client = *clients_[static_cast<size_t>(thread)];
  for (int64_t number = 0; !stop_; ++number) {
    Acknowledged one;
    one.claim = client.ClaimOf(campaign_id_, "load-" + std::to_string(thread) + "-" + std::to_string(number));
    pb::ClaimCouponResponse claimed;
    grpc::Status status = client.Call(one.claim, &claimed);
    if (status.ok()) {
      one.claim_answer = claimed.SerializeAsString();
      ++count_;
      if (number % 4 != 0) {
        one.redeem = client.RedeemOf(claimed.coupon().code(),
                                     "order-" + std::to_string(thread) + "-" + std::to_string(number));
        pb::RedeemCouponsResponse redeemed;
        status = client.Call(*one.redeem, &redeemed);
        if (status.ok()) one.redeem_answer = redeemed.SerializeAsString();
      }
    }
    const std::lock_guard lock(mutex_);
    if (status.ok()) {
      if (one.redeem) ++redeemed_;
      done_.push_back(std::move(one));
    } else {
      unexpected_.push_back(load::RefusalLabel(status) + " " + status.error_message());
    }
  }
}

void BackgroundLoad::CheckOne(TesseraClient& client, const Acknowledged& one) const {
  pb::ClaimCouponResponse claimed;
  const grpc::Status claim = client.Call(one.claim, &claimed);
  EXPECT_TRUE(claim.ok()) << load::RefusalLabel(claim);
  EXPECT_EQ(claimed.SerializeAsString(), one.claim_answer);
  if (!one.redeem) return;
  pb::RedeemCouponsResponse redeemed;
  const grpc::Status redeem = client.Call(*one.redeem, &redeemed);
  EXPECT_TRUE(redeem.ok()) << load::RefusalLabel(redeem);
  EXPECT_EQ(redeemed.SerializeAsString(), one.redeem_answer);
}

void BackgroundLoad::ExpectNothingLost(TesseraClient& client) {
  EXPECT_EQ(unexpected_, std::vector<std::string>());
  ASSERT_GT(done_.size(), 0u);
  load::Parallel(static_cast<int>(clients_.size()), static_cast<int64_t>(done_.size()),
                 [this](int64_t index, int worker) {
                   CheckOne(*clients_[static_cast<size_t>(worker)], done_[static_cast<size_t>(index)]);
                 });
  const auto issued = static_cast<int64_t>(done_.size());
  const pb::CampaignStats stats = client.SettledStats(campaign_id_);
  EXPECT_EQ(stats.issued_count(), issued);
  EXPECT_EQ(stats.redeemed_count(), redeemed_);
  EXPECT_EQ(stats.redeemed_now_count(), redeemed_);
  EXPECT_EQ(client.Differences(), "");
}

}  // namespace tessera::e2e
