// A wallet is judged by the campaigns that came with its page, and another process may have changed one.

#include "judged_wallet.h"
#include "store_room.h"

namespace tessera::contract {
namespace {

using core::Reason;

class WalletChangeTest : public RoomFor<WalletFixture> {
 protected:
  void SetUp() override {
    Open(ConfigFor(server_.unix_address()), {.name = "shared"});
    other_ = std::make_unique<RedisUnderTest>(ConfigFor(server_.unix_address()), redis_->shape(),
                                              RedisUnderTest::Options{.name = "shared"});
  }

  // What is said of the one coupon.
  std::variant<core::AppliedCoupon, core::Error> SaidBy(const storage::WalletPage& page) {
    return Judge(page, Basket()).at(0).says;
  }

  testing::RedisServer server_;
  std::unique_ptr<RedisUnderTest> other_;
};

TEST_F(WalletChangeTest, AChangeByAnotherProcessIsJudgedBy) {
  const std::string id = Off(500, 0, [](auto& d) { d.pause_scope = core::PauseScope::kIssueAndRedeem; });
  Coupon(id, 1);
  const storage::WalletPage before = Page(true);
  ASSERT_EQ(before.campaigns.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<core::AppliedCoupon>(SaidBy(before)));

  const auto paused = other_->loop().RunUntilDone(
      other_->campaigns().Move(NewOp(storage::Method::kPauseCampaign), id, core::Transition::kPause));
  ASSERT_THAT(paused, Succeeds());
  const storage::WalletPage after = Page(true);
  EXPECT_TRUE(after.campaigns.empty()) << "what this process remembers is old";
  const auto says = SaidBy(after);
  ASSERT_TRUE(std::holds_alternative<core::Error>(says));
  EXPECT_EQ(std::get<core::Error>(says).reason, Reason::kCampaignPaused);
  // Asking was learning.
  EXPECT_EQ(Page(true).campaigns.at(id)->state, core::CampaignState::kPaused);
}

}  // namespace
}  // namespace tessera::contract
