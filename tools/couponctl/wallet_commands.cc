// Coupons into users' wallets, and what is in them: issue, claim, wallet, codes.

#include "tools/couponctl/answer_text.h"
#include "tools/couponctl/command_line.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

struct Grant {
  std::string campaign_id;
  std::string user_id;
  std::string request_id;
};

CLI::App* AddGrant(CLI::App& app, const std::string& name, const std::string& what, Grant* grant) {
  CLI::App* command = AddCommand(app, name, what, &grant->request_id);
  command->add_option("campaign", grant->campaign_id, "The campaign's id")->required();
  command->add_option("user", grant->user_id, "The user's id, as you call that user")->required();
  return command;
}

template <class Request>
Request RequestOf(Session& session, const Grant& grant) {
  Request request;
  request.set_request_id(session.RequestId(grant.request_id));
  request.set_campaign_id(grant.campaign_id);
  request.set_user_id(grant.user_id);
  return request;
}

void AddIssue(CLI::App& app, Session& session, Action& action) {
  auto grant = std::make_shared<Grant>();
  Does(AddGrant(app, "issue", "Grant a coupon to a user", grant.get()), action, [&, grant] {
    const auto answer = session.Call(session.issuer(), &pb::IssuerService::Stub::IssueCoupon,
                                     RequestOf<pb::IssueCouponRequest>(session, *grant));
    session.Show(answer, [&] { return TextOf(answer.coupon()); });
    return kDone;
  });
}

void AddClaim(CLI::App& app, Session& session, Action& action) {
  auto grant = std::make_shared<Grant>();
  Does(AddGrant(app, "claim", "Give a coupon to a user who asks for it", grant.get()), action, [&, grant] {
    const auto answer = session.Call(session.issuer(), &pb::IssuerService::Stub::ClaimCoupon,
                                     RequestOf<pb::ClaimCouponRequest>(session, *grant));
    session.Show(answer, [&] { return TextOf(answer); });
    return kDone;
  });
}

struct WalletQuery {
  std::string user_id;
  std::string campaign_id;
  pb::CouponState state = pb::COUPON_STATE_UNSPECIFIED;
};

void AddWallet(CLI::App& app, Session& session, Action& action) {
  auto query = std::make_shared<WalletQuery>();
  CLI::App* command = AddCommand(app, "wallet", "List a user's coupons, the newest first");
  command->add_option("user", query->user_id, "The user's id")->required();
  command->add_option("--campaign", query->campaign_id, "Only those of this campaign");
  command->add_option("--state", query->state, "Only those in this state, such as AVAILABLE")
      ->transform(EnumWords(*pb::CouponState_descriptor()));
  Does(command, action, [&, query] {
    pb::ListUserCouponsRequest request;
    request.set_user_id(query->user_id);
    request.set_campaign_id(query->campaign_id);
    request.set_state(query->state);
    auto all = session.CallForAll(session.issuer(), &pb::IssuerService::Stub::ListUserCoupons, request,
                                  &pb::ListUserCouponsResponse::mutable_coupons);
    session.Show(all, [&] { return TextOf(all); });
    return kDone;
  });
}

struct Codes {
  std::string campaign_id;
  int count = 1;
  std::string request_id;
};

void AddCodes(CLI::App& app, Session& session, Action& action) {
  auto codes = std::make_shared<Codes>();
  CLI::App* command = AddCommand(
      app, "codes", "Make codes that belong to nobody yet, for whoever brings them", &codes->request_id);
  command->add_option("campaign", codes->campaign_id, "The campaign's id")->required();
  command->add_option("-n,--count", codes->count, "How many, 1 to 10000")->capture_default_str();
  Does(command, action, [&, codes] {
    pb::GenerateCodesRequest request;
    request.set_request_id(session.RequestId(codes->request_id));
    request.set_campaign_id(codes->campaign_id);
    request.set_count(codes->count);
    const auto answer = session.Call(session.issuer(), &pb::IssuerService::Stub::GenerateCodes, request);
    session.Show(answer, [&] { return TextOf(answer); });
    return kDone;
  });
}

}  // namespace

void AddWalletCommands(CLI::App& app, Session& session, Action& action) {
  AddIssue(app, session, action);
  AddClaim(app, session, action);
  AddWallet(app, session, action);
  AddCodes(app, session, action);
}

}  // namespace tessera::couponctl
