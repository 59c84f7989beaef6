#include <memory>
#include <stdexcept>

#include "coupon/v1/issuer_service.grpc.pb.h"
#include "coupon/v1/job_service.grpc.pb.h"
#include "tests/support/http_get.h"
#include "tools/bench_figures/bench_deployment.h"
#include "tools/bench_figures/measure.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"
#include "tools/load/patient_call.h"
#include "tools/load/refusal.h"
#include "tools/load/request_ids.h"

namespace tessera::bench {
namespace {

namespace pb = coupon::v1;

constexpr char kCampaign[] = "bench";
constexpr int64_t kWarmUp = 1'000'000;
constexpr int64_t kMade = 10'000'000;

// Codes by the million: made by a job, read by a stream.
class JobBench {
 public:
  JobBench() : deployment_(BenchDeployment()) {
    const auto channel = load::Connect(deployment_.issuer().grpc_address(), 1).front();
    caller_.token = deployment_.token("ADMIN");
    const auto status =
        load::CreateActiveCampaign(channel, caller_.token, kCampaign, load::PlainDefinition("Bench"));
    if (!status.ok()) throw std::runtime_error("no campaign: " + load::RefusalLabel(status));
    jobs_ = pb::JobService::NewStub(channel);
    issuer_ = pb::IssuerService::NewStub(channel);
  }

  // Makes and reads so many codes; the seconds that it took.
  double MakeAndRead(int64_t count) {
    const auto begin = std::chrono::steady_clock::now();
    pb::CreateJobRequest create;
    create.set_request_id(ids_.Next());
    create.set_campaign_id(kCampaign);
    create.mutable_generate_codes()->set_count(count);
    pb::CreateJobResponse created;
    const auto status =
        load::CallPatiently(caller_, jobs_.get(), &pb::JobService::Stub::CreateJob, create, &created);
    if (!status.ok()) throw std::runtime_error("no job: " + load::RefusalLabel(status));
    grpc::ClientContext context;
    load::PrepareContext(caller_.token, std::chrono::minutes(10), &context);
    pb::StreamCodesRequest stream;
    stream.set_batch_id(created.batch_id());
    const auto reader = issuer_->StreamCodes(&context, stream);
    pb::StreamCodesResponse response;
    int64_t read = 0;
    while (reader->Read(&response)) read += response.codes_size();
    const grpc::Status ended = reader->Finish();
    if (!ended.ok() || read != count)
      throw std::runtime_error("a stream broke: " + load::RefusalLabel(ended));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  double IssuerMebibytes() {
    const double bytes =
        testing::MetricValue(deployment_.issuer().Metrics(), "process_resident_memory_bytes");
    return bytes / (1 << 20);
  }

 private:
  testing::Deployment deployment_;
  load::Caller caller_;
  load::RequestIds ids_{7};
  std::unique_ptr<pb::JobService::Stub> jobs_;
  std::unique_ptr<pb::IssuerService::Stub> issuer_;
};

}  // namespace

void MeasureJobs(const BenchOptions& /*options*/, BenchResult* result) {
  Say("ten million codes by a job and a stream");
  JobBench bench;
  bench.MakeAndRead(kWarmUp);
  const double before = bench.IssuerMebibytes();
  const double seconds = bench.MakeAndRead(kMade);
  Figure growth{"job_memory_growth_mib",
                "growth of the issuer's memory while 10,000,000 codes are made and read, in MiB", 0, 16};
  growth.samples.push_back(bench.IssuerMebibytes() - before);
  result->figures.push_back(growth);
  result->parts["codes made by a job and read by a stream/s"].push_back(static_cast<double>(kMade) / seconds);
}

}  // namespace tessera::bench
