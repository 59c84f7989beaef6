#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "coupon/v1/offer.pb.h"

// Offers as text, and what can be in one.
namespace tessera::api {

inline coupon::v1::Offer OfferOf(const std::string& text) {
  coupon::v1::Offer offer;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &offer)) << text;
  return offer;
}

// The paths of all fields below `message` that are no messages themselves, without indices.
inline void AddLeaves(const google::protobuf::Descriptor* message, const std::string& prefix,
                      std::set<std::string>& leaves) {
  for (int i = 0; i < message->field_count(); ++i) {
    const auto* field = message->field(i);
    const std::string path = prefix + field->name();
    if (field->message_type() == nullptr) {
      leaves.insert(path);
    } else {
      AddLeaves(field->message_type(), path + ".", leaves);
    }
  }
}

inline std::set<std::string> LeavesOfOffer() {
  std::set<std::string> leaves;
  AddLeaves(coupon::v1::Offer::descriptor(), "", leaves);
  return leaves;
}

}  // namespace tessera::api
