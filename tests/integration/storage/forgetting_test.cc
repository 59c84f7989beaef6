// The records of what issued coupons stand in the wallets, which have no end of their own: the sweeper
// forgets them when their time is over.

#include "storage/redis/records.h"
#include "store_room.h"

namespace tessera::contract {
namespace {

using storage::Method;

constexpr char kNothing[] = "(nil)";  // as redis-cli writes it
constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;

class ForgettingTest : public StoreRoom {
 protected:
  void SetUp() override { Open(ConfigFor(server_.unix_address())); }

  std::string WalletKey(const core::UserKey& user) {
    return redis_->keys().Wallet(user.partition(store_->shape()), user.bucket(store_->shape()));
  }
  std::string RecordOf(const core::UserKey& user, const storage::Operation& op) {
    return server_.Command({"HGET", WalletKey(user), storage::ClaimField(op.field)});
  }
  // As if the claim had been made so long ago: nobody waits for days here.
  void Age(const core::UserKey& user, const storage::Operation& op, int64_t ms) {
    std::string record = RecordOf(user, op);
    constexpr size_t kTimeAt = 19;  // type, body, key id, campaign, number
    record.replace(kTimeAt, 6, storage::PackNumber(static_cast<uint64_t>(Now() - ms), 6));
    server_.Command({"HSET", WalletKey(user), storage::ClaimField(op.field), record});
  }
  // The walk that forgets is due now, in every partition.
  void LetItBeTime() {
    for (uint32_t p = 0; p < store_->shape().partitions; ++p) {
      ASSERT_EQ(
          server_.Command({"ZADD", redis_->keys().Due(p), "XX", "CH", std::to_string(Now() - 1), "forget"}),
          "1");
    }
  }

  testing::RedisServer server_;
};

TEST_F(ForgettingTest, TheSweeperForgetsClaimsWhoseRecordsAreOver) {
  const std::string campaign = Active();
  const storage::Operation old = NewOp(Method::kClaimCoupon);
  const storage::Operation recent = NewOp(Method::kClaimCoupon);
  ASSERT_THAT(Claim(campaign, User(1), old), Succeeds());
  ASSERT_THAT(Claim(campaign, User(2), recent), Succeeds());
  Sweep();  // notes when the next walk is
  // Kept three days, and a day more because a request id may lie so far ahead.
  Age(User(1), old, 4 * kDayMs + 60'000);
  Age(User(2), recent, 4 * kDayMs - 60'000);
  Sweep();
  EXPECT_NE(RecordOf(User(1), old), kNothing) << "the walk is not due yet";
  LetItBeTime();
  Sweep();
  EXPECT_EQ(RecordOf(User(1), old), kNothing);
  EXPECT_NE(RecordOf(User(2), recent), kNothing);
  EXPECT_EQ(Wallet(User(1)).size(), 1u) << "the coupon stays";
  ExpectVerified();
}

TEST_F(ForgettingTest, AWalkNotesTheNextOne) {
  Active();
  Sweep();
  LetItBeTime();
  Sweep();
  for (uint32_t p = 0; p < store_->shape().partitions; ++p) {
    const std::string next = server_.Command({"ZSCORE", redis_->keys().Due(p), "forget"});
    ASSERT_NE(next, kNothing) << "partition " << p;
    EXPECT_GT(std::stoll(next), Now() + kDayMs / 2);
    EXPECT_LE(std::stoll(next), Now() + kDayMs);
  }
}

}  // namespace
}  // namespace tessera::contract
