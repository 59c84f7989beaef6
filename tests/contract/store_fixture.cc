#include "store_contract.h"

#include <cstring>

namespace tessera::contract {

using core::CouponNumber;
using core::OpRef;
using core::Result;
using core::UserKey;
using storage::Method;
using storage::Operation;

storage::Deadline StoreFixture::Soon() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }
storage::Deadline StoreFixture::Past() { return std::chrono::steady_clock::now() - std::chrono::seconds(2); }

Operation StoreFixture::NewOp(Method method) {
  Operation op;
  op.method = method;
  ++fresh_;
  op.field[0] = static_cast<uint8_t>(method);
  std::memcpy(&op.field[4], &fresh_, sizeof fresh_);
  op.body[0] = 1;
  op.id_time_ms = Now();
  op.deadline = Soon();
  return op;
}

UserKey StoreFixture::User(uint32_t i) {
  UserKey user;
  // Odd multipliers spread neighbours over partitions and buckets; the last bytes keep users apart.
  const uint32_t partition = i * 2654435761u >> 7;
  const uint32_t bucket = i * 40503u >> 3;
  user.bytes[0] = 1;
  for (int byte = 0; byte < 4; ++byte) {
    user.bytes[1 + byte] = static_cast<uint8_t>(partition >> (24 - 8 * byte));
    user.bytes[5 + byte] = static_cast<uint8_t>(bucket >> (24 - 8 * byte));
  }
  user.bytes[10] = static_cast<uint8_t>(i >> 8);
  user.bytes[11] = static_cast<uint8_t>(i);
  return user;
}

UserKey StoreFixture::UserBeside(uint32_t i) {
  UserKey user = User(i);
  user.bytes[9] = 77;
  return user;
}

core::CampaignDefinition StoreFixture::Definition() {
  constexpr int64_t kHourMs = 3'600'000;
  core::CampaignDefinition definition;
  definition.display_name = "Spring";
  definition.offer.currency = *core::Currency::Parse("EUR", "currency");
  definition.time_zone = "UTC";
  definition.offer.benefit = core::AmountOff{500};
  definition.claim_window = {Now() - kHourMs, Now() + 30 * 24 * kHourMs};
  definition.use_window = definition.claim_window;
  return definition;
}

std::string StoreFixture::Draft(const core::CampaignDefinition& definition) {
  std::string id = "campaign-" + std::to_string(++fresh_);
  const auto created = Await(store_->campaigns().Create(NewOp(Method::kCreateCampaign), id, definition));
  EXPECT_THAT(created, Succeeds());
  return id;
}

std::string StoreFixture::Active(const core::CampaignDefinition& definition) {
  std::string id = Draft(definition);
  EXPECT_THAT(Move(id, core::Transition::kActivate), Succeeds());
  return id;
}

Result<storage::CampaignChanged> StoreFixture::Move(const std::string& campaign_id,
                                                    core::Transition transition) {
  constexpr Method kMethods[] = {Method::kActivateCampaign, Method::kPauseCampaign, Method::kResumeCampaign,
                                 Method::kEndCampaign};
  const Operation op = NewOp(kMethods[static_cast<int>(transition)]);
  return Await(store_->campaigns().Move(op, campaign_id, transition));
}

Result<storage::CampaignChanged> StoreFixture::Update(const std::string& campaign_id,
                                                      std::function<void(core::CampaignDefinition&)> change) {
  storage::Edit edit = [change](const core::Campaign& campaign) -> Result<core::CampaignDefinition> {
    core::CampaignDefinition edited = campaign.definition;
    change(edited);
    if (core::Status may = core::MayUpdate(campaign.state, campaign.definition, edited); !may.ok()) {
      return may.error();
    }
    return edited;
  };
  const int64_t version = Get(campaign_id).version;
  return Await(store_->campaigns().Update(NewOp(Method::kUpdateCampaign), campaign_id, version, edit));
}

core::Campaign StoreFixture::Get(const std::string& campaign_id) {
  const auto campaign = Await(store_->campaigns().Get(campaign_id, Soon()));
  EXPECT_THAT(campaign, Succeeds());
  return campaign.ok() ? **campaign : core::Campaign{};
}

Result<storage::Issued> StoreFixture::Claim(const std::string& campaign_id, const UserKey& user) {
  return Claim(campaign_id, user, NewOp(Method::kClaimCoupon));
}

Result<storage::Issued> StoreFixture::Claim(const std::string& campaign_id, const UserKey& user,
                                            const Operation& op) {
  storage::IssueIntent intent;
  intent.campaign_id = campaign_id;
  intent.items.push_back({op, user});
  intent.deadline = op.deadline;
  auto outcomes = Issue(std::move(intent));
  if (outcomes.size() != 1) return core::Error(core::Reason::kInternal, "not one outcome for one item");
  return std::move(outcomes.front());
}

std::vector<Result<storage::Issued>> StoreFixture::Issue(storage::IssueIntent intent) {
  return Await(store_->coupons().Issue(std::move(intent)));
}

CouponNumber StoreFixture::Coupon(const std::string& campaign_id, uint32_t i) {
  const auto issued = Claim(campaign_id, User(i));
  EXPECT_THAT(issued, Succeeds());
  return issued.ok() ? issued->number : CouponNumber{};
}

Result<storage::Coupon> StoreFixture::GetCoupon(CouponNumber number) {
  return Await(store_->coupons().GetCoupon(number, Soon()));
}

storage::CouponState StoreFixture::StateOf(CouponNumber number) {
  const auto coupon = GetCoupon(number);
  EXPECT_THAT(coupon, Succeeds());
  return coupon.ok() ? coupon->state : storage::CouponState{};
}

std::vector<storage::Coupon> StoreFixture::Wallet(const UserKey& user) {
  std::vector<storage::Coupon> coupons;
  storage::WalletQuery query;
  query.user = user;
  query.page_size = 100;
  do {
    query.deadline = Soon();
    const auto page = Await(store_->coupons().ListUserCoupons(query));
    EXPECT_THAT(page, Succeeds());
    if (!page.ok()) break;
    coupons.insert(coupons.end(), page->coupons.begin(), page->coupons.end());
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  return coupons;
}

void Buy(storage::UseIntent& intent, core::Order order) {
  order.order_id = intent.order.order_id;
  intent.decide = DecideFor(order);
  intent.order = std::move(order);
}

storage::UseIntent StoreFixture::Use(Method method, core::CouponName coupon, const std::string& order_id) {
  storage::UseIntent intent;
  intent.op = NewOp(method);
  intent.coupons = {coupon};
  intent.order.order_id = order_id;
  Buy(intent, 2000);
  return intent;
}

storage::UseIntent StoreFixture::Use(Method method, std::vector<core::CouponName> coupons, uint32_t user,
                                     const std::string& order_id) {
  storage::UseIntent intent = Use(method, coupons.front(), order_id);
  intent.coupons = std::move(coupons);
  intent.user = User(user);
  return intent;
}

Result<storage::Verdict> StoreFixture::Validate(storage::UseIntent intent) {
  const bool one = intent.coupons.size() == 1;
  auto verdict = Await(store_->redemptions().Validate(std::move(intent)));
  if (!one || !verdict.ok() || verdict->coupons.size() != 1) return verdict;
  if (const auto* why = std::get_if<core::Error>(&verdict->coupons.front().says)) return *why;
  return verdict;
}

Result<storage::Verdict> StoreFixture::Validate(core::CouponName coupon, const std::string& order_id) {
  return Validate(Use(Method::kRedeemCoupons, coupon, order_id));
}

Result<storage::Redemption> StoreFixture::Redeem(storage::UseIntent intent) {
  return Await(store_->redemptions().Redeem(std::move(intent)));
}

Result<storage::Redemption> StoreFixture::Redeem(core::CouponName coupon, const std::string& order_id) {
  return Redeem(Use(Method::kRedeemCoupons, coupon, order_id));
}

Result<storage::Reservation> StoreFixture::Reserve(storage::UseIntent intent, int64_t ttl_ms) {
  storage::ReserveIntent reserve;
  reserve.use = std::move(intent);
  if (reserve.use.op.method != Method::kReserveCoupons) reserve.use.op = NewOp(Method::kReserveCoupons);
  reserve.ttl_ms = ttl_ms;
  return Await(store_->redemptions().Reserve(std::move(reserve)));
}

Result<storage::Reservation> StoreFixture::Reserve(CouponNumber coupon, const std::string& order_id,
                                                   int64_t ttl_ms) {
  return Reserve(Use(Method::kReserveCoupons, coupon, order_id), ttl_ms);
}

Result<storage::Redemption> StoreFixture::Commit(const storage::Reservation& reservation) {
  storage::CommitIntent intent;
  intent.op = NewOp(Method::kCommitReservation);
  intent.reservation = reservation.ref;
  intent.expected_discount = {reservation.discount_minor, reservation.currency};
  return Await(store_->redemptions().Commit(intent));
}

Result<storage::Released> StoreFixture::Release(const OpRef& reservation) {
  storage::ReleaseIntent intent;
  intent.op = NewOp(Method::kReleaseReservation);
  intent.reservation = reservation;
  return Await(store_->redemptions().Release(intent));
}

Result<storage::RolledBack> StoreFixture::Rollback(const OpRef& redemption) {
  storage::RollbackIntent intent;
  intent.op = NewOp(Method::kRollbackRedemption);
  intent.redemption = redemption;
  return Await(store_->redemptions().Rollback(intent));
}

Result<storage::Revoked> StoreFixture::Revoke(core::CouponName coupon, storage::ReservedPolicy policy,
                                              bool return_stock) {
  storage::RevokeIntent intent;
  intent.op = NewOp(Method::kRevokeCoupon);
  intent.coupon = coupon;
  intent.reserved_policy = policy;
  intent.return_stock = return_stock;
  return Await(store_->coupons().Revoke(intent));
}

int64_t StoreFixture::ApplyAll() {
  int64_t applied = 0;
  for (uint32_t partition = 0; partition < store_->shape().partitions; ++partition) {
    for (bool more = true; more;) {
      const auto progress = Await(store_->ledger().Apply(partition, 100, Soon()));
      EXPECT_THAT(progress, Succeeds());
      more = progress.ok() && progress->more;
      if (progress.ok()) applied += progress->applied;
    }
  }
  return applied;
}

storage::CampaignTotals StoreFixture::Totals(const std::string& campaign_id) {
  ApplyAll();
  const auto totals = Await(store_->ledger().Totals(campaign_id, Soon()));
  EXPECT_THAT(totals, Succeeds());
  return totals.ok() ? *totals : storage::CampaignTotals{};
}

storage::SweepReport StoreFixture::Sweep() {
  storage::SweepReport sum;
  for (uint32_t partition = 0; partition < store_->shape().partitions; ++partition) {
    for (bool more = true; more;) {
      const auto report = Await(store_->sweeper().SweepDue(partition, Soon()));
      EXPECT_THAT(report, Succeeds());
      if (!report.ok()) break;
      sum.reservations_expired += report->reservations_expired;
      sum.coupons_expired += report->coupons_expired;
      more = report->more;
    }
    EXPECT_THAT(Await(store_->sweeper().SweepTransfers(partition, Soon())), Succeeds());
    EXPECT_THAT(Await(store_->sweeper().SweepChanges(partition, Soon())), Succeeds());
  }
  return sum;
}

void StoreFixture::ExpectVerified() {
  ApplyAll();
  for (const auto depth : {storage::VerifyDepth::kCounters, storage::VerifyDepth::kWallets}) {
    const auto verification = Await(store_->ledger().Verify("", depth, Soon()));
    ASSERT_THAT(verification, Succeeds());
    EXPECT_GT(verification->terms_checked, 0);
    for (const storage::Difference& difference : verification->differences) {
      ADD_FAILURE() << difference.campaign_id << " " << difference.term << ": expected "
                    << difference.expected << ", found " << difference.found;
    }
  }
}

}  // namespace tessera::contract
