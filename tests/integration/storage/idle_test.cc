// What Redis has to do for a deployment in which nothing happens.

#include "store_room.h"
#include "tests/support/script_calls.h"

namespace tessera::contract {
namespace {

class IdleTest : public StoreRoom {
 protected:
  void SetUp() override { Open(ConfigFor(server_.unix_address())); }

  testing::RedisServer server_;
};

TEST_F(IdleTest, ALedgerInWhichNothingIsNewTakesNoScript) {
  const std::string id = Active();
  Coupon(id, 1);
  EXPECT_GE(ApplyAll(), 1);
  EXPECT_EQ(ApplyAll(), 0);
  const int64_t before = testing::ScriptCalls(server_);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ApplyAll(), 0);
  EXPECT_EQ(testing::ScriptCalls(server_), before);
  // What comes is found by the next look.
  Coupon(id, 1);
  EXPECT_EQ(ApplyAll(), 1);
  EXPECT_EQ(Totals(id).issued, 2);
  EXPECT_EQ(ApplyAll(), 0);
  // So is that sums were lost.
  const uint32_t partition = User(1).partition(store_->shape());
  server_.Command({"DEL", redis_->keys().Totals(partition)});
  EXPECT_GE(ApplyAll(), 2);
  EXPECT_EQ(Totals(id).issued, 2);
}

}  // namespace
}  // namespace tessera::contract
