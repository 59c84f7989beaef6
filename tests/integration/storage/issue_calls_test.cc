// Claims that are ready together share a script call, and nothing else: neither their deadlines nor their
// answers.

#include "async/timer.h"
#include "async/when_all.h"
#include "store_room.h"
#include "tests/support/script_calls.h"

namespace tessera::contract {
namespace {

using core::Reason;
using std::chrono::milliseconds;
using storage::Method;

class IssueCallsTest : public StoreRoom {
 protected:
  struct Claimed {
    core::Result<storage::Issued> outcome = core::Error(Reason::kInternal, "did not end");
    milliseconds took{};
  };

  async::Task<void> ClaimInto(std::string campaign_id, uint32_t user, milliseconds time, Claimed* claimed) {
    const async::Deadline begin = async::Clock::now();
    storage::IssueIntent intent;
    intent.campaign_id = campaign_id;
    intent.deadline = begin + time;
    intent.items.push_back({NewOp(Method::kClaimCoupon), User(user)});
    auto outcomes = co_await store_->coupons().Issue(std::move(intent));
    claimed->outcome = std::move(outcomes.at(0));
    claimed->took = std::chrono::duration_cast<milliseconds>(async::Clock::now() - begin);
  }

  // One claim each for `users` users from `first` on, all in one turn of the loop.
  std::vector<core::Result<storage::Issued>> ClaimTogether(const std::string& campaign_id, uint32_t first,
                                                           uint32_t users) {
    std::vector<Claimed> claimed(users);
    std::vector<async::Task<void>> tasks;
    for (uint32_t i = 0; i < users; ++i) {
      tasks.push_back(ClaimInto(campaign_id, first + i, milliseconds(10'000), &claimed[i]));
    }
    Await(async::WhenAll(std::move(tasks)));
    std::vector<core::Result<storage::Issued>> outcomes;
    for (Claimed& one : claimed) outcomes.push_back(std::move(one.outcome));
    return outcomes;
  }

  // Redis has the scripts of claim and lease afterwards: one that it lacks is called twice.
  void LoadScripts() {
    core::CampaignDefinition definition = Definition();
    definition.limits.stock_total = 1;
    ASSERT_THAT(Claim(Active(definition), User(0)), Succeeds());
  }

  testing::RedisServer server_;
};

TEST_F(IssueCallsTest, ClaimsThatAreReadyTogetherShareACall) {
  Open(ConfigFor(server_.unix_address()), {}, {.partitions = 16, .buckets = 8});
  core::CampaignDefinition definition = Definition();
  definition.limits.stock_total = 1'000'000;
  definition.limits.per_user_total = 1;
  const std::string campaign = Active(definition);
  // The first ones fetch units for every partition.
  for (const auto& outcome : ClaimTogether(campaign, 0, 64)) ASSERT_THAT(outcome, Succeeds());
  const int64_t before = testing::ScriptCalls(server_);
  std::set<core::CouponNumber> numbers;
  for (const auto& outcome : ClaimTogether(campaign, 64, 64)) {
    ASSERT_THAT(outcome, Succeeds());
    numbers.insert(outcome->number);
  }
  EXPECT_EQ(numbers.size(), 64u);
  EXPECT_EQ(testing::ScriptCalls(server_) - before, 1);
  // Whoever is refused does not take the others along.
  const auto mixed = ClaimTogether(campaign, 96, 64);
  for (uint32_t i = 0; i < 32; ++i) EXPECT_THAT(mixed[i], Refuses(Reason::kUserQuota));
  for (uint32_t i = 32; i < 64; ++i) EXPECT_THAT(mixed[i], Succeeds());
  EXPECT_EQ(testing::ScriptCalls(server_) - before, 2);
  EXPECT_EQ(Totals(campaign).issued, 160);
  ExpectVerified();
}

TEST_F(IssueCallsTest, ClaimsOfDifferentCampaignsDoNot) {
  Open(ConfigFor(server_.unix_address()));
  LoadScripts();
  const std::string campaigns[] = {Active(), Active()};
  const int64_t before = testing::ScriptCalls(server_);
  Claimed claimed[2];
  std::vector<async::Task<void>> tasks;
  for (int i = 0; i < 2; ++i) tasks.push_back(ClaimInto(campaigns[i], 1, milliseconds(10'000), &claimed[i]));
  Await(async::WhenAll(std::move(tasks)));
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(claimed[i].outcome, Succeeds());
    EXPECT_EQ(claimed[i].outcome->campaign_id, campaigns[i]);
  }
  EXPECT_EQ(testing::ScriptCalls(server_) - before, 2);
}

// A call takes the longest time that one of its claims has; every other claim ends by its own, and has no
// effect afterwards.
TEST_F(IssueCallsTest, EachEndsByItsOwnDeadline) {
  Open(ConfigFor(server_.unix_address()));
  LoadScripts();
  const std::string campaign = Active();
  ASSERT_THAT(Claim(campaign, User(0)), Succeeds());
  const int64_t before = testing::ScriptCalls(server_);
  server_.Stop();
  Claimed brief;
  Claimed patient;
  std::vector<async::Task<void>> tasks;
  tasks.push_back(ClaimInto(campaign, 1, milliseconds(300), &brief));
  tasks.push_back(ClaimInto(campaign, 2, milliseconds(20'000), &patient));
  const auto resume = [](testing::RedisServer* server) -> async::Task<void> {
    co_await async::Sleep(milliseconds(1500));
    server->Cont();
  };
  tasks.push_back(resume(&server_));
  Await(async::WhenAll(std::move(tasks)));
  EXPECT_EQ(testing::ScriptCalls(server_) - before, 1);
  EXPECT_THAT(brief.outcome, Refuses(Reason::kOutcomeUnknown));
  EXPECT_GE(brief.took, milliseconds(300));
  EXPECT_LT(brief.took, milliseconds(1400)) << "it waited for the other's deadline";
  EXPECT_THAT(patient.outcome, Succeeds());
  EXPECT_EQ(Wallet(User(1)).size(), 0u) << "its time was over when Redis came to it";
  EXPECT_EQ(Wallet(User(2)).size(), 1u);
}

TEST_F(IssueCallsTest, WhatCannotBeReadHarmsNobodyElse) {
  Open(ConfigFor(server_.unix_address()), {}, {.partitions = 4, .buckets = 64});
  core::CampaignDefinition definition = Definition();
  definition.limits.stock_total = 1'000'000;
  const std::string campaign = Active(definition);
  for (const auto& outcome : ClaimTogether(campaign, 0, 32)) ASSERT_THAT(outcome, Succeeds());
  const core::Shape& shape = store_->shape();
  const core::UserKey unlucky = User(40);
  const std::string wallet = redis_->keys().Wallet(unlucky.partition(shape), unlucky.bucket(shape));
  server_.Command({"DEL", wallet});
  ASSERT_EQ(server_.Command({"SET", wallet, "no wallet"}), "OK");
  const uint32_t lost = (unlucky.partition(shape) + 1) % shape.partitions;
  const std::string there = redis_->keys().Campaign(lost, Get(campaign).number);
  const std::string stock = server_.Command({"HGET", there, "s"});
  server_.Command({"HSET", there, "s", stock.substr(1)});
  const auto outcomes = ClaimTogether(campaign, 32, 32);
  int refused = 0;
  for (uint32_t i = 0; i < 32; ++i) {
    const core::UserKey user = User(32 + i);
    const bool harmed = user.partition(shape) == lost ||
                        redis_->keys().Wallet(user.partition(shape), user.bucket(shape)) == wallet;
    refused += harmed ? 1 : 0;
    if (harmed) {
      EXPECT_THAT(outcomes[i], Refuses(Reason::kStoreNonsense));
    } else {
      EXPECT_THAT(outcomes[i], Succeeds());
    }
  }
  EXPECT_GT(refused, 1);
  EXPECT_LT(refused, 24);
}

// Units are asked for once for all whom one answer left without.
TEST_F(IssueCallsTest, AsksForUnitsOnceForAll) {
  Open(ConfigFor(server_.unix_address()), {}, {.partitions = 1, .buckets = 8});
  LoadScripts();
  core::CampaignDefinition definition = Definition();
  definition.limits.stock_total = 64;
  const std::string campaign = Active(definition);
  const int64_t before = testing::ScriptCalls(server_);
  for (const auto& outcome : ClaimTogether(campaign, 0, 64)) ASSERT_THAT(outcome, Succeeds());
  // Claims without a unit, the lease, claims with one.
  EXPECT_EQ(testing::ScriptCalls(server_) - before, 3);
  EXPECT_THAT(Claim(campaign, User(64)), Refuses(Reason::kStock));
}

}  // namespace
}  // namespace tessera::contract
