// A wallet is judged by the campaigns that came with its page, and another process may have changed one.

#include "services/redeemer/alone_judge.h"
#include "stack_contract.h"
#include "store_room.h"

namespace tessera::contract {
namespace {

using core::Reason;

class WalletChangeTest : public RoomFor<StackFixture> {
 protected:
  void SetUp() override {
    Open(ConfigFor(server_.unix_address()), {.name = "shared"});
    other_ = std::make_unique<RedisUnderTest>(ConfigFor(server_.unix_address()), redis_->shape(),
                                              RedisUnderTest::Options{.name = "shared"});
  }

  storage::WalletPage Page() {
    storage::WalletQuery query;
    query.user = User(1);
    query.page_size = 10;
    query.with_campaigns = true;
    query.deadline = Soon();
    const auto page = Await(store_->coupons().ListUserCoupons(query));
    EXPECT_THAT(page, Succeeds());
    return page.ok() ? *page : storage::WalletPage();
  }
  // What is said of the one coupon.
  std::variant<core::AppliedCoupon, core::Error> Judge(const storage::WalletPage& page) {
    redeemer::AloneJudge judge(store_->redemptions());
    const auto wallet = Await(judge.Wallet({User(1), Basket(), Soon()}, &page));
    EXPECT_THAT(wallet, Succeeds());
    return wallet.ok() ? wallet->judged.at(0).says : core::AppliedCoupon();
  }

  testing::RedisServer server_;
  std::unique_ptr<RedisUnderTest> other_;
};

TEST_F(WalletChangeTest, AChangeByAnotherProcessIsJudgedBy) {
  const std::string id = Off(500, 0, [](auto& d) { d.pause_scope = core::PauseScope::kIssueAndRedeem; });
  Coupon(id, 1);
  const storage::WalletPage before = Page();
  ASSERT_EQ(before.campaigns.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<core::AppliedCoupon>(Judge(before)));

  const auto paused = other_->loop().RunUntilDone(
      other_->campaigns().Move(NewOp(storage::Method::kPauseCampaign), id, core::Transition::kPause));
  ASSERT_THAT(paused, Succeeds());
  const storage::WalletPage after = Page();
  EXPECT_TRUE(after.campaigns.empty()) << "what this process remembers is old";
  const auto says = Judge(after);
  ASSERT_TRUE(std::holds_alternative<core::Error>(says));
  EXPECT_EQ(std::get<core::Error>(says).reason, Reason::kCampaignPaused);
  // Asking was learning.
  EXPECT_EQ(Page().campaigns.at(id)->state, core::CampaignState::kPaused);
}

}  // namespace
}  // namespace tessera::contract
