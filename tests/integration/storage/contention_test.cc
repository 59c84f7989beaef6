// What the adapter says when too much happens at once.

#include "async/timer.h"
#include "async/when_all.h"
#include "store_room.h"

namespace tessera::contract {
namespace {

using core::Reason;
using storage::Method;

class ContentionTest : public StoreRoom {
 protected:
  // Claims one coupon after the other until `stop`.
  async::Task<void> ClaimOn(std::string campaign_id, uint32_t first, const bool* stop) {
    for (uint32_t i = first; !*stop; i += 8) {
      storage::IssueIntent intent;
      intent.campaign_id = campaign_id;
      intent.deadline = Soon();
      intent.items.push_back({NewOp(Method::kClaimCoupon), User(i)});
      const auto issued = co_await store_->coupons().Issue(std::move(intent));
      EXPECT_THAT(issued.at(0), Succeeds());
    }
  }
  async::Task<void> Verify(core::Result<storage::Verification>* found, bool* stop) {
    *found = co_await store_->ledger().Verify("", storage::VerifyDepth::kWallets, Soon());
    *stop = true;
  }

  testing::RedisServer server_;
};

// Wallets are many keys. They are compared when nothing moved while they were read, and never when something
// did.
TEST_F(ContentionTest, WalletsThatChangeAllTheTimeAreNotJudged) {
  Open(ConfigFor(server_.unix_address()), {}, {.partitions = 1, .buckets = 4096});
  const std::string campaign = Active();
  bool stop = false;
  core::Result<storage::Verification> found = core::Error(Reason::kInternal, "did not run");
  std::vector<async::Task<void>> tasks;
  for (uint32_t i = 0; i < 8; ++i) tasks.push_back(ClaimOn(campaign, i, &stop));
  tasks.push_back(Verify(&found, &stop));
  Await(async::WhenAll(std::move(tasks)));
  EXPECT_THAT(found, Refuses(Reason::kContended));
  ExpectVerified();
}

}  // namespace
}  // namespace tessera::contract
