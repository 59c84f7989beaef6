#include "batch_contract.h"

namespace tessera::contract {
namespace {

using core::CodeNumber;
using core::Reason;
using storage::JobState;
using storage::JobStep;
using storage::Method;

class JobContract : public Contract<BatchFixture> {};
TESSERA_CONTRACT(JobContract);

JobStep Step(int64_t from, int64_t to, int64_t made = 0) {
  JobStep step;
  step.from = from;
  step.to = to;
  step.made = made;
  return step;
}

TEST_P(JobContract, AJobGoesStepByStepToItsEnd) {
  const std::string campaign = Active();
  const auto created = Create(campaign, Making(1000));
  ASSERT_THAT(created, Succeeds());
  const storage::Job pending = *Get(created->job);
  EXPECT_EQ(pending.state, JobState::kPending);
  EXPECT_EQ(pending.campaign_id, campaign);
  EXPECT_EQ(pending.numbers.count, 1000);
  EXPECT_EQ(pending.batch, created->batch);
  EXPECT_EQ(pending.create_time_ms, created->create_time_ms);
  EXPECT_EQ(pending.start_time_ms, 0);
  EXPECT_TRUE(Await(redis().GetBatch(created->batch, Soon()))->growing);

  EXPECT_EQ(*Await(redis().OpenJobs(store_->HomeOf(campaign), Soon())), std::vector{created->job});
  ASSERT_TRUE(Lease(created->job, 1));
  EXPECT_TRUE(Advance(created->job, 1, Step(0, 400, 400)));
  EXPECT_EQ(Get(created->job)->state, JobState::kRunning);
  EXPECT_EQ(Get(created->job)->done, 400);
  EXPECT_EQ(Await(redis().GetBatch(created->batch, Soon()))->made, 400);
  EXPECT_FALSE(Advance(created->job, 1, Step(400, 1000, 600)));
  const storage::Job done = *Get(created->job);
  EXPECT_EQ(done.state, JobState::kSucceeded);
  EXPECT_GE(done.end_time_ms, done.start_time_ms);
  EXPECT_FALSE(Await(redis().GetBatch(created->batch, Soon()))->growing);
  EXPECT_TRUE(Await(redis().OpenJobs(store_->HomeOf(campaign), Soon()))->empty());
  EXPECT_FALSE(Lease(created->job, 2));
  EXPECT_EQ(Totals(campaign).codes_generated, 1000);
  EXPECT_THAT(Bind(CodeNumber{done.numbers.first + 999 * done.numbers.stride}, 1), Succeeds());
  ExpectVerified();
}

TEST_P(JobContract, TheSameCallIsTheSameJob) {
  const std::string campaign = Active();
  const auto op = NewOp(Method::kCreateJob);
  const auto first = Create(campaign, Making(10), op);
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(*Create(campaign, Making(10), op), *first);
  storage::Operation other = op;
  other.body[0] ^= 1;
  EXPECT_THAT(Create(campaign, Making(11), other), Refuses(Reason::kRequestIdReused));
  storage::OperationQuery query;
  query.method = Method::kCreateJob;
  query.partition = store_->HomeOf(campaign);
  query.field = op.field;
  query.id_time_ms = op.id_time_ms;
  query.deadline = Soon();
  const auto known = Await(store_->redemptions().GetOperation(query));
  ASSERT_THAT(known, Succeeds());
  EXPECT_EQ(std::get<storage::JobCreated>(*known->outcome), *first);
}

TEST_P(JobContract, BatchesHaveNumbersOfTheirOwn) {
  const std::string campaign = Active();
  const auto one = Make(campaign, 3);
  const auto two = Create(campaign, Making(5));
  const auto three = Make(campaign, 7);
  EXPECT_EQ(Await(redis().GetBatch(one->batch, Soon()))->numbers, one->numbers);
  EXPECT_EQ(Await(redis().GetBatch(three->batch, Soon()))->numbers, three->numbers);
  EXPECT_EQ(Await(redis().GetBatch(two->batch, Soon()))->numbers.first,
            one->numbers.first + 3 * one->numbers.stride);
  const auto strange = Await(redis().GetBatch(three->batch + 64 * store_->shape().partitions, Soon()));
  ASSERT_FALSE(strange.ok());
  EXPECT_EQ(strange.error().reason, Reason::kBatchNotFound);
}

TEST_P(JobContract, OneWorkerAtATime) {
  const std::string campaign = Active();
  const uint64_t job = Create(campaign, Making(100))->job;
  ASSERT_TRUE(Lease(job, 1));
  EXPECT_FALSE(Lease(job, 2));
  EXPECT_TRUE(Lease(job, 1));
  EXPECT_TRUE(Await(redis().OpenJobs(store_->HomeOf(campaign), Soon()))->empty());
  EXPECT_FALSE(Advance(job, 2, Step(0, 50, 50)));
  EXPECT_TRUE(Advance(job, 1, Step(0, 50, 50)));
  // A step that is noted again, because its answer was lost, is not noted twice.
  EXPECT_FALSE(Advance(job, 1, Step(0, 50, 50)));
  EXPECT_EQ(Get(job)->done, 50);
  EXPECT_EQ(Totals(campaign).codes_generated, 50);
}

TEST_P(JobContract, AnotherGoesOnWhenTheLeaseIsOver) {
  const std::string campaign = Active();
  const uint64_t job = Create(campaign, Making(100))->job;
  ASSERT_TRUE(Lease(job, 1));
  EXPECT_TRUE(Advance(job, 1, Step(0, 40, 40)));
  const core::InstantMs began = Now();
  std::optional<storage::Job> leased;
  while (!leased && Now() - began < 20'000) {
    Wait(200);
    leased = Lease(job, 2);
  }
  ASSERT_TRUE(leased);
  EXPECT_GT(Now() - began, 3'000);
  EXPECT_EQ(leased->done, 40);
  EXPECT_FALSE(Advance(job, 1, Step(40, 100, 60)));
  EXPECT_FALSE(Advance(job, 2, Step(40, 100, 60)));
  EXPECT_EQ(Get(job)->state, JobState::kSucceeded);
  EXPECT_EQ(Totals(campaign).codes_generated, 100);
}

TEST_P(JobContract, CancellingStopsAJobForGood) {
  const std::string campaign = Active();
  const auto created = Create(campaign, Making(100));
  ASSERT_TRUE(Lease(created->job, 1));
  EXPECT_TRUE(Advance(created->job, 1, Step(0, 40, 40)));
  const auto cancelled = Await(redis().CancelJob(created->job, Soon()));
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->state, JobState::kCancelled);
  EXPECT_EQ(cancelled->done, 40);
  EXPECT_EQ(*Await(redis().CancelJob(created->job, Soon())), *cancelled);
  EXPECT_FALSE(Advance(created->job, 1, Step(40, 100, 60)));
  EXPECT_EQ(*Get(created->job), *cancelled);
  EXPECT_EQ(Await(redis().GetBatch(created->batch, Soon()))->made, 40);
  EXPECT_TRUE(Await(redis().OpenJobs(store_->HomeOf(campaign), Soon()))->empty());
}

TEST_P(JobContract, WhatHasEndedCannotBeCancelled) {
  const std::string campaign = Active();
  const uint64_t job = Create(campaign, Making(10))->job;
  ASSERT_TRUE(Lease(job, 1));
  JobStep step = Step(0, 0);
  step.failure = Reason::kCampaignEnded;
  EXPECT_FALSE(Advance(job, 1, step));
  EXPECT_EQ(Get(job)->state, JobState::kFailed);
  EXPECT_EQ(Get(job)->failure, Reason::kCampaignEnded);
  const auto cancelled = Await(redis().CancelJob(job, Soon()));
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().reason, Reason::kJobEnded);
  const auto none = Await(redis().CancelJob(job + 64 * store_->shape().partitions, Soon()));
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().reason, Reason::kJobNotFound);
  EXPECT_FALSE(Await(redis().CancelJob(job, Past())).ok());
}

TEST_P(JobContract, ListsACampaignsJobsByPages) {
  const std::string campaign = Active();
  const std::string other = Active();
  std::vector<uint64_t> jobs;
  for (int i = 0; i < 5; ++i) jobs.insert(jobs.begin(), Create(campaign, Making(1))->job);
  ASSERT_THAT(Create(other, Making(1)), Succeeds());
  std::vector<uint64_t> listed;
  std::optional<uint64_t> before;
  for (int page = 0; page < 3; ++page) {
    const auto answer = Await(redis().ListJobs(campaign, before, 2, Soon()));
    ASSERT_TRUE(answer.ok());
    for (const storage::Job& job : answer->jobs) listed.push_back(job.job);
    before = answer->next;
    EXPECT_EQ(before.has_value(), page < 2);
  }
  EXPECT_EQ(listed, jobs);
}

TEST_P(JobContract, RefusesWhatCannotBeDone) {
  const std::string campaign = Active();
  EXPECT_THAT(Create("no-such-campaign", Making(1)), Refuses(Reason::kCampaignNotFound));
  const std::string paused = Active();
  ASSERT_THAT(Move(paused, core::Transition::kPause), Succeeds());
  EXPECT_THAT(Create(paused, Making(1)), Refuses(Reason::kCampaignPaused));
  EXPECT_THAT(Create(Draft(Definition()), Making(1)), Refuses(Reason::kCampaignNotActive));
  const auto made = Make(campaign, 10);
  EXPECT_THAT(Create(Active(), TakingBack(made->batch)), Refuses(Reason::kBatchNotFound));
  EXPECT_THAT(Create(campaign, TakingBack(made->batch + 1024)), Refuses(Reason::kBatchNotFound));
  EXPECT_THAT(Create(campaign, TakingBack(made->batch, 10)),
              RefusesWith(Reason::kInvalidField, "field", "revoke_codes.start_offset"));
  EXPECT_THAT(Create(campaign, TakingBack(made->batch, 5, 6)),
              RefusesWith(Reason::kInvalidField, "field", "revoke_codes.count"));
  ASSERT_THAT(Move(campaign, core::Transition::kPause), Succeeds());
  EXPECT_THAT(Create(campaign, TakingBack(made->batch, 5, 5)), Succeeds());
}

TEST_P(JobContract, TakesABatchBack) {
  const std::string campaign = Active();
  const auto before = Make(campaign, 20);
  const auto made = Make(campaign, 3000);
  const auto after = Make(campaign, 20);
  const auto code = [&](uint64_t place) {
    return CodeNumber{made->numbers.first + place * made->numbers.stride};
  };
  ASSERT_THAT(Bind(code(7), 1), Succeeds());
  const auto used = RedeemBy(2, code(2999), "o-1");
  ASSERT_THAT(used, Succeeds());
  const auto created = Create(campaign, TakingBack(made->batch));
  ASSERT_THAT(created, Succeeds());
  const storage::Job done = Finish(created->job);
  EXPECT_EQ(done.state, JobState::kSucceeded);
  EXPECT_EQ(done.done, 3000);
  EXPECT_EQ(done.refused, 1);
  for (const uint64_t place : {0, 1, 42, 255, 256, 2998}) {
    EXPECT_THAT(Bind(code(place), 3), Refuses(Reason::kCouponRevoked)) << place;
    EXPECT_THAT(Revoke(code(place), storage::ReservedPolicy::kWait, false), Refuses(Reason::kCouponRevoked));
  }
  EXPECT_EQ(View(code(0))->state, storage::CouponState::kRevoked);
  EXPECT_THAT(Bind(code(7), 1), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(Bind(code(2999), 3), Refuses(Reason::kCouponAlreadyRedeemed));
  // Its neighbours stay.
  EXPECT_THAT(Bind({before->numbers.first + 19 * before->numbers.stride}, 3), Succeeds());
  EXPECT_THAT(Bind({after->numbers.first}, 3), Succeeds());
  EXPECT_EQ(Totals(campaign).codes_revoked, 2998);
  EXPECT_EQ(Totals(campaign).revoked, 1);
  // Doing it again changes nothing.
  Finish(Create(campaign, TakingBack(made->batch))->job);
  EXPECT_EQ(Totals(campaign).codes_revoked, 2998);
  // What was used when it was taken back is nobody's any more once its use is undone.
  ASSERT_THAT(Rollback(used->ref), Succeeds());
  Sweep();
  EXPECT_THAT(Bind(code(2999), 3), Refuses(Reason::kCouponRevoked));
  EXPECT_EQ(Totals(campaign).codes_revoked, 2999);
  ExpectVerified();
}

// What a stopped job did not make is nobody's to lose.
TEST_P(JobContract, TakesBackWhatAStoppedJobMade) {
  const std::string campaign = Active();
  const auto making = Create(campaign, Making(1000));
  ASSERT_TRUE(Lease(making->job, 1));
  EXPECT_TRUE(Advance(making->job, 1, Step(0, 300, 300)));
  ASSERT_TRUE(Await(redis().CancelJob(making->job, Soon())).ok());
  EXPECT_THAT(Create(campaign, TakingBack(making->batch, 300)), Refuses(Reason::kInvalidField));
  const storage::Job done = Finish(Create(campaign, TakingBack(making->batch))->job);
  EXPECT_EQ(done.done, 300);
  EXPECT_EQ(Totals(campaign).codes_revoked, 300);
}

TEST_P(JobContract, TakesPartOfABatchBack) {
  const std::string campaign = Active();
  const auto made = Make(campaign, 100);
  const auto created = Create(campaign, TakingBack(made->batch, 10, 30));
  EXPECT_EQ(Finish(created->job).done, 30);
  for (uint64_t place = 0; place < 100; ++place) {
    const CodeNumber code{made->numbers.first + place * made->numbers.stride};
    EXPECT_EQ(View(code)->state == storage::CouponState::kRevoked, place >= 10 && place < 40) << place;
  }
  EXPECT_EQ(Totals(campaign).codes_revoked, 30);
}

// Of coupons that were made of the batch's codes, one that an order holds is left to it, or its hold is
// broken.
TEST_P(JobContract, AHeldCouponOfABatchIsLeftOrBrokenAsTheJobSays) {
  const std::string campaign = Active();
  const auto made = Make(campaign, 10);
  const auto bound = [&](uint64_t place) {
    const auto coupon = Bind({made->numbers.first + place * made->numbers.stride}, 1);
    EXPECT_THAT(coupon, Succeeds());
    return coupon.ok() ? coupon->number : core::CouponNumber{};
  };
  const core::CouponNumber idle = bound(0);
  const core::CouponNumber held = bound(3);
  const core::CouponNumber let_go = bound(9);
  const auto reservation = Reserve(held, "order-1");
  const auto other = Reserve(let_go, "order-2");
  ASSERT_THAT(reservation, Succeeds());
  ASSERT_THAT(other, Succeeds());
  const storage::Job waited = Finish(Create(campaign, TakingBack(made->batch))->job);
  EXPECT_EQ(waited.state, JobState::kSucceeded);
  EXPECT_EQ(waited.done, 10);
  EXPECT_EQ(waited.refused, 2);
  EXPECT_EQ(StateOf(idle), storage::CouponState::kRevoked);
  for (const core::CouponNumber coupon : {held, let_go}) {
    EXPECT_EQ(StateOf(coupon), storage::CouponState::kReserved);
  }
  EXPECT_EQ(Totals(campaign).codes_revoked, 7);
  EXPECT_EQ(Totals(campaign).revoked, 1);
  // A later one finds what was let go meanwhile.
  ASSERT_THAT(Release(other->ref), Succeeds());
  EXPECT_EQ(Finish(Create(campaign, TakingBack(made->batch))->job).refused, 1);
  EXPECT_EQ(StateOf(let_go), storage::CouponState::kRevoked);
  storage::RevokeWork breaking = TakingBack(made->batch);
  breaking.reserved_policy = storage::ReservedPolicy::kBreak;
  const auto created = Create(campaign, breaking);
  EXPECT_EQ(std::get<storage::RevokeWork>(Get(created->job)->work).reserved_policy,
            storage::ReservedPolicy::kBreak);
  EXPECT_EQ(Finish(created->job).refused, 0);
  EXPECT_EQ(StateOf(held), storage::CouponState::kRevoked);
  EXPECT_THAT(Commit(*reservation), Refuses(Reason::kReservationFenced));
  EXPECT_EQ(Totals(campaign).codes_revoked, 7);
  EXPECT_EQ(Totals(campaign).revoked, 3);
  ExpectVerified();
}

// Short codes are stored under the batch's own numbers; one that is somebody else's already is drawn again.
TEST_P(JobContract, ABatchOfShortCodesIsStoredUnderItsNumbers) {
  const std::string campaign = Active();
  storage::GenerateWork work = Making(500);
  work.pattern = *core::CodePattern::Parse("SALE", 8, "0123456789", "pattern");
  const auto created = Create(campaign, work);
  ASSERT_THAT(created, Succeeds());
  EXPECT_EQ(std::get<storage::GenerateWork>(Get(created->job)->work), work);
  const auto batch = Await(redis().GetBatch(created->batch, Soon()));
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->pattern, work.pattern);
  EXPECT_FALSE(batch->imported);
  const auto import = Import(campaign, 1);
  const auto anothers = Await(redis().AddStoredCodes(campaign, import->batch, Codes(7, 1), Soon()));
  ASSERT_TRUE(anothers.ok());
  const auto number = [&](uint64_t place) {
    return CodeNumber{batch->numbers.first + place * batch->numbers.stride};
  };
  std::vector<storage::StoredCode> codes = Codes(0, 300);
  for (uint64_t i = 0; i < codes.size(); ++i) codes[i].number = number(i);
  const auto added = Await(redis().AddStoredCodes(campaign, created->batch, codes, Soon()));
  ASSERT_TRUE(added.ok());
  for (uint64_t i = 0; i < codes.size(); ++i) {
    EXPECT_EQ((*added)[i], i == 7 ? anothers->front() : number(i)) << i;
  }
  const std::vector<storage::StoredCode> drawn_again = {{Key(1'007), number(7)}};
  EXPECT_EQ(Await(redis().AddStoredCodes(campaign, created->batch, drawn_again, Soon()))->front(), number(7));
  // Whoever goes on after a death does the same once more.
  EXPECT_EQ(*Await(redis().AddStoredCodes(campaign, created->batch, codes, Soon())), *added);
  // Codes that are stored are on the ledger as made by then.
  ASSERT_TRUE(Lease(created->job, 1));
  EXPECT_TRUE(Advance(created->job, 1, Step(0, 300)));
  EXPECT_EQ(Totals(campaign).codes_generated, 301);
  EXPECT_EQ(*Await(redis().FindStoredCode(Key(42), Soon())), number(42));
  EXPECT_THAT(RedeemBy(1, number(42), "order-1"), Succeeds());
  EXPECT_THAT(RedeemBy(2, number(42), "order-2"), Refuses(Reason::kCouponOfAnotherUser));
  // Taken back as the derived ones are, and nobody else's.
  ASSERT_TRUE(Await(redis().CancelJob(created->job, Soon())).ok());
  const storage::Job done = Finish(Create(campaign, TakingBack(created->batch))->job);
  EXPECT_EQ(done.done, 300);
  EXPECT_EQ(done.refused, 1);
  EXPECT_THAT(Bind(number(7), 3), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(Bind(anothers->front(), 3), Succeeds());
  ExpectVerified();
}

}  // namespace
}  // namespace tessera::contract
