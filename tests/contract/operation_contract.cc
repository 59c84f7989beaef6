// What holds for every mutating method alike: replay, reuse of a request id, fences, deadlines, retention.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using core::Reason;
using core::Transition;
using storage::Method;
using storage::Operation;
using storage::OperationState;

// What a method acts on.
struct Subject {
  std::string campaign_id;
  core::UserKey user;
  core::CouponNumber coupon;
  core::OpRef ref;
  uint32_t partition = 0;  // where the operation's record stands
};

class OperationFixture : public StoreFixture {
 public:
  Subject OfCampaign(std::string campaign_id) {
    Subject subject;
    subject.partition = store_->HomeOf(campaign_id);
    subject.campaign_id = std::move(campaign_id);
    return subject;
  }
  Subject OfUser() {
    Subject subject;
    subject.campaign_id = Active();
    subject.user = User(1);
    subject.partition = subject.user.partition(store_->shape());
    return subject;
  }
  Subject OfCoupon() {
    Subject subject = OfUser();
    subject.coupon = Coupon(subject.campaign_id, 1);
    return subject;
  }
  Subject OfReservation() {
    Subject subject = OfCoupon();
    const auto reservation = Reserve(subject.coupon, "order-1");
    EXPECT_THAT(reservation, Succeeds());
    if (reservation.ok()) subject.ref = reservation->ref;
    return subject;
  }
  Subject OfRedemption() {
    Subject subject = OfCoupon();
    const auto redemption = Redeem(subject.coupon, "order-1");
    EXPECT_THAT(redemption, Succeeds());
    if (redemption.ok()) subject.ref = redemption->ref;
    return subject;
  }

  Answer CallMove(const Subject& subject, const Operation& op, Transition transition) {
    return ToAnswer(Await(store_->campaigns().Move(op, subject.campaign_id, transition)));
  }
  Answer CallIssue(const Subject& subject, const Operation& op, storage::IssueSource source) {
    storage::IssueIntent intent;
    intent.campaign_id = subject.campaign_id;
    intent.source = source;
    intent.code_key_id = 3;
    intent.deadline = op.deadline;
    intent.items.push_back({op, subject.user});
    return ToAnswer(Issue(intent).at(0));
  }
  storage::UseIntent UseOf(const Subject& subject, const Operation& op) {
    storage::UseIntent intent = Use(op.method, subject.coupon, "order-1");
    intent.op = op;
    return intent;
  }
};

struct MethodCase {
  Method method;
  std::function<Subject(OperationFixture&)> prepare;
  std::function<Answer(OperationFixture&, const Subject&, const Operation&)> call;
};

template <class Call>
MethodCase MoveCase(Method method, Transition transition, Call prepare) {
  return {method, prepare, [transition](OperationFixture& f, const Subject& s, const Operation& op) {
            return f.CallMove(s, op, transition);
          }};
}

MethodCase IssueCase(Method method, storage::IssueSource source) {
  return {method, [](OperationFixture& f) { return f.OfUser(); },
          [source](OperationFixture& f, const Subject& s, const Operation& op) {
            return f.CallIssue(s, op, source);
          }};
}

std::vector<MethodCase> MethodCases() {
  using F = OperationFixture;
  return {
      {Method::kCreateCampaign, [](F& f) { return f.OfCampaign("campaign-of-case"); },
       [](F& f, const Subject& s, const Operation& op) {
         return ToAnswer(f.Await(f.store_->campaigns().Create(op, s.campaign_id, f.Definition())));
       }},
      {Method::kUpdateCampaign, [](F& f) { return f.OfCampaign(f.Active()); },
       [](F& f, const Subject& s, const Operation& op) {
         storage::Edit edit = [](const core::Campaign& c) { return c.definition; };
         return ToAnswer(f.Await(f.store_->campaigns().Update(op, s.campaign_id, 2, edit)));
       }},
      MoveCase(Method::kActivateCampaign, Transition::kActivate,
               [](F& f) { return f.OfCampaign(f.Draft(f.Definition())); }),
      MoveCase(Method::kPauseCampaign, Transition::kPause, [](F& f) { return f.OfCampaign(f.Active()); }),
      MoveCase(Method::kResumeCampaign, Transition::kResume,
               [](F& f) {
                 const std::string id = f.Active();
                 EXPECT_THAT(f.Move(id, Transition::kPause), Succeeds());
                 return f.OfCampaign(id);
               }),
      MoveCase(Method::kEndCampaign, Transition::kEnd, [](F& f) { return f.OfCampaign(f.Active()); }),
      IssueCase(Method::kIssueCoupon, storage::IssueSource::kGrant),
      IssueCase(Method::kClaimCoupon, storage::IssueSource::kClaim),
      IssueCase(Method::kBatchIssueCoupons, storage::IssueSource::kBatch),
      {Method::kRevokeCoupon, [](F& f) { return f.OfCoupon(); },
       [](F& f, const Subject& s, const Operation& op) {
         storage::RevokeIntent intent;
         intent.op = op;
         intent.coupon = s.coupon;
         intent.return_stock = true;
         return ToAnswer(f.Await(f.store_->coupons().Revoke(intent)));
       }},
      {Method::kRedeemCoupons, [](F& f) { return f.OfCoupon(); },
       [](F& f, const Subject& s, const Operation& op) {
         return ToAnswer(f.Await(f.store_->redemptions().Redeem(f.UseOf(s, op))));
       }},
      {Method::kReserveCoupons, [](F& f) { return f.OfCoupon(); },
       [](F& f, const Subject& s, const Operation& op) {
         storage::ReserveIntent intent;
         intent.use = f.UseOf(s, op);
         intent.ttl_ms = 60'000;
         return ToAnswer(f.Await(f.store_->redemptions().Reserve(intent)));
       }},
      {Method::kCommitReservation, [](F& f) { return f.OfReservation(); },
       [](F& f, const Subject& s, const Operation& op) {
         storage::CommitIntent intent;
         intent.op = op;
         intent.reservation = s.ref;
         intent.expected_discount = {500, *core::Currency::Parse("EUR", "currency")};
         return ToAnswer(f.Await(f.store_->redemptions().Commit(intent)));
       }},
      {Method::kReleaseReservation, [](F& f) { return f.OfReservation(); },
       [](F& f, const Subject& s, const Operation& op) {
         storage::ReleaseIntent intent;
         intent.op = op;
         intent.reservation = s.ref;
         return ToAnswer(f.Await(f.store_->redemptions().Release(intent)));
       }},
      {Method::kRollbackRedemption, [](F& f) { return f.OfRedemption(); },
       [](F& f, const Subject& s, const Operation& op) {
         storage::RollbackIntent intent;
         intent.op = op;
         intent.redemption = s.ref;
         return ToAnswer(f.Await(f.store_->redemptions().Rollback(intent)));
       }},
  };
}

using OperationParam = std::tuple<StoreFactory, MethodCase>;

class OperationContract : public OperationFixture, public testing::WithParamInterface<OperationParam> {
 protected:
  void SetUp() override {
    store_ = std::get<0>(GetParam()).make();
    subject_ = std::get<1>(GetParam()).prepare(*this);
  }
  Operation NewOp() { return StoreFixture::NewOp(std::get<1>(GetParam()).method); }
  Answer Call(const Operation& op) { return std::get<1>(GetParam()).call(*this, subject_, op); }

  storage::OperationQuery QueryOf(const Operation& op) {
    return {.method = op.method,
            .partition = subject_.partition,
            .bucket = subject_.user.bucket(store_->shape()),
            .field = op.field,
            .id_time_ms = op.id_time_ms,
            .deadline = Soon()};
  }
  storage::OperationStatus StatusOf(const Operation& op) {
    const auto status = Await(store_->redemptions().GetOperation(QueryOf(op)));
    EXPECT_THAT(status, Succeeds());
    return status.ok() ? *status : storage::OperationStatus{};
  }
  storage::OperationStatus Fence(const Operation& op) {
    const auto status = Await(store_->redemptions().FenceOperation(QueryOf(op)));
    EXPECT_THAT(status, Succeeds());
    return status.ok() ? *status : storage::OperationStatus{};
  }
  // COMMITTED, with what the call answered.
  void ExpectCommitted(const storage::OperationStatus& status, const Answer& answer) {
    EXPECT_EQ(status.state, OperationState::kCommitted);
    ASSERT_TRUE(status.outcome.has_value());
    ASSERT_THAT(answer, Succeeds());
    const Value outcome = std::visit([](const auto& value) { return Value(value); }, *status.outcome);
    EXPECT_EQ(outcome, *answer) << Describe(outcome) << "\n" << Describe(answer);
  }
  // What makes new calls of most methods fail.
  void EndTheCampaign() {
    Move(subject_.campaign_id, Transition::kActivate).ok();
    Move(subject_.campaign_id, Transition::kPause).ok();
    Move(subject_.campaign_id, Transition::kEnd).ok();
  }

  Subject subject_;
};

std::string OperationName(const testing::TestParamInfo<OperationParam>& info) {
  return std::get<0>(info.param).name + std::string(storage::MethodName(std::get<1>(info.param).method));
}

INSTANTIATE_TEST_SUITE_P(Store, OperationContract,
                         testing::Combine(testing::ValuesIn(StoreFactories()),
                                          testing::ValuesIn(MethodCases())),
                         OperationName);

TEST_P(OperationContract, ReplayAnswersTheSame) {
  const Operation op = NewOp();
  const Answer first = Call(op);
  ASSERT_THAT(first, Succeeds());
  for (int i = 0; i < 2; ++i) {
    Wait(3);
    Operation again = op;
    again.deadline = Soon();
    const Answer replay = Call(again);
    ASSERT_THAT(replay, Succeeds());
    EXPECT_EQ(*replay, *first) << Describe(replay) << "\n" << Describe(first);
  }
  ExpectCommitted(StatusOf(op), first);
}

TEST_P(OperationContract, ReplayAnswersTheSameWhateverHappenedSince) {
  const Operation op = NewOp();
  const Answer first = Call(op);
  ASSERT_THAT(first, Succeeds());
  EndTheCampaign();
  const Answer replay = Call(op);
  ASSERT_THAT(replay, Succeeds());
  EXPECT_EQ(*replay, *first) << Describe(replay) << "\n" << Describe(first);
  ExpectCommitted(StatusOf(op), first);
}

TEST_P(OperationContract, ReplayOfARequestIdWithoutTime) {
  Operation op = NewOp();
  op.id_time_ms.reset();
  EXPECT_EQ(StatusOf(op).state, OperationState::kUnknown);
  const Answer first = Call(op);
  ASSERT_THAT(first, Succeeds());
  const Answer replay = Call(op);
  ASSERT_THAT(replay, Succeeds());
  EXPECT_EQ(*replay, *first);
  ExpectCommitted(StatusOf(op), first);
}

TEST_P(OperationContract, AnotherBodyIsRefused) {
  const Operation op = NewOp();
  const Answer first = Call(op);
  ASSERT_THAT(first, Succeeds());
  Operation other = op;
  other.body[7] ^= 1;
  EXPECT_THAT(Call(other), Refuses(Reason::kRequestIdReused));
  EndTheCampaign();
  EXPECT_THAT(Call(other), Refuses(Reason::kRequestIdReused));
  ExpectCommitted(StatusOf(op), first);
}

TEST_P(OperationContract, AFencedCallNeverTakesEffect) {
  const Operation op = NewOp();
  EXPECT_EQ(StatusOf(op).state, OperationState::kUnknown);
  EXPECT_EQ(Fence(op), (storage::OperationStatus{OperationState::kFenced, std::nullopt}));
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Call(op), Refuses(Reason::kOperationFenced));
  EXPECT_EQ(Fence(op).state, OperationState::kFenced);
  EXPECT_EQ(StatusOf(op), (storage::OperationStatus{OperationState::kFenced, std::nullopt}));
  EXPECT_THAT(Call(NewOp()), Succeeds());
}

TEST_P(OperationContract, AFencedCallOfARequestIdWithoutTimeNeverTakesEffect) {
  Operation op = NewOp();
  op.id_time_ms.reset();
  EXPECT_EQ(Fence(op).state, OperationState::kFenced);
  EXPECT_THAT(Call(op), Refuses(Reason::kOperationFenced));
}

TEST_P(OperationContract, AFenceAfterTheEffectAnswersTheOutcome) {
  const Operation op = NewOp();
  const Answer first = Call(op);
  ASSERT_THAT(first, Succeeds());
  ExpectCommitted(Fence(op), first);
  const Answer replay = Call(op);
  ASSERT_THAT(replay, Succeeds());
  EXPECT_EQ(*replay, *first);
}

TEST_P(OperationContract, AFenceStopsOneCallAlone) {
  const Operation fenced = NewOp();
  Operation other = fenced;
  other.field[11] ^= 1;
  ASSERT_EQ(Fence(fenced).state, OperationState::kFenced);
  EXPECT_EQ(StatusOf(other).state, OperationState::kUnknown);
  EXPECT_THAT(Call(other), Succeeds());
}

TEST_P(OperationContract, PastItsDeadlineItHasNoEffect) {
  Operation op = NewOp();
  op.deadline = Past();
  EXPECT_THAT(Call(op), Refuses(Reason::kDeadlinePassed));
  EXPECT_EQ(StatusOf(op).state, OperationState::kUnknown);
  op.deadline = Soon();
  EXPECT_THAT(Call(op), Succeeds());
}

TEST_P(OperationContract, ARequestIdOlderThanItsRetentionIsRefused) {
  Operation op = NewOp();
  const int64_t days = storage::RetentionOf(op.method) == core::Retention::kLong ? 30 : 3;
  op.id_time_ms = Now() - days * 24 * 3'600'000 - 60'000;
  EXPECT_THAT(Call(op), Refuses(Reason::kRequestTooOld));
  EXPECT_EQ(StatusOf(op).state, OperationState::kTooOld);
  EXPECT_EQ(Fence(op).state, OperationState::kTooOld);
}

TEST_P(OperationContract, ARequestIdWithinItsRetentionIsTaken) {
  Operation op = NewOp();
  const int64_t days = storage::RetentionOf(op.method) == core::Retention::kLong ? 30 : 3;
  op.id_time_ms = Now() - days * 24 * 3'600'000 + 60'000;
  const Answer first = Call(op);
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(*Call(op), *first);
  ExpectCommitted(StatusOf(op), first);
}

TEST_P(OperationContract, AnOperationOfAnotherPartitionIsUnknown) {
  const uint32_t partitions = store_->shape().partitions;
  if (partitions == 1) return;
  const Operation op = NewOp();
  ASSERT_THAT(Call(op), Succeeds());
  storage::OperationQuery query = QueryOf(op);
  query.partition = (query.partition + 1) % partitions;
  EXPECT_EQ(Await(store_->redemptions().GetOperation(query))->state, OperationState::kUnknown);
}

class RefusalContract : public StoreContract {};
TESSERA_CONTRACT(RefusalContract);

TEST_P(RefusalContract, ARefusedClaimIsJudgedAgain) {
  const std::string id = Active();
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  const Operation op = NewOp(Method::kClaimCoupon);
  EXPECT_THAT(Claim(id, User(1), op), Refuses(Reason::kCampaignPaused));
  ASSERT_THAT(Move(id, Transition::kResume), Succeeds());
  EXPECT_THAT(Claim(id, User(1), op), Succeeds());
}

TEST_P(RefusalContract, ARefusedRedeemIsJudgedAgainWithAnotherBodyToo) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const auto reservation = Reserve(coupon, "order-1");
  ASSERT_THAT(reservation, Succeeds());
  storage::UseIntent intent = Use(Method::kRedeemCoupons, coupon, "order-2");
  EXPECT_THAT(Await(store_->redemptions().Redeem(intent)), Refuses(Reason::kCouponReserved));
  ASSERT_THAT(Release(reservation->ref), Succeeds());
  intent.op.body[0] = 99;
  EXPECT_THAT(Await(store_->redemptions().Redeem(intent)), Succeeds());
}

TEST_P(RefusalContract, TheDeadlineIsJudgedBeforeTheSubject) {
  Operation claim = NewOp(Method::kClaimCoupon);
  claim.deadline = Past();
  EXPECT_THAT(Claim("nowhere", User(1), claim), Refuses(Reason::kDeadlinePassed));
  storage::UseIntent redeem = Use(Method::kRedeemCoupons, core::CouponNumber{0}, "order-1");
  redeem.op.deadline = Past();
  EXPECT_THAT(Await(store_->redemptions().Redeem(redeem)), Refuses(Reason::kDeadlinePassed));
  storage::RollbackIntent rollback;
  rollback.op = NewOp(Method::kRollbackRedemption);
  rollback.op.deadline = Past();
  EXPECT_THAT(Await(store_->redemptions().Rollback(rollback)), Refuses(Reason::kDeadlinePassed));
}

TEST_P(RefusalContract, TheOperationIsJudgedBeforeTheSubject) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  const storage::UseIntent redeem = Use(Method::kRedeemCoupons, coupon, "order-1");
  ASSERT_THAT(Await(store_->redemptions().Redeem(redeem)), Succeeds());
  storage::UseIntent other = redeem;
  other.op.body[0] = 99;
  // The coupon is redeemed by now and would refuse too.
  EXPECT_THAT(Await(store_->redemptions().Redeem(other)), Refuses(Reason::kRequestIdReused));
  other.user = UserBeside(1);
  EXPECT_THAT(Await(store_->redemptions().Redeem(other)), Refuses(Reason::kRequestIdReused));
}

}  // namespace
}  // namespace tessera::contract
