#include "api/status.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <map>

#include "api/convert_error.h"
#include "coupon/v1/error_reason.pb.h"
#include "coupon/v1/options.pb.h"

namespace tessera::api {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// google.rpc is not linked, so its bytes are read as any parser of protobuf would read them without a schema.
class Fields {
 public:
  explicit Fields(const std::string& bytes) { EXPECT_TRUE(fields_.ParseFromString(bytes)); }
  int field_count() const { return fields_.field_count(); }
  const UnknownField& field(int i) const { return fields_.field(i); }

 private:
  UnknownFieldSet fields_;
};

std::string Text(const Fields& fields, int number) {
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() == number) return fields.field(i).length_delimited();
  }
  return "(none)";
}

std::map<std::string, google::protobuf::Any> DetailsOf(const grpc::Status& status) {
  std::map<std::string, google::protobuf::Any> details;
  const Fields fields(status.error_details());
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() != 3) continue;
    google::protobuf::Any any;
    EXPECT_TRUE(any.ParseFromString(fields.field(i).length_delimited()));
    details[any.type_url()] = any;
  }
  return details;
}

TEST(Status, CarriesReasonDomainAndMetadata) {
  const core::Error error = core::Error(core::Reason::kStockPerDay, "sold out today")
                                .With("resets_at", "2026-03-29T22:00:00.000Z")
                                .Because("not for callers");
  const grpc::Status status = ToGrpcStatus(error);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "sold out today");
  const Fields whole(status.error_details());
  EXPECT_EQ(whole.field(0).number(), 1);
  EXPECT_EQ(whole.field(0).varint(), 8u);
  EXPECT_EQ(Text(whole, 2), "sold out today");
  const auto details = DetailsOf(status);
  ASSERT_EQ(details.size(), 1u);
  const Fields info(details.at("type.googleapis.com/google.rpc.ErrorInfo").value());
  EXPECT_EQ(Text(info, 1), "STOCK_PER_DAY");
  EXPECT_EQ(Text(info, 2), "coupon.v1");
  const Fields entry(Text(info, 3));
  EXPECT_EQ(Text(entry, 1), "resets_at");
  EXPECT_EQ(Text(entry, 2), "2026-03-29T22:00:00.000Z");
  EXPECT_EQ(status.error_details().find("not for callers"), std::string::npos);
}

TEST(Status, SaysWhenToTryAgain) {
  const auto delay_ms = [](const core::Error& error) -> int64_t {
    const auto details = DetailsOf(ToGrpcStatus(error));
    const auto found = details.find("type.googleapis.com/google.rpc.RetryInfo");
    if (found == details.end()) return -1;
    google::protobuf::Duration delay;
    EXPECT_TRUE(delay.ParseFromString(Text(Fields(found->second.value()), 1)));
    return delay.seconds() * 1000 + delay.nanos() / 1'000'000;
  };
  const auto error = [](core::Reason reason) { return core::Error(reason, "no"); };
  EXPECT_EQ(delay_ms(error(core::Reason::kOverloaded)), kRetryAfterDefault.count());
  EXPECT_EQ(delay_ms(error(core::Reason::kOverloaded).With("retry_after_ms", "2500")), 2'500);
  EXPECT_EQ(delay_ms(error(core::Reason::kDraining).With("retry_after_ms", "40")), 40);
  EXPECT_EQ(delay_ms(error(core::Reason::kStock)), -1);
}

TEST(Status, LongMessagesKeepTheirLength) {
  const std::string message(300, 'm');
  const Fields whole(ToGrpcStatus(core::Error(core::Reason::kInternal, message)).error_details());
  EXPECT_EQ(Text(whole, 2), message);
}

const char* NameOf(grpc::StatusCode code) {
  static const std::map<int, const char*> names = {
      {3, "INVALID_ARGUMENT"},    {4, "DEADLINE_EXCEEDED"}, {5, "NOT_FOUND"},
      {6, "ALREADY_EXISTS"},      {7, "PERMISSION_DENIED"}, {8, "RESOURCE_EXHAUSTED"},
      {9, "FAILED_PRECONDITION"}, {10, "ABORTED"},          {12, "UNIMPLEMENTED"},
      {13, "INTERNAL"},           {14, "UNAVAILABLE"},      {16, "UNAUTHENTICATED"}};
  return names.at(code);
}

TEST(Status, EveryReasonIsPublicWithItsStatus) {
  const auto* reasons = coupon::v1::ErrorReason_descriptor();
  ASSERT_EQ(reasons->value_count(), core::kReasonCount + 1);
  EXPECT_EQ(reasons->value(0)->name(), "ERROR_REASON_UNSPECIFIED");
  for (int i = 0; i < core::kReasonCount; ++i) {
    const auto reason = static_cast<core::Reason>(i);
    const std::string name(core::ReasonName(reason));
    SCOPED_TRACE(name);
    const auto* value = reasons->value(i + 1);
    EXPECT_EQ(value->name(), "ERROR_REASON_" + name);
    EXPECT_EQ(value->number(), i + 1);
    EXPECT_EQ(value->options().GetExtension(coupon::v1::grpc_status), NameOf(StatusCodeOf(reason)));
    EXPECT_EQ(ToProto(reason), value->number());
  }
}

TEST(Refusal, SaysWhatTheStatusWouldSay) {
  const auto refusal =
      ToProto(core::Error(core::Reason::kMinimumSpendNotMet, "too small").With("missing_minor", "1000"));
  EXPECT_EQ(refusal.reason(), coupon::v1::ERROR_REASON_MINIMUM_SPEND_NOT_MET);
  EXPECT_EQ(refusal.message(), "too small");
  ASSERT_EQ(refusal.metadata_size(), 1);
  EXPECT_EQ(refusal.metadata(0).key(), "missing_minor");
  EXPECT_EQ(refusal.metadata(0).value(), "1000");
}

TEST(IsVerdict, TellsWhatWasJudgedFromWhatWasNot) {
  using core::Reason;
  for (const Reason reason :
       {Reason::kInvalidCode, Reason::kStock, Reason::kUserQuota, Reason::kCouponExpired,
        Reason::kCurrencyMismatch, Reason::kCouponOfAnotherUser, Reason::kCampaignPaused}) {
    EXPECT_TRUE(IsVerdict(reason)) << core::ReasonName(reason);
  }
  for (const Reason reason :
       {Reason::kOverloaded, Reason::kAttemptsExhausted, Reason::kStorageFull, Reason::kStoreUnreachable,
        Reason::kContended, Reason::kDeadlinePassed, Reason::kInternal, Reason::kRequestTooOld}) {
    EXPECT_FALSE(IsVerdict(reason)) << core::ReasonName(reason);
  }
}

}  // namespace
}  // namespace tessera::api
