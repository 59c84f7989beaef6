#pragma once

#include "coupon/v1/issuer_service.pb.h"
#include "server/router.h"
#include "services/issuer/issuer_metrics.h"
#include "services/program/handler_tools.h"
#include "storage/batch_store.h"

namespace tessera::issuer {

// The streams of coupon.v1.IssuerService: codes by the batch, out and in. Loop thread only; store, tools and
// metrics must outlive it.
class BatchHandlers {
 public:
  using Context = server::CallContext;

  BatchHandlers(storage::BatchStore& store, const program::HandlerTools& tools, IssuerMetrics& metrics)
      : store_(store), tools_(tools), metrics_(metrics) {}

  // REQUIRES: the router serves coupon.v1.IssuerService.
  void Register(server::Router& router);

  async::Task<core::Status> StreamCodes(const Context& context, const coupon::v1::StreamCodesRequest& request,
                                        server::ResponseStream<coupon::v1::StreamCodesResponse>& out);
  async::Task<core::Result<coupon::v1::ImportCodesResponse>> ImportCodes(
      const Context& context, server::RequestStream<coupon::v1::ImportCodesRequest>& in);

 private:
  async::Task<core::Result<coupon::v1::ImportCodesResponse>> Import(
      const Context& context, server::RequestStream<coupon::v1::ImportCodesRequest>& in);

  storage::BatchStore& store_;
  const program::HandlerTools& tools_;
  IssuerMetrics& metrics_;
};

}  // namespace tessera::issuer
