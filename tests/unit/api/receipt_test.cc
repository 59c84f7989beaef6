#include <gtest/gtest.h>

#include <string>

#include "api/convert_error.h"
#include "api/convert_order.h"
#include "api/receipt_codec.h"
#include "coupon/v1/receipt.pb.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
using storage::Receipt;

core::OrderLine Line(std::string line_id, int64_t quantity, int64_t price_minor) {
  core::OrderLine line;
  line.line_id = std::move(line_id);
  line.sku = "sku-of-" + line.line_id;
  line.quantity = quantity;
  line.unit_price_minor = price_minor;
  return line;
}

Receipt SmallReceipt() {
  Receipt receipt;
  receipt.order.order_id = "order-1";
  receipt.order.currency = *core::Currency::Parse("EUR", "currency");
  receipt.order.lines.push_back(Line("1", 1, 4'999));
  receipt.order.lines.back().sku = "sku-17";
  receipt.order.instant_ms = 1'750'000'000'123;
  core::AppliedCoupon applied;
  applied.discount_minor = 750;
  applied.lines = {{.line = 0, .minor = 750}};
  receipt.applied.push_back(applied);
  receipt.campaign_versions = {3};
  receipt.discount_max_minor = {std::nullopt};
  return receipt;
}

// Everything that a receipt can hold, but for what the store's own records say.
Receipt LargeReceipt() {
  Receipt receipt = SmallReceipt();
  core::Order& order = receipt.order;
  order.lines.push_back(Line("2", 3, 1'000));
  order.lines.back().categories = {"shoes", "sale"};
  order.lines.back().unit_floor_minor = 0;
  order.lines.push_back(Line("3", 1'000'000, 9'000'000));
  order.shipping_minor = 490;
  order.merchant = "m-1";
  order.store = "s-1";
  order.channel = "app";
  order.payment_method = "card";
  order.user_attributes = {"tier=gold", "tier=old"};
  order.completed_orders = 0;
  core::AppliedCoupon shipping;
  shipping.discount_minor = 490;
  shipping.shipping_minor = 490;
  core::AppliedCoupon many;
  many.lines = {{.line = 0, .minor = 1}, {.line = 2, .minor = core::kAmountMax - 1}};
  many.discount_minor = core::kAmountMax;
  core::AppliedCoupon gift;
  gift.added = core::AddedItem{.sku = "cup", .quantity = 2};
  for (const auto& applied : {shipping, many, gift}) receipt.applied.push_back(applied);
  receipt.campaign_versions = {3, 1, 2, core::kAmountMax};
  receipt.discount_max_minor = {std::nullopt, 490, std::nullopt, 0};
  receipt.left_out.push_back({core::CodeNumber{12}, core::Error(core::Reason::kGroupFull, "no more")
                                                        .With("group", "welcome")
                                                        .With("coupon", "coupons[4]")});
  storage::ReturnEntry part;
  part.part.units = {{.line = 0, .quantity = 1}, {.line = 2, .quantity = 500}};
  part.part.shipping = true;
  part.outcome.currency = order.currency;
  part.outcome.refund_minor = 1'234;
  part.outcome.coupons = {{.coupon = core::CouponNumber{5}, .returned_minor = 7, .clawed_minor = 8}};
  storage::ReturnEntry coupon;
  coupon.part.coupon = core::CouponKey{"spring", core::CodeNumber{4}};
  coupon.outcome.currency = order.currency;
  coupon.outcome.due_minor = 9;
  coupon.outcome.whole = true;
  coupon.outcome.coupons = {{.coupon = core::CouponNumber{6}, .returned_minor = 0, .clawed_minor = 9}};
  receipt.returns = {part, coupon};
  return receipt;
}

TEST(ReceiptCodec, ReadsWhatWasWritten) {
  for (const Receipt& receipt : {Receipt(), SmallReceipt(), LargeReceipt()}) {
    const std::string bytes = EncodeReceipt(receipt);
    const auto read = DecodeReceipt(bytes);
    ASSERT_TRUE(read.ok()) << read.error().cause;
    EXPECT_EQ(*read, receipt);
    EXPECT_EQ(EncodeReceipt(*read), bytes);
  }
}

// It is kept with each redemption.
TEST(ReceiptCodec, AReceiptIsSmall) { EXPECT_LE(EncodeReceipt(SmallReceipt()).size(), 80u); }

TEST(ReceiptCodec, ARefusalComesBackWhole) {
  const auto read = DecodeReceipt(EncodeReceipt(LargeReceipt()));
  ASSERT_TRUE(read.ok());
  const Receipt receipt = LargeReceipt();
  EXPECT_EQ(ToProto(read->left_out[0].why).SerializeAsString(),
            ToProto(receipt.left_out[0].why).SerializeAsString());
}

// A rollback's own record has the return and no order.
TEST(ReceiptCodec, AReturnStandsAlone) {
  Receipt receipt;
  receipt.order.currency = *core::Currency::Parse("JPY", "currency");
  storage::ReturnEntry entry;
  entry.part.units = {{.line = 499, .quantity = 3}};
  entry.outcome.currency = receipt.order.currency;
  entry.outcome.refund_minor = 100;
  receipt.returns.push_back(entry);
  const auto read = DecodeReceipt(EncodeReceipt(receipt));
  ASSERT_TRUE(read.ok()) << read.error().cause;
  EXPECT_EQ(*read, receipt);
}

TEST(ReceiptCodec, WhatTodaysRulesWouldRefuseIsRead) {
  Receipt receipt = SmallReceipt();
  receipt.order.order_id = std::string(1'000, 'o');
  receipt.order.lines[0].sku = "";
  receipt.order.user_attributes = {"no value"};
  const auto read = DecodeReceipt(EncodeReceipt(receipt));
  ASSERT_TRUE(read.ok()) << read.error().cause;
  EXPECT_EQ(*read, receipt);
}

TEST(ReceiptCodec, NonsenseIsTold) {
  const auto reason_of = [](const pb::Receipt& stored) {
    const auto read = DecodeReceipt(stored.SerializeAsString());
    return read.ok() ? core::Reason::kInvalidField : read.error().reason;
  };
  EXPECT_EQ(DecodeReceipt("\xff\xff").error().reason, core::Reason::kStoreNonsense);
  const auto spoiled = [&](auto spoil) {
    pb::Receipt stored;
    EXPECT_TRUE(stored.ParseFromString(EncodeReceipt(LargeReceipt())));
    spoil(stored);
    return reason_of(stored);
  };
  using R = pb::Receipt;
  EXPECT_EQ(spoiled([](R&) {}), core::Reason::kInvalidField);
  const std::vector<std::function<void(R&)>> spoils = {
      [](R& r) { r.mutable_order()->set_currency_code("XXX"); },
      [](R& r) { r.mutable_order()->set_shipping_minor(-1); },
      [](R& r) { r.mutable_order()->mutable_lines(0)->set_quantity(-1); },
      [](R& r) { r.mutable_order()->mutable_lines(0)->set_unit_price_minor(core::kAmountMax); },
      [](R& r) { r.mutable_coupons(0)->add_shares(1); },
      [](R& r) { r.mutable_coupons(0)->set_shares(0, 3); },
      [](R& r) { r.mutable_coupons(0)->set_shares(0, INT64_MIN); },
      [](R& r) { r.mutable_coupons(0)->set_shares(1, -1); },
      [](R& r) { r.mutable_coupons(0)->set_shares(1, INT64_MAX); },
      [](R& r) { r.mutable_coupons(1)->set_shipping_minor(-1); },
      [](R& r) { r.mutable_returns(0)->add_units(1); },
      [](R& r) { r.mutable_returns(0)->set_refund_minor(-1); },
      [](R& r) { r.mutable_returns(0)->mutable_coupons(0)->set_clawed_minor(-1); },
  };
  for (size_t i = 0; i < spoils.size(); ++i) {
    EXPECT_EQ(spoiled(spoils[i]), core::Reason::kStoreNonsense) << i;
  }
}

// A record that a later version wrote.
TEST(ReceiptCodec, AnUnknownReasonIsRead) {
  pb::Receipt stored;
  ASSERT_TRUE(stored.ParseFromString(EncodeReceipt(LargeReceipt())));
  stored.mutable_left_out(0)->mutable_refusal()->set_reason(static_cast<pb::ErrorReason>(9'999));
  const auto read = DecodeReceipt(stored.SerializeAsString());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->left_out[0].why.reason, core::Reason::kInternal);
}

}  // namespace
}  // namespace tessera::api
