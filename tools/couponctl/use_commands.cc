// Coupons on orders: validate, redeem, reserve, commit, release.

#include "tools/couponctl/answer_text.h"
#include "tools/couponctl/command_line.h"
#include "tools/couponctl/order_options.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

struct Use : OrderOptions {
  bool partial = false;
  double ttl_s = 600;
  std::string request_id;
};

void AddValidate(CLI::App& app, Session& session, Action& action) {
  auto use = std::make_shared<Use>();
  CLI::App* command =
      AddCommand(app, "validate",
                 "Say what coupons would take off an order, and why some can't be used; changes nothing");
  AddOrderOptions(*command, *use);
  Does(command, action, [&, use] {
    pb::ValidateCouponsRequest request;
    Fill(*use, &request);
    const auto answer =
        session.Call(session.redeemer(), &pb::RedeemerService::Stub::ValidateCoupons, request);
    session.Show(answer, [&] { return TextOf(answer); });
    return answer.redeemable() ? kDone : kRefused;
  });
}

CLI::App* AddUse(CLI::App& app, const std::string& name, const std::string& what, Use* use) {
  CLI::App* command = AddCommand(app, name, what, &use->request_id);
  AddOrderOptions(*command, *use);
  command->add_flag("--partial", use->partial, "Leave out what can't be used, if anything can");
  return command;
}

void AddRedeem(CLI::App& app, Session& session, Action& action) {
  auto use = std::make_shared<Use>();
  Does(AddUse(app, "redeem", "Use coupons on an order, all or none", use.get()), action, [&, use] {
    pb::RedeemCouponsRequest request;
    Fill(*use, &request);
    request.set_request_id(session.RequestId(use->request_id));
    request.set_partial(use->partial);
    const auto answer = session.Call(session.redeemer(), &pb::RedeemerService::Stub::RedeemCoupons, request);
    session.Show(answer, [&] { return TextOf(answer.redemption()); });
    return kDone;
  });
}

void AddReserve(CLI::App& app, Session& session, Action& action) {
  auto use = std::make_shared<Use>();
  CLI::App* command = AddUse(app, "reserve", "Hold coupons for an order, all or none", use.get());
  command->add_option("--ttl", use->ttl_s, "For how long, such as 90s, 10m, 2h or 7d")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}},
                                CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME"))
      ->default_str("10m");
  Does(command, action, [&, use] {
    pb::ReserveCouponsRequest request;
    Fill(*use, &request);
    request.set_request_id(session.RequestId(use->request_id));
    request.set_partial(use->partial);
    const auto ttl_ms = static_cast<int64_t>(use->ttl_s * 1000);
    request.mutable_ttl()->set_seconds(ttl_ms / 1000);
    request.mutable_ttl()->set_nanos(static_cast<int32_t>(ttl_ms % 1000) * 1'000'000);
    const auto answer = session.Call(session.redeemer(), &pb::RedeemerService::Stub::ReserveCoupons, request);
    session.Show(answer, [&] { return TextOf(answer.reservation()); });
    return kDone;
  });
}

struct Hold {
  std::string reservation_id;
  std::string order_id;
  int64_t discount_minor = 0;
  std::string currency_code = "EUR";
  std::string request_id;
};

void AddCommit(CLI::App& app, Session& session, Action& action) {
  auto hold = std::make_shared<Hold>();
  CLI::App* command = AddCommand(app, "commit", "Turn a reservation into a redemption", &hold->request_id);
  command->add_option("reservation", hold->reservation_id, "The reservation's id")->required();
  command->add_option("--order-id", hold->order_id, "The order that it was made for")->required();
  command->add_option("--discount", hold->discount_minor, "The discount that it told, in minor units")
      ->required();
  command->add_option("--currency", hold->currency_code, "The currency of it")->capture_default_str();
  Does(command, action, [&, hold] {
    pb::CommitReservationRequest request;
    request.set_request_id(session.RequestId(hold->request_id));
    request.set_reservation_id(hold->reservation_id);
    request.set_order_id(hold->order_id);
    request.mutable_discount()->set_amount_minor(hold->discount_minor);
    request.mutable_discount()->set_currency_code(hold->currency_code);
    const auto answer =
        session.Call(session.redeemer(), &pb::RedeemerService::Stub::CommitReservation, request);
    session.Show(answer, [&] { return TextOf(answer.redemption()); });
    return kDone;
  });
}

void AddRelease(CLI::App& app, Session& session, Action& action) {
  auto hold = std::make_shared<Hold>();
  CLI::App* command = AddCommand(app, "release", "Give back what a reservation holds", &hold->request_id);
  command->add_option("reservation", hold->reservation_id, "The reservation's id")->required();
  Does(command, action, [&, hold] {
    pb::ReleaseReservationRequest request;
    request.set_request_id(session.RequestId(hold->request_id));
    request.set_reservation_id(hold->reservation_id);
    const auto answer =
        session.Call(session.redeemer(), &pb::RedeemerService::Stub::ReleaseReservation, request);
    session.Show(answer, [&] { return TextOf(answer); });
    return kDone;
  });
}

}  // namespace

void AddUseCommands(CLI::App& app, Session& session, Action& action) {
  AddValidate(app, session, action);
  AddRedeem(app, session, action);
  AddReserve(app, session, action);
  AddCommit(app, session, action);
  AddRelease(app, session, action);
}

}  // namespace tessera::couponctl
