#include "tools/demo_day/shop.h"

#include <utility>

#include "tools/load/generator.h"

namespace tessera::demo {
namespace {

using namespace coupon::v1;

constexpr int kConnections = 8;
constexpr int kShortTtlSeconds = 2;
constexpr int kLongTtlSeconds = 3600;

}  // namespace

Shop::Shop(const ShopAddresses& addresses, Book* book, std::function<bool()> stop) : book_(book) {
  caller_.token = addresses.token;
  caller_.stop = std::move(stop);
  const load::Channels issuer = load::Connect(addresses.issuer, kConnections);
  campaigns_ = CampaignService::NewStub(issuer.front());
  for (const auto& channel : issuer) issuers_.push_back(IssuerService::NewStub(channel));
  for (const auto& channel : load::Connect(addresses.redeemer, kConnections)) {
    redeemers_.push_back(RedeemerService::NewStub(channel));
  }
  analytics_ = AnalyticsService::NewStub(load::Connect(addresses.analytics, 1).front());
}

std::string Shop::NextRequestId() {
  const std::lock_guard lock(ids_mutex_);
  return ids_.Next();
}

void Shop::Unexpected(const std::string& campaign_id, const std::string& what, const grpc::Status& status) {
  if (caller_.stop()) return;
  book_->Violation(campaign_id + ": " + what + ": " + (status.ok() ? "OK" : load::RefusalLabel(status)) +
                   " " + status.error_message());
}

void Shop::MustRefuse(const std::string& campaign_id, const grpc::Status& status, const std::string& reason) {
  if (!status.ok() && load::RefusalOf(status).reason == reason) return book_->Refused(campaign_id, reason);
  Unexpected(campaign_id, "should have been refused with " + reason, status);
}

void Shop::OpenCampaign(const std::string& campaign_id, const CampaignDefinition& definition) {
  book_->Open(campaign_id, definition);
  CreateCampaignRequest create;
  create.set_request_id(NextRequestId());
  create.set_campaign_id(campaign_id);
  *create.mutable_campaign() = definition;
  CreateCampaignResponse created;
  auto status = load::CallPatiently(caller_, campaigns_.get(), &CampaignService::Stub::CreateCampaign, create,
                                    &created);
  if (!status.ok()) return Unexpected(campaign_id, "creating", status);
  ActivateCampaignRequest activate;
  activate.set_request_id(NextRequestId());
  activate.set_campaign_id(campaign_id);
  ActivateCampaignResponse activated;
  status = load::CallPatiently(caller_, campaigns_.get(), &CampaignService::Stub::ActivateCampaign, activate,
                               &activated);
  if (!status.ok()) Unexpected(campaign_id, "activating", status);
}

void Shop::Pause(const std::string& campaign_id) {
  PauseCampaignRequest request;
  request.set_request_id(NextRequestId());
  request.set_campaign_id(campaign_id);
  PauseCampaignResponse response;
  const auto status = load::CallPatiently(caller_, campaigns_.get(), &CampaignService::Stub::PauseCampaign,
                                          request, &response);
  if (!status.ok()) Unexpected(campaign_id, "pausing", status);
}

void Shop::Resume(const std::string& campaign_id) {
  ResumeCampaignRequest request;
  request.set_request_id(NextRequestId());
  request.set_campaign_id(campaign_id);
  ResumeCampaignResponse response;
  const auto status = load::CallPatiently(caller_, campaigns_.get(), &CampaignService::Stub::ResumeCampaign,
                                          request, &response);
  if (!status.ok()) Unexpected(campaign_id, "resuming", status);
}

std::vector<load::HeldCoupon> Shop::Claim(const std::string& campaign_id, const std::string& user_id) {
  ClaimCouponRequest request;
  request.set_request_id(NextRequestId());
  request.set_campaign_id(campaign_id);
  request.set_user_id(user_id);
  ClaimCouponResponse response;
  IssuerService::Stub* stub = issuers_[next_stub_++ % issuers_.size()].get();
  const auto status =
      load::CallPatiently(caller_, stub, &IssuerService::Stub::ClaimCoupon, request, &response);
  if (status.ok()) {
    book_->HandedOut(campaign_id, response.coupon().code());
    book_->Enter(campaign_id, [](CampaignBook& book) { ++book.issued, ++book.claimed; });
    return {{user_id, response.coupon().code()}};
  }
  const std::string reason = load::RefusalOf(status).reason;
  const bool fair = reason == "STOCK" || reason == "USER_QUOTA" || reason == "USER_QUOTA_PER_DAY" ||
                    reason == "CAMPAIGN_PAUSED";
  if (fair) {
    book_->Refused(campaign_id, reason);
  } else {
    Unexpected(campaign_id, "claim", status);
  }
  return {};
}

std::vector<load::HeldCoupon> Shop::IssueToAll(const std::string& campaign_id,
                                               const std::vector<std::string>& user_ids) {
  BatchIssueCouponsRequest request;
  request.set_request_id(NextRequestId());
  request.set_campaign_id(campaign_id);
  for (const std::string& user_id : user_ids) request.add_items()->set_user_id(user_id);
  BatchIssueCouponsResponse response;
  IssuerService::Stub* stub = issuers_[next_stub_++ % issuers_.size()].get();
  const auto status =
      load::CallPatiently(caller_, stub, &IssuerService::Stub::BatchIssueCoupons, request, &response);
  std::vector<load::HeldCoupon> coupons;
  if (!status.ok() || response.results_size() != static_cast<int>(user_ids.size())) {
    Unexpected(campaign_id, "batch", status);
    return coupons;
  }
  for (int i = 0; i < response.results_size(); ++i) {
    const BatchIssueResult& result = response.results(i);
    if (!result.has_coupon()) {
      const std::string& reason = ErrorReason_Name(result.refusal().reason());
      book_->Refused(campaign_id, reason.substr(sizeof("ERROR_REASON_") - 1));
      continue;
    }
    book_->HandedOut(campaign_id, result.coupon().code());
    book_->Enter(campaign_id, [](CampaignBook& book) { ++book.issued; });
    coupons.push_back({user_ids[static_cast<size_t>(i)], result.coupon().code()});
  }
  return coupons;
}

Order Shop::MakeOrder(int64_t subtotal_minor) {
  Order order;
  order.set_order_id("order-" + std::to_string(++next_order_));
  order.set_currency_code("EUR");
  // Two lines, so that the sum is the service's own work.
  const int64_t first = subtotal_minor / 3;
  for (const int64_t price : {first, subtotal_minor - first}) {
    OrderLine* line = order.add_lines();
    line->set_line_id(std::to_string(order.lines_size()));
    line->set_sku("sku-" + std::to_string(price % 100));
    line->set_quantity(1);
    line->set_unit_price_minor(price);
  }
  return order;
}

void Shop::Validate(const std::string& campaign_id, const load::HeldCoupon& coupon, const Order& order) {
  ValidateCouponsRequest request;
  request.set_user_id(coupon.user_id);
  request.add_coupons()->set_code(coupon.code);
  *request.mutable_order() = order;
  int64_t subtotal = 0;
  for (const OrderLine& line : order.lines()) subtotal += line.quantity() * line.unit_price_minor();
  ValidateCouponsResponse response;
  RedeemerService::Stub* stub = redeemers_[next_stub_++ % redeemers_.size()].get();
  const auto status =
      load::CallPatiently(caller_, stub, &RedeemerService::Stub::ValidateCoupons, request, &response);
  if (!status.ok() || response.verdicts_size() != 1) return Unexpected(campaign_id, "validating", status);
  const int64_t expected = book_->DiscountOf(campaign_id, subtotal);
  const CouponVerdict& verdict = response.verdicts(0);
  const int64_t found = verdict.has_applicable() ? verdict.applicable().discount().amount_minor() : 0;
  if (found != expected) {
    book_->Violation(campaign_id + ": an order of " + std::to_string(subtotal) + " was judged worth " +
                     std::to_string(found) + " off instead of " + std::to_string(expected));
  }
}

void Shop::Booked(const std::string& campaign_id, const Redemption& redemption, int64_t subtotal_minor) {
  const int64_t expected = book_->DiscountOf(campaign_id, subtotal_minor);
  if (redemption.discount().amount_minor() != expected ||
      redemption.subtotal().amount_minor() != subtotal_minor) {
    book_->Violation(campaign_id + ": redeemed " + std::to_string(redemption.discount().amount_minor()) +
                     " off " + std::to_string(redemption.subtotal().amount_minor()) + " instead of " +
                     std::to_string(expected) + " off " + std::to_string(subtotal_minor));
  }
  book_->Enter(campaign_id, [&](CampaignBook& book) {
    ++book.redeemed;
    book.discount_minor += expected;
    book.revenue_minor += subtotal_minor - expected;
  });
}

void Shop::TakeBack(const std::string& campaign_id, const Redemption& redemption) {
  RollbackRedemptionRequest request;
  request.set_request_id(NextRequestId());
  request.set_redemption_id(redemption.redemption_id());
  RollbackRedemptionResponse response;
  RedeemerService::Stub* stub = redeemers_[next_stub_++ % redeemers_.size()].get();
  const auto status =
      load::CallPatiently(caller_, stub, &RedeemerService::Stub::RollbackRedemption, request, &response);
  if (!status.ok()) return Unexpected(campaign_id, "rollback", status);
  if (response.rollback().coupons_size() != 1 || !response.rollback().coupons(0).restored())
    book_->Violation(campaign_id + ": a rollback did not restore the coupon");
  book_->Enter(campaign_id, [&](CampaignBook& book) {
    ++book.rolled_back;
    book.discount_minor -= redemption.discount().amount_minor();
    book.revenue_minor -= redemption.subtotal().amount_minor() - redemption.discount().amount_minor();
  });
}

void Shop::Redeem(Deed deed, const std::string& campaign_id, const load::HeldCoupon& coupon,
                  int64_t subtotal_minor) {
  RedeemCouponsRequest request;
  request.set_request_id(NextRequestId());
  request.add_coupons()->set_code(coupon.code);
  *request.mutable_order() = MakeOrder(subtotal_minor);
  RedeemCouponsResponse response;
  RedeemerService::Stub* stub = redeemers_[next_stub_++ % redeemers_.size()].get();
  if (deed == Deed::kMistype) {
    std::string* code = request.mutable_coupons(0)->mutable_code();
    code->back() = code->back() == '7' ? '8' : '7';
  }
  const auto status =
      load::CallPatiently(caller_, stub, &RedeemerService::Stub::RedeemCoupons, request, &response);
  if (deed == Deed::kMistype) return MustRefuse(campaign_id, status, "INVALID_CODE");
  if (deed == Deed::kTooSmallAnOrder) return MustRefuse(campaign_id, status, "MINIMUM_SPEND_NOT_MET");
  if (!status.ok() || !response.has_redemption()) return Unexpected(campaign_id, "redeeming", status);
  Booked(campaign_id, response.redemption(), subtotal_minor);
  if (deed == Deed::kRedeemAndTakeBack) TakeBack(campaign_id, response.redemption());
  if (deed != Deed::kRedeemTwice) return;
  request.set_request_id(NextRequestId());
  *request.mutable_order() = MakeOrder(subtotal_minor);
  const auto again =
      load::CallPatiently(caller_, stub, &RedeemerService::Stub::RedeemCoupons, request, &response);
  MustRefuse(campaign_id, again, "COUPON_ALREADY_REDEEMED");
}

void Shop::Reserve(Deed deed, const std::string& campaign_id, const load::HeldCoupon& coupon,
                   int64_t subtotal_minor) {
  RedeemerService::Stub* stub = redeemers_[next_stub_++ % redeemers_.size()].get();
  ReserveCouponsRequest request;
  request.set_request_id(NextRequestId());
  request.set_user_id(coupon.user_id);
  request.add_coupons()->set_code(coupon.code);
  *request.mutable_order() = MakeOrder(subtotal_minor);
  request.mutable_ttl()->set_seconds(deed == Deed::kReserveAndForget ? kShortTtlSeconds : kLongTtlSeconds);
  Validate(campaign_id, coupon, request.order());
  ReserveCouponsResponse response;
  auto status =
      load::CallPatiently(caller_, stub, &RedeemerService::Stub::ReserveCoupons, request, &response);
  if (!status.ok() || !response.has_reservation()) return Unexpected(campaign_id, "reserving", status);
  const Reservation& reservation = response.reservation();
  book_->Enter(campaign_id, [&](CampaignBook& book) {
    ++book.reserved;
    if (deed == Deed::kReserveAndForget) ++book.run_out;
    if (deed == Deed::kReserveAndWait) ++book.held_now;
  });
  if (deed == Deed::kReserveAndCommit) {
    CommitReservationRequest commit;
    commit.set_request_id(NextRequestId());
    commit.set_reservation_id(reservation.reservation_id());
    commit.set_order_id(reservation.order_id());
    *commit.mutable_discount() = reservation.discount();
    CommitReservationResponse committed;
    status =
        load::CallPatiently(caller_, stub, &RedeemerService::Stub::CommitReservation, commit, &committed);
    if (!status.ok()) return Unexpected(campaign_id, "committing", status);
    Booked(campaign_id, committed.redemption(), subtotal_minor);
  }
  if (deed == Deed::kReserveAndRelease) {
    ReleaseReservationRequest release;
    release.set_request_id(NextRequestId());
    release.set_reservation_id(reservation.reservation_id());
    ReleaseReservationResponse released;
    status =
        load::CallPatiently(caller_, stub, &RedeemerService::Stub::ReleaseReservation, release, &released);
    if (!status.ok()) return Unexpected(campaign_id, "releasing", status);
    book_->Enter(campaign_id, [](CampaignBook& book) { ++book.released; });
  }
}

void Shop::Do(Deed deed, const std::string& campaign_id, const load::HeldCoupon& coupon,
              int64_t subtotal_minor) {
  switch (deed) {
    case Deed::kKeepIt:
      return;
    case Deed::kRedeem:
    case Deed::kRedeemTwice:
    case Deed::kRedeemAndTakeBack:
    case Deed::kTooSmallAnOrder:
    case Deed::kMistype:
      return Redeem(deed, campaign_id, coupon, subtotal_minor);
    case Deed::kReserveAndCommit:
    case Deed::kReserveAndRelease:
    case Deed::kReserveAndForget:
    case Deed::kReserveAndWait:
      return Reserve(deed, campaign_id, coupon, subtotal_minor);
  }
}

CampaignStats Shop::Stats(const std::string& campaign_id) {
  GetCampaignStatsRequest request;
  request.set_campaign_id(campaign_id);
  GetCampaignStatsResponse response;
  const auto status = load::CallPatiently(caller_, analytics_.get(),
                                          &AnalyticsService::Stub::GetCampaignStats, request, &response);
  if (!status.ok()) Unexpected(campaign_id, "statistics", status);
  return response.stats();
}

VerifyInvariantsResponse Shop::Verify() {
  VerifyInvariantsRequest request;
  request.set_depth(VERIFY_DEPTH_WALLETS);
  VerifyInvariantsResponse response;
  // Every coupon is counted: seconds, where the services have sanitizers.
  load::Caller patient{
      .token = caller_.token, .try_timeout = std::chrono::seconds(30), .tries_max = 3, .stop = caller_.stop};
  const auto status = load::CallPatiently(patient, analytics_.get(),
                                          &AnalyticsService::Stub::VerifyInvariants, request, &response);
  if (!status.ok()) Unexpected("all campaigns", "VerifyInvariants", status);
  return response;
}

}  // namespace tessera::demo
