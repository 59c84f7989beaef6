#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "coupon/v1/analytics_service.pb.h"
#include "coupon/v1/campaign_service.pb.h"
#include "coupon/v1/event.pb.h"
#include "coupon/v1/issuer_service.pb.h"
#include "coupon/v1/job_service.pb.h"
#include "coupon/v1/options.pb.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "coupon/v1/status_service.pb.h"

namespace coupon::v1 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;

std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* file :
       {CreateCampaignRequest::descriptor()->file(), IssueCouponRequest::descriptor()->file(),
        CreateJobRequest::descriptor()->file(), RedeemCouponsRequest::descriptor()->file(),
        CampaignStats::descriptor()->file(), GetServiceStatusRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

TEST(Contract, HasTheRpcsOfTheSpine) { EXPECT_EQ(Methods().size(), 8u + 10u + 4u + 12u + 2u + 1u); }

TEST(Contract, EveryMethodNamesItsRoles) {
  for (const MethodDescriptor* method : Methods()) {
    EXPECT_GT(method->options().ExtensionSize(required_roles), 0) << method->full_name();
    bool admin = false;
    for (const int role : method->options().GetRepeatedExtension(required_roles)) {
      EXPECT_NE(role, ROLE_UNSPECIFIED) << method->full_name();
      admin |= role == ROLE_ADMIN;
    }
    EXPECT_TRUE(admin) << method->full_name();
  }
}

TEST(Contract, EveryMethodHasItsOwnMessages) {
  std::set<std::string> seen;
  for (const MethodDescriptor* method : Methods()) {
    EXPECT_EQ(method->input_type()->name(), method->name() + "Request");
    EXPECT_EQ(method->output_type()->name(), method->name() + "Response");
    EXPECT_TRUE(seen.insert(method->input_type()->full_name()).second) << method->full_name();
  }
}

// CanonicalBytes rests on this.
TEST(Contract, ChangingRequestsBeginWithTheirRequestId) {
  int changing = 0;
  for (const MethodDescriptor* method : Methods()) {
    const FieldDescriptor* request_id = method->input_type()->FindFieldByName("request_id");
    const bool is_read = method->options().idempotency_level() == MethodOptions::NO_SIDE_EFFECTS;
    if (method->name() == "FenceOperation") continue;  // names the request_id of another call
    EXPECT_EQ(request_id == nullptr, is_read) << method->full_name();
    if (request_id == nullptr) continue;
    EXPECT_EQ(request_id->number(), 1) << method->full_name();
    EXPECT_EQ(request_id->type(), FieldDescriptor::TYPE_STRING) << method->full_name();
    ++changing;
  }
  EXPECT_EQ(changing, 21);
}

// The bytes of a message with a map may differ from one serialization to the next, and those of answers must
// not.
TEST(Contract, AnswersOfChangesHoldNoMaps) {
  std::function<void(const google::protobuf::Descriptor*, std::set<std::string>&)> visit =
      [&](const google::protobuf::Descriptor* message, std::set<std::string>& seen) {
        if (!seen.insert(message->full_name()).second) return;
        for (int i = 0; i < message->field_count(); ++i) {
          EXPECT_FALSE(message->field(i)->is_map()) << message->field(i)->full_name();
          if (message->field(i)->message_type() != nullptr) visit(message->field(i)->message_type(), seen);
        }
      };
  std::set<std::string> seen;
  for (const MethodDescriptor* method : Methods()) {
    if (method->input_type()->FindFieldByName("request_id") != nullptr) visit(method->output_type(), seen);
  }
}

TEST(Contract, TheLedgersPublicFormIsThere) { EXPECT_GT(LedgerEvent::descriptor()->field_count(), 0); }

}  // namespace
}  // namespace coupon::v1
