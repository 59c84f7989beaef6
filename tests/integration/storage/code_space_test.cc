// Numbers are not endless: of codes at a campaign's home, and of coupons where a user's coupons lie.

#include "store_room.h"

namespace tessera::contract {
namespace {

using core::CodeNumber;
using core::Reason;
using storage::Method;

class CodeSpaceTest : public StoreRoom {
 protected:
  void SetUp() override {
    Open(ConfigFor(server_.unix_address()));
    campaign_ = Active();
  }
  core::Result<storage::GeneratedCodes> Generate(uint64_t count) {
    storage::GenerateCodesIntent intent;
    intent.op = NewOp(Method::kGenerateCodes);
    intent.campaign_id = campaign_;
    intent.count = count;
    return Await(store_->codes().GenerateCodes(intent));
  }

  testing::RedisServer server_;
  std::string campaign_;
};

TEST_F(CodeSpaceTest, GivesOutEveryNumberAndNoneBeyond) {
  const core::Shape shape = store_->shape();
  const uint64_t end = (uint64_t{1} << CodeNumber::kBits) / shape.partitions;
  server_.Command(
      {"HSET", redis_->keys().Batches(redis_->HomeOf(campaign_)), "next", std::to_string(end - 3)});
  EXPECT_THAT(Generate(4), Refuses(Reason::kStorageFull));
  const auto last = Generate(3);
  ASSERT_THAT(last, Succeeds());
  EXPECT_LT(last->numbers.first + 2 * last->numbers.stride, uint64_t{1} << CodeNumber::kBits);
  EXPECT_THAT(Generate(1), Refuses(Reason::kStorageFull));
  EXPECT_EQ(Totals(campaign_).codes_generated, 3);
}

TEST_F(CodeSpaceTest, AFullWalletLeavesTheCodeFree) {
  const CodeNumber code{Generate(1)->numbers.first};
  const std::string wallet =
      redis_->keys().Wallet(User(1).partition(store_->shape()), User(1).bucket(store_->shape()));
  server_.Command({"HSET", wallet, "n", "\xff\xff\xff"});
  storage::BindIntent bind;
  bind.op = NewOp(Method::kBindCode);
  bind.code = code;
  bind.user = User(1);
  EXPECT_THAT(Await(store_->codes().Bind(bind)), Refuses(Reason::kStorageFull));
  bind.op = NewOp(Method::kBindCode);
  bind.user = User(2);
  EXPECT_THAT(Await(store_->codes().Bind(bind)), Succeeds());
}

}  // namespace
}  // namespace tessera::contract
