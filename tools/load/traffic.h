#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coupon/v1/issuer_service.pb.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "tools/load/request_ids.h"

namespace tessera::load {

// A coupon that a user got: what a later redemption names.
struct HeldCoupon {
  std::string user_id;
  std::string code;
};

// The calls of one run: the generator asks for the bytes of call 0, 1, 2 and so on. Fill runs on the one
// thread that sends, Take on the one that receives; both may be the same.
class Traffic {
 public:
  virtual ~Traffic() = default;

  // "/coupon.v1.IssuerService/ClaimCoupon".
  virtual const std::string& method() const = 0;
  // How many calls it can make at most.
  virtual uint64_t calls_max() const { return UINT64_MAX; }
  // Writes the request of call `index` into `request`. REQUIRES: index < calls_max(), each index once.
  virtual void Fill(uint64_t index, grpc::ByteBuffer* request) = 0;
  // Sees the answer of call `index`, when it succeeded.
  virtual void Take(uint64_t index, grpc::ByteBuffer* response);

 protected:
  // Serialises into one slice of exactly the right size.
  static void Serialize(const google::protobuf::MessageLite& message, grpc::ByteBuffer* out);
};

// Users that no other run with another seed meets: "u-<seed>-<index>".
class Users {
 public:
  explicit Users(uint64_t seed) : prefix_("u-" + std::to_string(seed) + "-") {}
  void Name(uint64_t index, std::string* user_id) const;
  std::string Name(uint64_t index) const;

 private:
  std::string prefix_;
};

// ClaimCoupon, each call by another user. With `kept`, remembers what was claimed.
class ClaimTraffic final : public Traffic {
 public:
  ClaimTraffic(std::string campaign_id, uint64_t seed, std::vector<HeldCoupon>* kept = nullptr);
  const std::string& method() const override { return method_; }
  void Fill(uint64_t index, grpc::ByteBuffer* request) override;
  void Take(uint64_t index, grpc::ByteBuffer* response) override;

  // Sends the claims' bytes to another method with the same messages, such as the echo of tools/bench.
  ClaimTraffic& To(std::string method) {
    method_ = std::move(method);
    return *this;
  }

 private:
  std::string method_ = "/coupon.v1.IssuerService/ClaimCoupon";
  const Users users_;
  RequestIds ids_;
  coupon::v1::ClaimCouponRequest request_;
  coupon::v1::ClaimCouponResponse response_;
  std::vector<HeldCoupon>* kept_;
};

// BatchIssueCoupons of `size` users each, all different.
class BatchIssueTraffic final : public Traffic {
 public:
  BatchIssueTraffic(std::string campaign_id, uint64_t seed, int size);
  const std::string& method() const override { return method_; }
  void Fill(uint64_t index, grpc::ByteBuffer* request) override;
  void Take(uint64_t index, grpc::ByteBuffer* response) override;

  // Items that were issued and that were refused, of the answers taken.
  int64_t issued() const { return issued_; }
  int64_t refused() const { return refused_; }

 private:
  const std::string method_ = "/coupon.v1.IssuerService/BatchIssueCoupons";
  const Users users_;
  RequestIds ids_;
  coupon::v1::BatchIssueCouponsRequest request_;
  coupon::v1::BatchIssueCouponsResponse response_;
  int64_t issued_ = 0;
  int64_t refused_ = 0;
};

// RedeemCoupons, each of another coupon of `coupons`, which must outlive the traffic.
class RedeemTraffic final : public Traffic {
 public:
  RedeemTraffic(const std::vector<HeldCoupon>* coupons, uint64_t seed);
  const std::string& method() const override { return method_; }
  uint64_t calls_max() const override { return coupons_->size(); }
  void Fill(uint64_t index, grpc::ByteBuffer* request) override;

 private:
  const std::string method_ = "/coupon.v1.RedeemerService/RedeemCoupons";
  const std::vector<HeldCoupon>* coupons_;
  const Users users_;
  RequestIds ids_;
  coupon::v1::RedeemCouponsRequest request_;
};

// RedeemCoupons with codes that nobody made: well-formed, random. Every call is refused with INVALID_CODE.
class ForgedTraffic final : public Traffic {
 public:
  explicit ForgedTraffic(uint64_t seed);
  const std::string& method() const override { return method_; }
  void Fill(uint64_t index, grpc::ByteBuffer* request) override;

  // The `index`-th forged code.
  static void ForgeCode(uint64_t seed, uint64_t index, std::string* code);

 private:
  const std::string method_ = "/coupon.v1.RedeemerService/RedeemCoupons";
  const uint64_t seed_;
  RequestIds ids_;
  coupon::v1::RedeemCouponsRequest request_;
};

// An order of one line of 50.00 EUR, as the redeeming traffics send it.
void FillOrder(const std::string& order_id, coupon::v1::Order* order);

}  // namespace tessera::load
