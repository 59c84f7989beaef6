#include "tools/load/traffic.h"

#include <charconv>
#include <utility>

namespace tessera::load {
namespace {

// Reads a message that came in one slice or many.
bool Parse(grpc::ByteBuffer* bytes, google::protobuf::MessageLite* message) {
  grpc::Slice whole;
  if (bytes->TrySingleSlice(&whole).ok() || bytes->DumpToSingleSlice(&whole).ok()) {
    return message->ParseFromArray(whole.begin(), static_cast<int>(whole.size()));
  }
  return false;
}

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

void Traffic::Take(uint64_t, grpc::ByteBuffer*) {}

void Traffic::Serialize(const google::protobuf::MessageLite& message, grpc::ByteBuffer* out) {
  const size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  *out = grpc::ByteBuffer(&slice, 1);
}

void Users::Name(uint64_t index, std::string* user_id) const {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, index).ptr;
  user_id->assign(prefix_);
  user_id->append(digits, end);
}

std::string Users::Name(uint64_t index) const {
  std::string user_id;
  Name(index, &user_id);
  return user_id;
}

void FillOrder(const std::string& order_id, coupon::v1::Order* order) {
  order->set_order_id(order_id);
  order->set_currency_code("EUR");
  if (order->lines_size() == 0) order->add_lines();
  coupon::v1::OrderLine* line = order->mutable_lines(0);
  line->set_line_id("1");
  line->set_sku("sku-1");
  line->set_quantity(1);
  line->set_unit_price_minor(5000);
}

ClaimTraffic::ClaimTraffic(std::string campaign_id, uint64_t seed, std::vector<HeldCoupon>* kept)
    : users_(seed), kept_(kept) {
  request_.set_campaign_id(std::move(campaign_id));
}

void ClaimTraffic::Fill(uint64_t index, grpc::ByteBuffer* request) {
  ids_.Next(request_.mutable_request_id());
  users_.Name(index, request_.mutable_user_id());
  Serialize(request_, request);
}

void ClaimTraffic::Take(uint64_t index, grpc::ByteBuffer* response) {
  if (kept_ == nullptr || !Parse(response, &response_)) return;
  kept_->push_back({users_.Name(index), response_.coupon().code()});
}

BatchIssueTraffic::BatchIssueTraffic(std::string campaign_id, uint64_t seed, int size) : users_(seed) {
  request_.set_campaign_id(std::move(campaign_id));
  for (int i = 0; i < size; ++i) request_.add_items();
}

void BatchIssueTraffic::Fill(uint64_t index, grpc::ByteBuffer* request) {
  ids_.Next(request_.mutable_request_id());
  const int size = request_.items_size();
  for (int i = 0; i < size; ++i) {
    users_.Name(index * static_cast<uint64_t>(size) + static_cast<uint64_t>(i),
                request_.mutable_items(i)->mutable_user_id());
  }
  Serialize(request_, request);
}

void BatchIssueTraffic::Take(uint64_t, grpc::ByteBuffer* response) {
  if (!Parse(response, &response_)) return;
  for (const auto& result : response_.results()) ++(result.has_coupon() ? issued_ : refused_);
}

RedeemTraffic::RedeemTraffic(const std::vector<HeldCoupon>* coupons, uint64_t seed)
    : coupons_(coupons), users_(seed) {
  request_.add_coupons();
}

void RedeemTraffic::Fill(uint64_t index, grpc::ByteBuffer* request) {
  const HeldCoupon& held = (*coupons_)[index];
  ids_.Next(request_.mutable_request_id());
  request_.set_user_id(held.user_id);
  request_.mutable_coupons(0)->set_code(held.code);
  FillOrder("o-" + users_.Name(index), request_.mutable_order());
  Serialize(request_, request);
}

ForgedTraffic::ForgedTraffic(uint64_t seed) : seed_(seed) {
  request_.add_coupons();
  FillOrder("o-forged", request_.mutable_order());
}

void ForgedTraffic::ForgeCode(uint64_t seed, uint64_t index, std::string* code) {
  static constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  uint64_t bits[2] = {Mix(seed + 2 * index), Mix(seed + 2 * index + 1)};
  code->clear();
  for (int i = 0; i < 16; ++i) {
    if (i != 0 && i % 4 == 0) code->push_back('-');
    code->push_back(kAlphabet[bits[i / 8] & 31]);
    bits[i / 8] >>= 5;
  }
}

void ForgedTraffic::Fill(uint64_t index, grpc::ByteBuffer* request) {
  ids_.Next(request_.mutable_request_id());
  ForgeCode(seed_, index, request_.mutable_coupons(0)->mutable_code());
  Serialize(request_, request);
}

}  // namespace tessera::load
