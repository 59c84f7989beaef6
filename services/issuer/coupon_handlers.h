#pragma once

#include <vector>

#include "api/parse_coupon.h"
#include "coupon/v1/issuer_service.pb.h"
#include "server/router.h"
#include "services/issuer/issuer_metrics.h"
#include "services/program/code_reader.h"
#include "services/program/handler_tools.h"
#include "storage/code_store.h"
#include "storage/coupon_store.h"

namespace tessera::issuer {

// coupon.v1.IssuerService. Loop thread only; stores, reader, tools and metrics must outlive it.
class CouponHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  CouponHandlers(storage::CouponStore& store, storage::CodeStore& codes, program::CodeReader& reader,
                 const program::HandlerTools& tools, IssuerMetrics& metrics)
      : store_(store), codes_(codes), reader_(reader), tools_(tools), metrics_(metrics) {}

  void Register(server::Router& router);

  Answer<coupon::v1::IssueCouponResponse> IssueCoupon(const Context& context,
                                                      const coupon::v1::IssueCouponRequest& request);
  Answer<coupon::v1::ClaimCouponResponse> ClaimCoupon(const Context& context,
                                                      const coupon::v1::ClaimCouponRequest& request);
  Answer<coupon::v1::BatchIssueCouponsResponse> BatchIssueCoupons(
      const Context& context, const coupon::v1::BatchIssueCouponsRequest& request);
  Answer<coupon::v1::GetCouponResponse> GetCoupon(const Context& context,
                                                  const coupon::v1::GetCouponRequest& request);
  Answer<coupon::v1::ListUserCouponsResponse> ListUserCoupons(
      const Context& context, const coupon::v1::ListUserCouponsRequest& request);
  Answer<coupon::v1::RevokeCouponResponse> RevokeCoupon(const Context& context,
                                                        const coupon::v1::RevokeCouponRequest& request);
  Answer<coupon::v1::GenerateCodesResponse> GenerateCodes(const Context& context,
                                                          const coupon::v1::GenerateCodesRequest& request);
  Answer<coupon::v1::BindCodeResponse> BindCode(const Context& context,
                                                const coupon::v1::BindCodeRequest& request);

 private:
  struct Kind {
    storage::Method method;
    storage::IssueSource source;
  };
  template <class Response, class Request>
  Answer<Response> IssueOne(const Context& context, const Request& request, Kind kind);
  Answer<coupon::v1::GetCouponResponse> ReadCoupon(const Context& context, core::CouponNumber number);
  storage::IssueIntent BatchIntent(const Context& context, const api::BatchIssueCoupons& batch) const;

  storage::CouponStore& store_;
  storage::CodeStore& codes_;
  program::CodeReader& reader_;
  const program::HandlerTools& tools_;
  IssuerMetrics& metrics_;
};

}  // namespace tessera::issuer
