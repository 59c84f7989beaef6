#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "api/definition_codec.h"
#include "api/receipt_codec.h"
#include "async/event_loop.h"
#include "crypto/digest.h"
#include "crypto/key_file.h"
#include "redis/client.h"
#include "storage/redis/redis_store.h"
#include "tests/support/redis_server.h"

namespace tessera::bench {

// A user with coupons of as many campaigns.
struct Wallet {
  core::UserKey user;
  std::vector<core::CouponName> coupons;
};

// The adapter on a Redis of its own, without a service around it: what a claim costs Redis, and what it
// leaves there. One thread.
class StoreBench {
 public:
  explicit StoreBench(testing::RedisDurability durability);
  ~StoreBench();
  StoreBench(const StoreBench&) = delete;
  StoreBench& operator=(const StoreBench&) = delete;

  // Claims by `count` new users, 64 at a time on one connection. The campaign limits stock and coupons per
  // user, so that every check of a claim is made. Throws when one is refused.
  void Claim(int64_t count);
  // The same in batches of `size`, one at a time.
  void ClaimInBatches(int64_t batches, int size);
  // A batch of so many codes that belong to nobody.
  void GenerateCodes(uint64_t count);
  // Further campaigns, `count` in all, so that wallets can hold a coupon of each.
  void OpenCampaigns(int count);
  // New users with a coupon of each of the first `size` campaigns.
  std::vector<Wallet> Wallets(int64_t count, int size);
  // Each user's coupons together on an order, 64 orders at a time on one connection.
  void Redeem(const std::vector<Wallet>& wallets);
  // The smallest script that writes, 64 at a time on one connection.
  void Evalsha(int64_t count);

  // Seconds of CPU that Redis has spent since it started.
  double RedisCpuSeconds();
  int64_t RedisMemoryBytes();
  void DeleteLedger();

 private:
  async::Task<void> Start();
  async::Task<void> Open(std::string campaign_id);
  async::Task<void> ClaimInTurn(int64_t* left, int size);
  async::Task<void> EvalshaInTurn(int64_t* left);
  async::Task<void> All(int64_t count, int at_once, int size, bool evalsha);
  async::Task<void> FillInTurn(std::vector<Wallet>* wallets, size_t* next, int size);
  async::Task<void> RedeemInTurn(const std::vector<Wallet>* wallets, size_t* next);
  async::Task<void> AwaitAll();
  storage::Operation NewOperation(storage::Method method);
  storage::IssueIntent Intent(int size);

  testing::RedisServer server_;
  async::EventLoop loop_;
  crypto::KeyFile keys_;
  crypto::RequestDigests digests_;
  storage::StoreConfig config_;
  std::unique_ptr<storage::RedisStore> store_;
  redis::Script script_;
  std::string script_sha1_;
  std::mt19937_64 random_{20261121};
  int running_ = 0;
  std::string refused_;
};

}  // namespace tessera::bench
