#include "api/convert_campaign.h"
#include "api/convert_offer.h"
#include "api/definition_codec.h"
#include "api/parse_campaign.h"
#include "tests/unit/api/offers.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

// Every benefit with all that it may say, at its largest where there is a largest, and without what is
// optional.
const char* const kBenefits[] = {
    "percent_off { basis_points: 10000 cap_minor: 9007199254740991 }",
    "percent_off { basis_points: 1 }",
    "amount_off { amount_minor: 9007199254740991 }",
    "threshold_off { steps { at_least_minor: 10000 off_minor: 1000 } "
    "steps { at_least_minor: 20000 off_minor: 3000 } }",
    "free_shipping { cap_minor: 490 }",
    "free_shipping {}",
    "exchange { sku: 'MUG' price_minor: 100 quantity_max: 1000000 }",
    "gift { sku: 'PEN' quantity: 1000000 worth_minor: 9007199254 }",
    "cut_to { price_minor: 990 unit_price_max_minor: 2000 quantity_max: 3 }",
    "cut_to {}",
    "buy_get { buy: 2 get: 1 basis_points: 10000 times_max: 4 get_sku: 'CUP' }",
    "buy_get { buy: 1000 get: 1000 basis_points: 1 }",
};

// All that an offer may say besides.
constexpr char kRest[] = R"(
  minimum_spend_minor: 5000
  scope {
    skus { include: 'A' include: 'B' exclude: 'C' }
    categories { include: 'shoes' exclude: 'sale' }
    merchants { include: 'm1' exclude: 'm2' }
    stores { include: 's1' exclude: 's2' }
    channels { include: 'app' exclude: 'pos' }
    payment_methods { include: 'card' exclude: 'cash' }
    user_attributes { include: 'tier=gold' exclude: 'city=Bonn' }
    order_count { completed_min: 0 completed_max: 2 }
  }
  floor_basis_points: 2500
  stacking {
    exclusive: true
    groups { group: 'season' at_most: 1 }
    groups { group: 'vip' at_most: 20 }
    priority: -7
    base: PRICE_BASE_INITIAL
    threshold_basis: THRESHOLD_BASIS_AFTER_DISCOUNTS
  }
  weekly_windows { day: DAY_OF_WEEK_MONDAY start_minute: 0 end_minute: 1440 }
  weekly_windows { day: DAY_OF_WEEK_SUNDAY start_minute: 1439 end_minute: 60 }
)";

pb::CampaignDefinition With(const pb::Offer& offer) {
  pb::CampaignDefinition definition = GoodDefinition();
  *definition.mutable_offer() = offer;
  return definition;
}

TEST(Offer, EveryBenefitSurvivesTheContractAndTheStore) {
  for (const char* benefit : kBenefits) {
    for (const char* rest : {"", kRest}) {
      SCOPED_TRACE(std::string(benefit) + rest);
      const pb::CampaignDefinition definition = With(OfferOf(std::string(benefit) + rest));
      const auto parsed = ParseDefinition(definition, "campaign");
      ASSERT_TRUE(parsed.ok()) << parsed.error().message;
      EXPECT_EQ(ToProto(*parsed).SerializeAsString(), definition.SerializeAsString());
      const std::string stored = EncodeDefinition(*parsed);
      const auto decoded = DecodeDefinition(stored);
      ASSERT_TRUE(decoded.ok()) << decoded.error().cause;
      EXPECT_EQ(*decoded, *parsed);
      EXPECT_EQ(EncodeDefinition(*decoded), stored);
    }
  }
}

// The paths of the fields that are set in `message`.
void AddSet(const google::protobuf::Message& message, const std::string& prefix, std::set<std::string>& set) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const auto* field : fields) {
    const std::string path = prefix + field->name();
    if (field->message_type() == nullptr) {
      set.insert(path);
    } else if (field->is_repeated()) {
      for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
        AddSet(message.GetReflection()->GetRepeatedMessage(message, field, i), path + ".", set);
      }
    } else {
      AddSet(message.GetReflection()->GetMessage(message, field), path + ".", set);
    }
  }
}

TEST(Offer, NoFieldIsLeftOutOfThatJourney) {
  std::set<std::string> travelled;
  for (const char* benefit : kBenefits) AddSet(OfferOf(std::string(benefit) + kRest), "", travelled);
  EXPECT_EQ(travelled, LeavesOfOffer());
}

TEST(Offer, MeansInTheCoreWhatItSays) {
  const auto parsed = ParseDefinition(With(OfferOf(std::string(kBenefits[10]) + kRest)), "campaign");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const core::Offer& offer = parsed->offer;
  EXPECT_EQ(offer.currency.code(), "EUR");
  const core::BuyGet deal{.buy = 2, .get = 1, .basis_points = 10'000, .times_max = 4, .get_sku = "CUP"};
  EXPECT_EQ(std::get<core::BuyGet>(offer.benefit), deal);
  EXPECT_EQ(offer.minimum_spend_minor, 5'000);
  EXPECT_EQ(offer.floor_basis_points, 2'500);
  const core::Scope scope{.skus = {{"A", "B"}, {"C"}},
                          .categories = {{"shoes"}, {"sale"}},
                          .merchants = {{"m1"}, {"m2"}},
                          .stores = {{"s1"}, {"s2"}},
                          .channels = {{"app"}, {"pos"}},
                          .payment_methods = {{"card"}, {"cash"}},
                          .user_attributes = {{"tier=gold"}, {"city=Bonn"}},
                          .order_count = {.completed_min = 0, .completed_max = 2}};
  EXPECT_EQ(offer.scope, scope);
  const core::StackingRule stacking{.exclusive = true,
                                    .groups = {{"season", 1}, {"vip", 20}},
                                    .priority = -7,
                                    .base = core::PriceBase::kInitial,
                                    .threshold_basis = core::ThresholdBasis::kAfterDiscounts};
  EXPECT_EQ(offer.stacking, stacking);
  const std::vector<core::WeeklyWindow> windows = {{.day = 0, .start_minute = 0, .end_minute = 1'440},
                                                   {.day = 6, .start_minute = 1'439, .end_minute = 60}};
  EXPECT_EQ(offer.weekly_windows, windows);
}

TEST(Offer, WhatIsNotSetIsAsByDefault) {
  const auto parsed = ParseDefinition(With(OfferOf("free_shipping {} stacking { priority: 1 }")), "campaign");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  core::Offer expected;
  expected.currency = parsed->offer.currency;
  expected.benefit = core::FreeShipping{};
  expected.stacking.priority = 1;
  EXPECT_EQ(parsed->offer, expected);
}

}  // namespace
}  // namespace tessera::api
