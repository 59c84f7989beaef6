// SpendingRoom is a StoreRoom whose campaigns have a budget, several processes that spend it through the
// escrow with the least script that does so, and the judge of what they were answered. Used by the test's
// thread alone.
#pragma once

#include <deque>
#include <random>

#include "async/when_all.h"
#include "spending_scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/escrow.h"
#include "storage/redis/records.h"
#include "store_room.h"

namespace tessera::contract {

class SpendingRoom : public StoreRoom {
 protected:
  // What a service has for itself: nothing that two of them know is shared but Redis.
  struct Process {
    Process(RedisUnderTest& redis, const crypto::RequestDigests& digests)
        : guard(redis.store().config(), redis.keys(), clock),
          backend{redis.store().client(), redis.keys(), clock, guard, redis.store().config(), digests},
          escrow(backend) {}

    storage::RedisClock clock;
    storage::Guard guard;
    storage::Backend backend;
    storage::Escrow escrow;
  };

  // One call: what it wanted, when it was open, by the order of what happened, and how it was answered.
  struct Call {
    int64_t amount = 0;
    int64_t begin = 0;
    int64_t end = 0;
    bool spent = false;
    bool refused = false;  // neither: it was told that others were faster
    int64_t left = 0;      // as the refusal says
  };

  void OpenRoom(uint32_t partitions, const RedisUnderTest::Options& options = {}) {
    Open(ConfigFor(server_.unix_address()), options, {.partitions = partitions, .buckets = 8});
    processes_.clear();
    for (int i = 0; i < 4; ++i) {
      Process& process = processes_.emplace_back(*redis_, digests_);
      Await(process.guard.Check(redis_->store().client()));
    }
  }

  // Of a campaign as its definition stands, with a budget or a day's budget of `cap`.
  storage::Limit LimitOf(const std::string& campaign_id, int64_t cap,
                         storage::LimitKind kind = storage::LimitKind::kBudget, core::Window day = {}) {
    auto known = std::make_shared<storage::KnownCampaign>();
    known->campaign = Get(campaign_id);
    known->campaign.definition.use_limits.budget_total_minor = cap;
    known->campaign.definition.use_limits.budget_per_day_minor = cap;
    return *storage::Limit::Of(std::move(known), kind, day);
  }

  redis::Command SpendCommand(const storage::Limit& limit, uint32_t partition, int64_t leased,
                              int64_t amount) {
    redis::Command command(spending_scripts::kSpendAmount);
    command.Key(redis_->keys().Campaign(partition, limit.campaign->campaign.number));
    command.Arg(storage::FieldOf(limit.kind)).Arg(limit.window).Arg(leased).Arg(amount);
    return command;
  }

  // As the service of a redemption does it. Where it `clips`, it takes what is left of what it wants.
  async::Task<Call> Spend(Process* process, storage::Limit limit, uint32_t partition, int64_t amount,
                          bool clips = false) {
    Call call;
    call.amount = amount;
    call.begin = ++clock_;
    int64_t leased = 0;
    for (int attempt = 0; attempt < 256; ++attempt) {
      const auto reply =
          co_await process->backend.Call(SpendCommand(limit, partition, leased, call.amount), Soon());
      call.spent = reply.ok() && (*reply)[0].text() == "SPENT";
      if (!reply.ok() || (*reply)[0].text() != "NEED") break;
      storage::Demand demand;
      demand.partition = partition;
      demand.got = (*reply)[1].integer();
      demand.share = (*reply)[2].integer();
      demand.least = demand.want = call.amount;
      const auto supply = co_await process->escrow.Acquire(limit, demand, Soon());
      if (!supply.ok() || supply->kind == storage::Supply::Kind::kBusy) break;
      if (supply->kind == storage::Supply::Kind::kLeased) leased = supply->total;
      if (supply->kind != storage::Supply::Kind::kDry) continue;
      call.left = supply->left;
      call.refused = !clips || call.left == 0;
      if (call.refused) break;
      call.amount = std::min(call.amount, call.left);
    }
    call.end = ++clock_;
    calls_.push_back(call);
    co_return call;
  }

  // Gives back what was spent, and tells the home unless the process dies before it can.
  async::Task<bool> GiveBack(Process* process, storage::Limit limit, uint32_t partition, int64_t amount,
                             bool dies) {
    const core::Campaign& campaign = limit.campaign->campaign;
    redis::Command command(spending_scripts::kReturnAmount);
    command.Key(redis_->keys().Campaign(partition, campaign.number)).Key(redis_->keys().Owed(partition));
    command.Arg(storage::FieldOf(limit.kind)).Arg(limit.window).Arg(amount).Arg(campaign.number.value);
    const auto reply = co_await process->backend.Call(std::move(command), Soon());
    EXPECT_THAT(reply, Succeeds());
    if ((*reply)[0].text() == "LAPSED") co_return false;
    if (dies) co_return true;
    const storage::OwedLimit owed{campaign.number, limit.kind, limit.window};
    const core::Status settled = co_await process->escrow.Settle(partition, campaign.id, owed, Soon());
    EXPECT_TRUE(settled.ok());
    co_return true;
  }

  // What was spent, as the calls were answered.
  int64_t Spent() const {
    int64_t sum = 0;
    for (const Call& call : calls_) sum += call.spent ? call.amount : 0;
    return sum;
  }

  // What the partitions say of it.
  int64_t Used(const storage::Limit& limit) {
    int64_t used = 0;
    for (uint32_t p = 0; p < redis_->keys().shape().partitions; ++p) {
      const std::string value =
          server_.Command({"HGET", redis_->keys().Campaign(p, limit.campaign->campaign.number),
                           std::string(storage::FieldOf(limit.kind))});
      const auto share = storage::OpenShare(value);
      if (share.has_value() && share->window == limit.window) used += share->used;
    }
    return used;
  }
  std::string Book(const storage::Limit& limit, const char* field) {
    return server_.Command(
        {"HGET", redis_->keys().LimitBooks(limit.campaign->campaign.id, limit.kind, limit.window), field});
  }

  // How many refusals were of what must have been there, if nothing came back: each amount may have been
  // spent when its call began, and not before.
  int64_t UnjustifiedRefusals(int64_t cap) const {
    int64_t unjustified = 0;
    for (const Call& refused : calls_) {
      if (!refused.refused) continue;
      int64_t spent = 0;
      for (const Call& call : calls_) spent += call.spent && call.begin < refused.end ? call.amount : 0;
      unjustified += cap - spent >= refused.amount ? 1 : 0;
    }
    return unjustified;
  }

  testing::RedisServer server_;
  const crypto::RequestDigests digests_{TestKeys()};
  std::deque<Process> processes_;
  std::vector<Call> calls_;
  int64_t clock_ = 0;
  std::mt19937_64 random_{20240520};
};

}  // namespace tessera::contract
