#include "api/convert_job.h"
#include "api/parse_job.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

pb::CreateJobRequest GoodMaking() {
  pb::CreateJobRequest request;
  request.set_request_id(kRequestId);
  request.set_campaign_id("spring");
  request.mutable_generate_codes()->set_count(1'000'000);
  return request;
}

pb::CreateJobRequest GoodTakingBack() {
  pb::CreateJobRequest request;
  request.set_request_id(kRequestId);
  request.set_campaign_id("spring");
  request.mutable_revoke_codes()->set_batch_id("b-4711");
  request.mutable_revoke_codes()->set_reason(pb::REVOKE_REASON_MISTAKE);
  return request;
}

TEST(BadJob, NamesTheFieldOfWorkThatMakesCodes) {
  using R = pb::CreateJobRequest;
  const auto pattern = [](R& r) { return r.mutable_generate_codes()->mutable_pattern(); };
  std::vector<Spoiled<R>> cases = {
      {"no work", [](R& r) { r.clear_work(); }, "work"},
      {"count 0", [](R& r) { r.mutable_generate_codes()->set_count(0); }, "generate_codes.count"},
      {"count negative", [](R& r) { r.mutable_generate_codes()->set_count(-1); }, "generate_codes.count"},
      {"count above the limit", [](R& r) { r.mutable_generate_codes()->set_count(100'000'001); },
       "generate_codes.count"},
      {"a pattern without length", [&](R& r) { pattern(r); }, "generate_codes.pattern.length"},
      {"a long prefix",
       [&](R& r) {
         pattern(r)->set_length(10);
         pattern(r)->set_prefix("ABCDEFGHJKMNP");
       },
       "generate_codes.pattern.prefix"},
      {"an alphabet with look-alikes",
       [&](R& r) {
         pattern(r)->set_length(10);
         pattern(r)->set_alphabet("0123456789O");
       },
       "generate_codes.pattern.alphabet"},
      {"a pattern with less than 1000 codes for each",
       [&](R& r) {
         r.mutable_generate_codes()->set_count(1'049);
         pattern(r)->set_length(4);
       },
       "generate_codes.count"},
  };
  AddRequestIdCases(cases);
  AddCampaignIdCases(cases);
  ExpectRefused(GoodMaking(), cases, [](const R& r) { return Parse(r); });
  R largest = GoodMaking();
  largest.mutable_generate_codes()->set_count(1'048);
  pattern(largest)->set_length(4);
  const auto parsed = Parse(largest);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(std::get<storage::GenerateWork>(parsed->work).pattern->length(), 4);
}

TEST(BadJob, NamesTheFieldOfWorkThatTakesCodesBack) {
  using R = pb::CreateJobRequest;
  const auto work = [](R& r) { return r.mutable_revoke_codes(); };
  const std::vector<Spoiled<R>> cases = {
      {"no batch", [&](R& r) { work(r)->clear_batch_id(); }, "revoke_codes.batch_id"},
      {"a job's id", [&](R& r) { work(r)->set_batch_id("j-4711"); }, "revoke_codes.batch_id"},
      {"a leading zero", [&](R& r) { work(r)->set_batch_id("b-04711"); }, "revoke_codes.batch_id"},
      {"a number too large", [&](R& r) { work(r)->set_batch_id("b-99999999999999999999"); },
       "revoke_codes.batch_id"},
      {"a negative start", [&](R& r) { work(r)->set_start_offset(-1); }, "revoke_codes.start_offset"},
      {"a negative count", [&](R& r) { work(r)->set_count(-1); }, "revoke_codes.count"},
      {"no reason", [&](R& r) { work(r)->clear_reason(); }, "revoke_codes.reason"},
      {"an unknown policy", [&](R& r) { work(r)->set_reserved_policy(static_cast<pb::ReservedPolicy>(9)); },
       "revoke_codes.reserved_policy"},
  };
  ExpectRefused(GoodTakingBack(), cases, [](const R& r) { return Parse(r); });
  EXPECT_EQ(std::get<storage::RevokeWork>(Parse(GoodTakingBack())->work).batch, 4711u);
}

TEST(BadJob, NamesTheFieldOfAJob) {
  using R = pb::GetJobRequest;
  R good;
  good.set_job_id("j-4711");
  const std::vector<Spoiled<R>> cases = {
      {"empty", [](R& r) { r.clear_job_id(); }, "job_id"},
      {"no number", [](R& r) { r.set_job_id("j-"); }, "job_id"},
      {"number 0", [](R& r) { r.set_job_id("j-0"); }, "job_id"},
      {"a blank", [](R& r) { r.set_job_id("j-4711 "); }, "job_id"},
      {"a batch", [](R& r) { r.set_job_id("b-4711"); }, "job_id"},
  };
  ExpectRefused(good, cases, [](const R& r) { return Parse(r); });
  EXPECT_EQ(*Parse(good), 4711u);
  pb::CancelJobRequest cancel;
  cancel.set_job_id("j-4711");
  std::vector<Spoiled<pb::CancelJobRequest>> cancel_cases = {
      {"empty", [](pb::CancelJobRequest& r) { r.clear_job_id(); }, "job_id"}};
  AddRequestIdCases(cancel_cases);
  cancel.set_request_id(kRequestId);
  ExpectRefused(cancel, cancel_cases, [](const pb::CancelJobRequest& r) { return Parse(r); });
  pb::ListJobsRequest list;
  list.set_campaign_id("spring");
  std::vector<Spoiled<pb::ListJobsRequest>> list_cases = {
      {"page size too large", [](pb::ListJobsRequest& r) { r.set_page_size(1'001); }, "page_size"}};
  AddCampaignIdCases(list_cases);
  ExpectRefused(list, list_cases, [](const pb::ListJobsRequest& r) { return Parse(r); });
}

storage::Job TestJob() {
  storage::Job job;
  job.job = 7;
  job.campaign_id = "spring";
  job.state = storage::JobState::kRunning;
  job.batch = 7;
  job.numbers = {.first = 5, .stride = 4, .count = 2'000};
  job.done = 500;
  job.refused = 3;
  job.create_time_ms = 1'000;
  job.start_time_ms = 2'000;
  job.update_time_ms = 4'000;
  storage::GenerateWork work;
  work.count = 2'000;
  work.pattern = *core::CodePattern::Parse("sale", 8, "0123456789", "p");
  job.work = work;
  return job;
}

TEST(ConvertJob, SaysHowFarItIs) {
  const pb::Job job = ToProto(TestJob());
  EXPECT_EQ(job.job_id(), "j-7");
  EXPECT_EQ(job.batch_id(), "b-7");
  EXPECT_EQ(job.campaign_id(), "spring");
  EXPECT_EQ(job.state(), pb::JOB_STATE_RUNNING);
  EXPECT_EQ(job.total_count(), 2'000);
  EXPECT_EQ(job.done_count(), 500);
  EXPECT_EQ(job.refused_count(), 3);
  EXPECT_EQ(job.rate(), 250.0);
  EXPECT_EQ(job.generate_codes().pattern().prefix(), "SALE");
  EXPECT_EQ(job.generate_codes().pattern().length(), 8);
  EXPECT_EQ(job.generate_codes().pattern().alphabet(), "0123456789");
  EXPECT_TRUE(job.has_start_time());
  EXPECT_FALSE(job.has_end_time());
  EXPECT_FALSE(job.has_failure());
}

TEST(ConvertJob, SaysWhyItFailed) {
  storage::Job failed = TestJob();
  failed.state = storage::JobState::kFailed;
  failed.end_time_ms = 4'000;
  failed.failure = core::Reason::kCampaignEnded;
  storage::RevokeWork work;
  work.batch = 5;
  work.start = 10;
  work.count = 20;
  work.reserved_policy = storage::ReservedPolicy::kBreak;
  failed.work = work;
  const pb::Job job = ToProto(failed);
  EXPECT_EQ(job.state(), pb::JOB_STATE_FAILED);
  EXPECT_EQ(job.failure().reason(), pb::ERROR_REASON_CAMPAIGN_ENDED);
  EXPECT_EQ(job.revoke_codes().batch_id(), "b-5");
  EXPECT_EQ(job.revoke_codes().start_offset(), 10);
  EXPECT_EQ(job.revoke_codes().count(), 20);
  EXPECT_EQ(job.revoke_codes().reserved_policy(), pb::RESERVED_POLICY_BREAK);
}

TEST(ConvertJob, EveryStateHasItsName) {
  storage::Job job = TestJob();
  for (const auto& [state, expected] : std::vector<std::pair<storage::JobState, pb::JobState>>{
           {storage::JobState::kPending, pb::JOB_STATE_PENDING},
           {storage::JobState::kSucceeded, pb::JOB_STATE_SUCCEEDED},
           {storage::JobState::kCancelled, pb::JOB_STATE_CANCELLED}}) {
    job.state = state;
    EXPECT_EQ(ToProto(job).state(), expected);
  }
}

}  // namespace
}  // namespace tessera::api
