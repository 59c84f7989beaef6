#include "tools/couponctl/difference.h"

#include <gtest/gtest.h>

#include "tests/unit/api/requests.h"

namespace tessera::couponctl {
namespace {

namespace pb = coupon::v1;

std::vector<std::string> PathsOf(const std::vector<Difference>& differences) {
  std::vector<std::string> paths;
  for (const Difference& difference : differences) paths.push_back(difference.path);
  return paths;
}

using Paths = std::vector<std::string>;

TEST(DifferencesTest, OfEqualMessagesAreNone) {
  EXPECT_TRUE(Differences(api::GoodDefinition(), api::GoodDefinition()).empty());
}

TEST(DifferencesTest, NameTheInnermostField) {
  const pb::CampaignDefinition from = api::GoodDefinition();
  pb::CampaignDefinition to = from;
  to.set_display_name("Another");
  to.mutable_limits()->set_stock_total(from.limits().stock_total() + 1);
  EXPECT_EQ(PathsOf(Differences(from, to)), (Paths{"display_name", "limits.stock_total"}));
}

// Instants are values, though they are messages.
TEST(DifferencesTest, OfAnInstantIsOne) {
  const pb::CampaignDefinition from = api::GoodDefinition();
  pb::CampaignDefinition to = from;
  to.mutable_use_window()->mutable_end_time()->set_seconds(4'102'444'800);
  const auto differences = Differences(from, to);
  ASSERT_EQ(PathsOf(differences), Paths{"use_window.end_time"});
  EXPECT_EQ(differences.front().to, "2100-01-01T00:00:00Z");
}

TEST(DifferencesTest, OfAListAreTheWhole) {
  pb::CampaignDefinition from = api::GoodDefinition();
  from.mutable_offer()->mutable_scope()->mutable_skus()->add_include("cup");
  pb::CampaignDefinition to = from;
  to.mutable_offer()->mutable_scope()->mutable_skus()->add_include("teapot");
  const auto differences = Differences(from, to);
  ASSERT_EQ(PathsOf(differences), Paths{"offer.scope.skus.include"});
  EXPECT_EQ(differences.front().from, "[cup]");
  EXPECT_EQ(differences.front().to, "[cup, teapot]");
}

TEST(DifferencesTest, OfAnotherBenefitAreTwo) {
  pb::CampaignDefinition from = api::GoodDefinition();
  from.mutable_offer()->mutable_percent_off()->set_basis_points(1000);
  pb::CampaignDefinition to = from;
  to.mutable_offer()->mutable_amount_off()->set_amount_minor(500);
  EXPECT_EQ(PathsOf(Differences(from, to)), (Paths{"offer.percent_off", "offer.amount_off"}));
}

// A number that is set to 0 is not the same as one that is not set.
TEST(DifferencesTest, TellZeroFromUnset) {
  pb::CampaignDefinition from = api::GoodDefinition();
  from.mutable_limits()->clear_per_user_total();
  pb::CampaignDefinition to = from;
  to.mutable_limits()->set_per_user_total(0);
  EXPECT_EQ(DifferencesText(Differences(from, to)), "  + limits.per_user_total: 0\n");
  EXPECT_EQ(DifferencesText(Differences(to, from)), "  - limits.per_user_total: 0\n");
}

}  // namespace
}  // namespace tessera::couponctl
