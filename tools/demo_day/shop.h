#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coupon/v1/analytics_service.grpc.pb.h"
#include "coupon/v1/campaign_service.grpc.pb.h"
#include "coupon/v1/issuer_service.grpc.pb.h"
#include "coupon/v1/redeemer_service.grpc.pb.h"
#include "tools/demo_day/book.h"
#include "tools/load/patient_call.h"
#include "tools/load/traffic.h"

namespace tessera::demo {

// Where the services are and who the shop is to them.
struct ShopAddresses {
  std::string issuer;
  std::string redeemer;
  std::string analytics;
  std::string token;
};

// What a customer does with a coupon.
enum class Deed {
  kKeepIt,
  kRedeem,
  kRedeemTwice,  // a second order with the same code must be refused
  kRedeemAndTakeBack,
  kReserveAndCommit,
  kReserveAndRelease,
  kReserveAndForget,  // the reservation runs out
  kReserveAndWait,    // the reservation is still held when the day ends
  kTooSmallAnOrder,   // the minimum spend is not met
  kMistype,
};

// A shop that calls Tessera's public API and writes down in the book what it was told. Every change is tried
// again with the same request when its answer is lost. Any thread.
class Shop {
 public:
  Shop(const ShopAddresses& addresses, Book* book, std::function<bool()> stop);

  void OpenCampaign(const std::string& campaign_id, const coupon::v1::CampaignDefinition& definition);
  void Pause(const std::string& campaign_id);
  void Resume(const std::string& campaign_id);

  // The coupon, or nothing when the claim was refused (which the book knows).
  std::vector<load::HeldCoupon> Claim(const std::string& campaign_id, const std::string& user_id);
  std::vector<load::HeldCoupon> IssueToAll(const std::string& campaign_id,
                                           const std::vector<std::string>& user_ids);
  void Do(Deed deed, const std::string& campaign_id, const load::HeldCoupon& coupon, int64_t subtotal_minor);

  coupon::v1::CampaignStats Stats(const std::string& campaign_id);
  coupon::v1::VerifyInvariantsResponse Verify();

  int64_t calls() const { return caller_.calls; }
  int64_t retries() const { return caller_.retries(); }

 private:
  coupon::v1::Order MakeOrder(int64_t subtotal_minor);
  // The verdict must be the one that follows from the campaign's definition.
  void Validate(const std::string& campaign_id, const load::HeldCoupon& coupon,
                const coupon::v1::Order& order);
  void Redeem(Deed deed, const std::string& campaign_id, const load::HeldCoupon& coupon,
              int64_t subtotal_minor);
  void Reserve(Deed deed, const std::string& campaign_id, const load::HeldCoupon& coupon,
               int64_t subtotal_minor);
  void TakeBack(const std::string& campaign_id, const coupon::v1::Redemption& redemption);
  // A refusal that was expected goes into the book, any other outcome is a violation.
  void MustRefuse(const std::string& campaign_id, const grpc::Status& status, const std::string& reason);
  void Unexpected(const std::string& campaign_id, const std::string& what, const grpc::Status& status);
  void Booked(const std::string& campaign_id, const coupon::v1::Redemption& redemption,
              int64_t subtotal_minor);
  std::string NextRequestId();

  Book* book_;
  load::Caller caller_;
  std::unique_ptr<coupon::v1::CampaignService::Stub> campaigns_;
  std::vector<std::unique_ptr<coupon::v1::IssuerService::Stub>> issuers_;
  std::vector<std::unique_ptr<coupon::v1::RedeemerService::Stub>> redeemers_;
  std::unique_ptr<coupon::v1::AnalyticsService::Stub> analytics_;
  std::mutex ids_mutex_;
  load::RequestIds ids_;
  std::atomic<uint64_t> next_stub_{0};
  std::atomic<int64_t> next_order_{0};
};

}  // namespace tessera::demo
