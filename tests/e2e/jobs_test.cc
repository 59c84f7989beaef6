// Work that is too long for one call, over the public API: codes by the million, short ones, and batches that
// are taken back, while issuers die.

#include <fmt/format.h>

#include <set>
#include <thread>

#include "tests/e2e/calling_test.h"
#include "tests/e2e/trials.h"
#include "tests/support/http_get.h"
#include "tests/support/wait_until.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

using std::chrono::milliseconds;

class JobsTest : public CallingTest {
 protected:
  JobsTest() : CallingTest(Options()) { client_.Open("many", load::PlainDefinition("Many")); }

  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kEverysec;
    options.log_level = "warning";
    return options;
  }
  pb::CreateJobRequest Making(int64_t count) {
    pb::CreateJobRequest request;
    request.set_request_id(client_.NextId());
    request.set_campaign_id("many");
    request.mutable_generate_codes()->set_count(count);
    return request;
  }
  pb::CreateJobRequest MakingShort(int64_t count, int length) {
    pb::CreateJobRequest request = Making(count);
    request.mutable_generate_codes()->mutable_pattern()->set_prefix("SALE");
    request.mutable_generate_codes()->mutable_pattern()->set_length(length);
    return request;
  }
  pb::Job Get(const std::string& job_id) {
    pb::GetJobRequest request;
    request.set_job_id(job_id);
    return Must<pb::GetJobResponse>(request).job();
  }
  // As it stands in the end.
  pb::Job Await(const std::string& job_id) {
    testing::WaitUntil(
        "the job has ended", [&] { return Get(job_id).state() > pb::JOB_STATE_RUNNING; },
        std::chrono::minutes(5));
    return Get(job_id);
  }
  std::vector<std::string> CodesOf(const std::string& batch_id) {
    pb::StreamCodesRequest request;
    request.set_batch_id(batch_id);
    std::vector<std::string> codes;
    const grpc::Status status = client_.Stream(&request, &codes);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return codes;
  }
  int64_t RedisBytes() {
    const std::string info = deployment_.redis().Command({"INFO", "memory"});
    return std::stoll(info.substr(info.find("used_memory:") + 12));
  }
};

TEST_F(JobsTest, AMillionCodesFromTheirJobToTheirUse) {
  const int64_t count = Trials(1'000'000, 10'000'000);
  const int64_t bytes_before = RedisBytes();
  const pb::CreateJobRequest making = Making(count);
  const auto created = Must<pb::CreateJobResponse>(making);
  EXPECT_EQ(Must<pb::CreateJobResponse>(making).SerializeAsString(), created.SerializeAsString());
  pb::GetOperationRequest ask;
  ask.mutable_operation()->set_request_id(making.request_id());
  ask.mutable_operation()->set_method(pb::METHOD_CREATE_JOB);
  ask.mutable_operation()->set_campaign_id("many");
  EXPECT_EQ(Must<pb::GetOperationResponse>(ask).operation().create_job().SerializeAsString(),
            created.SerializeAsString());

  // The stream follows the job to its end.
  std::vector<std::string> codes = CodesOf(created.batch_id());
  ASSERT_EQ(codes.size(), static_cast<size_t>(count));
  const pb::Job job = Get(created.job_id());
  EXPECT_EQ(job.state(), pb::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(job.done_count(), count);
  EXPECT_GT(job.rate(), 0);
  EXPECT_LT(RedisBytes() - bytes_before, count / 2);
  pb::GetCouponRequest get;
  get.mutable_coupon()->set_code(codes[static_cast<size_t>(count) - 1]);
  EXPECT_EQ(Must<pb::GetCouponResponse>(get).coupon().state(), pb::COUPON_STATE_AVAILABLE);
  Must<pb::RedeemCouponsResponse>(client_.RedeemOf(codes[4711], "order-1"));
  EXPECT_EQ(client_.SettledStats("many").codes_generated_count(), count);

  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(std::unique(codes.begin(), codes.end()), codes.end());
  EXPECT_EQ(client_.Differences(), "");
  PrintTrials("codes of one job, none twice", count);
}

TEST_F(JobsTest, AStreamGoesOnWhereItBroke) {
  const auto created = Must<pb::CreateJobResponse>(Making(50'000));
  const std::vector<std::string> whole = CodesOf(created.batch_id());
  pb::StreamCodesRequest request;
  request.set_batch_id(created.batch_id());
  std::vector<std::string> codes;
  int breaks = 0;
  while (codes.size() < 50'000) {
    client_.Stream(&request, &codes, codes.size() + 7'000);
    ++breaks;
  }
  EXPECT_GT(breaks, 5);
  EXPECT_EQ(codes, whole);
  pb::StreamCodesRequest beyond;
  beyond.set_batch_id(created.batch_id());
  beyond.set_start_offset(50'001);
  std::vector<std::string> none;
  EXPECT_EQ(load::RefusalOf(client_.Stream(&beyond, &none)).reason, "INVALID_FIELD");
  beyond.set_batch_id("b-999999");
  EXPECT_EQ(load::RefusalOf(client_.Stream(&beyond, &none)).reason, "BATCH_NOT_FOUND");
}

// A process dies with kill -9 in the middle of jobs, again and again: the others, or it itself after its
// restart, go on without a gap or a duplicate.
TEST_F(JobsTest, KilledIssuersLeaveNoGapAndNoDuplicate) {
  const int64_t kills = Trials(2, 20);
  constexpr int64_t kCount = 60'000;
  const auto made = Must<pb::CreateJobResponse>(MakingShort(kCount, 8));
  const auto derived = Must<pb::CreateJobResponse>(Making(kCount));
  int64_t midway = 0;
  for (int64_t i = 0; i < kills; ++i) {
    const int64_t done = Get(made.job_id()).done_count();
    testing::WaitUntil(
        "the job gets on", [&] { return Get(made.job_id()).done_count() > done || done == kCount; },
        std::chrono::seconds(30));
    deployment_.issuer().Kill9();
    deployment_.issuer().Start();
    const pb::Job job = Get(made.job_id());
    midway += job.done_count() > 0 && job.done_count() < kCount ? 1 : 0;
  }
  EXPECT_GT(midway, 0);
  for (const auto& created : {made, derived}) {
    const pb::Job job = Await(created.job_id());
    EXPECT_EQ(job.state(), pb::JOB_STATE_SUCCEEDED);
    EXPECT_EQ(job.done_count(), kCount);
    const std::vector<std::string> codes = CodesOf(created.batch_id());
    EXPECT_EQ(codes.size(), static_cast<size_t>(kCount));
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), static_cast<size_t>(kCount));
  }
  EXPECT_EQ(client_.SettledStats("many").codes_generated_count(), 2 * kCount);
  EXPECT_EQ(client_.Differences(), "");
  PrintTrials("kill -9 of an issuer in the middle of a job", kills);
}

TEST_F(JobsTest, AnotherReplicaGoesOn) {
  const auto other = deployment_.Replica("issuer", "issuer-2");
  const auto made = Must<pb::CreateJobResponse>(MakingShort(40'000, 8));
  testing::WaitUntil(
      "the job gets on", [&] { return Get(made.job_id()).done_count() > 0; }, std::chrono::seconds(30));
  deployment_.issuer().Kill9();
  other->Start();
  TesseraClient client({other->grpc_address(), deployment_.redeemer().grpc_address(),
                        deployment_.analytics().grpc_address(), deployment_.token("ADMIN")});
  pb::GetJobRequest get;
  get.set_job_id(made.job_id());
  pb::GetJobResponse job;
  testing::WaitUntil(
      "the job has ended",
      [&] { return client.Call(get, &job).ok() && job.job().state() == pb::JOB_STATE_SUCCEEDED; },
      std::chrono::minutes(2));
  EXPECT_EQ(job.job().done_count(), 40'000);
}

TEST_F(JobsTest, ShortCodesAreUsedAsTheyAreTyped) {
  const auto created = Must<pb::CreateJobResponse>(MakingShort(2'000, 7));
  EXPECT_EQ(Await(created.job_id()).state(), pb::JOB_STATE_SUCCEEDED);
  const std::vector<std::string> codes = CodesOf(created.batch_id());
  ASSERT_EQ(codes.size(), 2'000u);
  EXPECT_EQ(codes[5].size(), 11u);
  std::string typed = codes[5];
  for (char& c : typed) c = static_cast<char>(std::tolower(c));
  typed.insert(4, "-");
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(typed, "order-1")), "OK");
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(codes[5], "order-2")),
            "COUPON_ALREADY_REDEEMED");
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf("SALE-NONE-777", "order-3")),
            "COUPON_NOT_FOUND");
}

TEST_F(JobsTest, AJobIsStoppedAndListed) {
  const auto created = Must<pb::CreateJobResponse>(MakingShort(100'000, 9));
  testing::WaitUntil(
      "the job gets on", [&] { return Get(created.job_id()).done_count() > 0; }, std::chrono::seconds(30));
  pb::CancelJobRequest cancel;
  cancel.set_request_id(client_.NextId());
  cancel.set_job_id(created.job_id());
  const auto cancelled = Must<pb::CancelJobResponse>(cancel);
  EXPECT_EQ(cancelled.job().state(), pb::JOB_STATE_CANCELLED);
  EXPECT_EQ(Must<pb::CancelJobResponse>(cancel).SerializeAsString(), cancelled.SerializeAsString());
  EXPECT_EQ(Get(created.job_id()).SerializeAsString(), cancelled.job().SerializeAsString());
  // Codes that it made are good.
  const std::vector<std::string> codes = CodesOf(created.batch_id());
  EXPECT_EQ(codes.size(), static_cast<size_t>(cancelled.job().done_count()));
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(codes.back(), "order-1")), "OK");

  const auto done = Must<pb::CreateJobResponse>(Making(10));
  Await(done.job_id());
  cancel.set_job_id(done.job_id());
  EXPECT_EQ(ReasonOf<pb::CancelJobResponse>(cancel), "JOB_ENDED");
  cancel.set_job_id("j-999999");
  EXPECT_EQ(ReasonOf<pb::CancelJobResponse>(cancel), "JOB_NOT_FOUND");
  pb::ListJobsRequest list;
  list.set_campaign_id("many");
  list.set_page_size(1);
  const auto first = Must<pb::ListJobsResponse>(list);
  ASSERT_EQ(first.jobs_size(), 1);
  EXPECT_EQ(first.jobs(0).job_id(), done.job_id());
  list.set_page_token(first.next_page_token());
  EXPECT_EQ(Must<pb::ListJobsResponse>(list).jobs(0).job_id(), created.job_id());
  list.set_page_token("forged");
  EXPECT_EQ(ReasonOf<pb::ListJobsResponse>(list), "INVALID_PAGE_TOKEN");
}

TEST_F(JobsTest, ABatchIsTakenBack) {
  const auto created = Must<pb::CreateJobResponse>(Making(100'000));
  const std::vector<std::string> codes = CodesOf(created.batch_id());
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(codes[7], "order-1")), "OK");
  pb::CreateJobRequest back;
  back.set_request_id(client_.NextId());
  back.set_campaign_id("many");
  back.mutable_revoke_codes()->set_batch_id(created.batch_id());
  back.mutable_revoke_codes()->set_reason(pb::REVOKE_REASON_MISTAKE);
  const auto revoking = Must<pb::CreateJobResponse>(back);
  EXPECT_EQ(revoking.batch_id(), created.batch_id());
  const pb::Job job = Await(revoking.job_id());
  EXPECT_EQ(job.state(), pb::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(job.done_count(), 100'000);
  EXPECT_EQ(job.refused_count(), 1);
  EXPECT_EQ(testing::MetricValue(deployment_.issuer().Metrics(), "coupon_job_codes_total"), 200'000);
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(codes[99'999], "order-2")),
            "COUPON_REVOKED");
  EXPECT_EQ(client_.SettledStats("many").codes_revoked_count(), 99'999);
  back.set_request_id(client_.NextId());
  back.mutable_revoke_codes()->set_batch_id("b-999999");
  EXPECT_EQ(ReasonOf<pb::CreateJobResponse>(back), "BATCH_NOT_FOUND");
}

TEST_F(JobsTest, APausedCampaignsJobWaits) {
  pb::PauseCampaignRequest pause;
  pause.set_request_id(client_.NextId());
  pause.set_campaign_id("many");
  const auto created = Must<pb::CreateJobResponse>(MakingShort(100'000, 9));
  Must<pb::PauseCampaignResponse>(pause);
  std::this_thread::sleep_for(milliseconds(500));
  const pb::Job waiting = Get(created.job_id());
  EXPECT_LT(waiting.done_count(), 100'000);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(Get(created.job_id()).done_count(), waiting.done_count());
  pb::EndCampaignRequest end;
  end.set_request_id(client_.NextId());
  end.set_campaign_id("many");
  Must<pb::EndCampaignResponse>(end);
  const pb::Job failed = Await(created.job_id());
  EXPECT_EQ(failed.state(), pb::JOB_STATE_FAILED);
  EXPECT_EQ(failed.failure().reason(), pb::ERROR_REASON_CAMPAIGN_ENDED);
}

}  // namespace
}  // namespace tessera::e2e
