#pragma once

#include "coupon/v1/job_service.pb.h"
#include "server/router.h"
#include "services/issuer/issuer_metrics.h"
#include "services/program/handler_tools.h"
#include "storage/job_store.h"

namespace tessera::issuer {

// coupon.v1.JobService. Loop thread only; store, tools and metrics must outlive it.
class JobHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  JobHandlers(storage::JobStore& store, const program::HandlerTools& tools, IssuerMetrics& metrics)
      : store_(store), tools_(tools), metrics_(metrics) {}

  void Register(server::Router& router);

  Answer<coupon::v1::CreateJobResponse> CreateJob(const Context& context,
                                                  const coupon::v1::CreateJobRequest& request);
  Answer<coupon::v1::GetJobResponse> GetJob(const Context& context, const coupon::v1::GetJobRequest& request);
  Answer<coupon::v1::ListJobsResponse> ListJobs(const Context& context,
                                                const coupon::v1::ListJobsRequest& request);
  Answer<coupon::v1::CancelJobResponse> CancelJob(const Context& context,
                                                  const coupon::v1::CancelJobRequest& request);

 private:
  storage::JobStore& store_;
  const program::HandlerTools& tools_;
  IssuerMetrics& metrics_;
};

}  // namespace tessera::issuer
