// Listing a user's coupons.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using storage::CouponState;

class WalletContract : public StoreContract {
 protected:
  core::Result<storage::WalletPage> List(const core::UserKey& user, int32_t page_size,
                                         const std::string& cursor = "",
                                         std::optional<CouponState> state = std::nullopt,
                                         std::optional<std::string> campaign_id = std::nullopt) {
    storage::WalletQuery query;
    query.user = user;
    query.page_size = page_size;
    query.cursor = cursor;
    query.state = state;
    query.campaign_id = campaign_id;
    query.deadline = Soon();
    return Await(store_->coupons().ListUserCoupons(query));
  }
  // The numbers of all pages.
  std::vector<core::CouponNumber> ListAll(const core::UserKey& user, int32_t page_size,
                                          std::optional<CouponState> state = std::nullopt,
                                          std::optional<std::string> campaign_id = std::nullopt) {
    std::vector<core::CouponNumber> numbers;
    std::string cursor;
    do {
      const auto page = List(user, page_size, cursor, state, campaign_id);
      EXPECT_THAT(page, Succeeds());
      if (!page.ok()) break;
      EXPECT_LE(page->coupons.size(), static_cast<size_t>(page_size));
      for (const storage::Coupon& coupon : page->coupons) numbers.push_back(coupon.number);
      cursor = page->next_cursor;
    } while (!cursor.empty());
    return numbers;
  }
  std::vector<core::CouponNumber> Claims(const std::string& campaign_id, uint32_t user, int count) {
    std::vector<core::CouponNumber> newest_first;
    for (int i = 0; i < count; ++i) newest_first.insert(newest_first.begin(), Coupon(campaign_id, user));
    return newest_first;
  }
};
TESSERA_CONTRACT(WalletContract);

TEST_P(WalletContract, IsEmptyForAnUnknownUser) {
  const auto page = List(User(9), 10);
  ASSERT_THAT(page, Succeeds());
  EXPECT_TRUE(page->coupons.empty());
  EXPECT_EQ(page->next_cursor, "");
}

TEST_P(WalletContract, AnswersNewestFirstInPages) {
  const auto claimed = Claims(Active(), 1, 9);
  for (const int32_t page_size : {1, 2, 9, 100}) EXPECT_EQ(ListAll(User(1), page_size), claimed) << page_size;
}

TEST_P(WalletContract, ShowsNobodyElsesCoupons) {
  const std::string id = Active();
  std::vector<core::CouponNumber> own, beside;
  for (int i = 0; i < 3; ++i) {
    own.insert(own.begin(), Coupon(id, 1));
    beside.insert(beside.begin(), Claim(id, UserBeside(1))->number);
  }
  EXPECT_EQ(ListAll(User(1), 2), own);
  EXPECT_EQ(ListAll(UserBeside(1), 2), beside);
}

// However much of a bucket is somebody else's, and however much of a wallet a page is.
TEST_P(WalletContract, AnswersALargeWalletAlikeInPagesOfEverySize) {
  const std::string first = Active();
  const std::string second = Active();
  std::vector<core::CouponNumber> all, of_second;
  for (int i = 0; i < 140; ++i) {
    const bool is_second = i % 3 == 0;
    all.insert(all.begin(), Coupon(is_second ? second : first, 1));
    if (is_second) of_second.insert(of_second.begin(), all.front());
    if (i % 2 == 0) ASSERT_THAT(Claim(first, UserBeside(1)), Succeeds());
  }
  for (const int32_t page_size : {7, 50, 51, 70, 139, 140, 141, 500}) {
    EXPECT_EQ(ListAll(User(1), page_size), all) << page_size;
    EXPECT_EQ(ListAll(User(1), page_size, CouponState::kIssued, second), of_second) << page_size;
  }
  EXPECT_EQ(ListAll(UserBeside(1), 500).size(), 70u);
}

TEST_P(WalletContract, SelectsByCampaign) {
  const std::string first = Active();
  const std::string second = Active();
  const auto of_first = Claims(first, 1, 3);
  const auto of_second = Claims(second, 1, 2);
  EXPECT_EQ(ListAll(User(1), 2, std::nullopt, first), of_first);
  EXPECT_EQ(ListAll(User(1), 2, std::nullopt, second), of_second);
  EXPECT_EQ(ListAll(User(1), 2).size(), 5u);
}

TEST_P(WalletContract, SelectsByState) {
  const std::string id = Active();
  const auto claimed = Claims(id, 1, 5);
  ASSERT_THAT(Redeem(claimed[0], "order-1"), Succeeds());
  ASSERT_THAT(Reserve(claimed[2], "order-2"), Succeeds());
  ASSERT_THAT(Revoke(claimed[3], storage::ReservedPolicy::kWait, false), Succeeds());
  EXPECT_THAT(ListAll(User(1), 2, CouponState::kRedeemed), testing::ElementsAre(claimed[0]));
  EXPECT_THAT(ListAll(User(1), 2, CouponState::kReserved), testing::ElementsAre(claimed[2]));
  EXPECT_THAT(ListAll(User(1), 2, CouponState::kRevoked), testing::ElementsAre(claimed[3]));
  EXPECT_THAT(ListAll(User(1), 2, CouponState::kIssued), testing::ElementsAre(claimed[1], claimed[4]));
  EXPECT_THAT(ListAll(User(1), 2, CouponState::kExpired), testing::IsEmpty());
}

TEST_P(WalletContract, JudgesStatesByTheStoresTime) {
  core::CampaignDefinition definition = Definition();
  definition.use_window.end_ms = Now() + 3'000;
  const std::string id = Active(definition);
  const auto claimed = Claims(id, 1, 2);
  const auto reservation = Reserve(claimed[0], "order-1", 1'200);
  ASSERT_THAT(reservation, Succeeds());
  EXPECT_THAT(ListAll(User(1), 5, CouponState::kReserved), testing::ElementsAre(claimed[0]));
  store_->WaitUntil(reservation->expire_time_ms);
  EXPECT_THAT(ListAll(User(1), 5, CouponState::kReserved), testing::IsEmpty());
  EXPECT_EQ(ListAll(User(1), 5, CouponState::kIssued), claimed);
  store_->WaitUntil(definition.use_window.end_ms);
  EXPECT_EQ(ListAll(User(1), 5, CouponState::kExpired), claimed);
}

TEST_P(WalletContract, ShowsCouponsAsGetCouponDoes) {
  const std::string id = Active();
  const auto claimed = Claims(id, 1, 3);
  ASSERT_THAT(Redeem(claimed[0], "order-1"), Succeeds());
  ASSERT_THAT(Reserve(claimed[1], "order-2"), Succeeds());
  for (const storage::Coupon& coupon : Wallet(User(1))) EXPECT_EQ(coupon, *GetCoupon(coupon.number));
}

TEST_P(WalletContract, PagesStayWhileCouponsAreClaimed) {
  const std::string id = Active();
  const auto claimed = Claims(id, 1, 6);
  std::vector<core::CouponNumber> found;
  std::string cursor;
  do {
    const auto page = List(User(1), 2, cursor);
    ASSERT_THAT(page, Succeeds());
    for (const storage::Coupon& coupon : page->coupons) found.push_back(coupon.number);
    Coupon(id, 1);
    ASSERT_THAT(Claim(id, UserBeside(1)), Succeeds());
    cursor = page->next_cursor;
  } while (!cursor.empty());
  EXPECT_EQ(found, claimed);
}

TEST_P(WalletContract, PagesStayWhileCouponsChange) {
  const std::string id = Active();
  const auto claimed = Claims(id, 1, 6);
  const auto first = List(User(1), 2, "", CouponState::kIssued);
  ASSERT_THAT(first, Succeeds());
  // The last coupon of the page and the first of the next one leave the state that is asked for.
  ASSERT_THAT(Redeem(claimed[1], "order-1"), Succeeds());
  ASSERT_THAT(Redeem(claimed[2], "order-2"), Succeeds());
  std::vector<core::CouponNumber> rest;
  for (std::string cursor = first->next_cursor; !cursor.empty();) {
    const auto page = List(User(1), 2, cursor, CouponState::kIssued);
    ASSERT_THAT(page, Succeeds());
    for (const storage::Coupon& coupon : page->coupons) rest.push_back(coupon.number);
    cursor = page->next_cursor;
  }
  EXPECT_THAT(rest, testing::ElementsAre(claimed[3], claimed[4], claimed[5]));
}

TEST_P(WalletContract, SelectsAFewAmongMany) {
  const std::string many = Active();
  const std::string few = Active();
  const auto oldest = Claims(few, 1, 2);
  Claims(many, 1, 120);
  const auto newest = Claims(few, 1, 1);
  EXPECT_THAT(ListAll(User(1), 50, std::nullopt, few), testing::ElementsAre(newest[0], oldest[0], oldest[1]));
}

}  // namespace
}  // namespace tessera::contract
