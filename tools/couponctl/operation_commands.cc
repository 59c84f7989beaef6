// What became of a call: operation get, operation fence.

#include "tools/couponctl/answer_text.h"
#include "tools/couponctl/command_line.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

struct Call {
  pb::Method method = pb::METHOD_UNSPECIFIED;
  std::string request_id;
  std::string user_id, campaign_id, coupon_id, code, reservation_id, redemption_id;
};

// The command's own group of options of which one at most says what the call was about.
void AddSubject(CLI::App& command, Call& call) {
  CLI::App* subject = command.add_option_group("subject", "What the call was about");
  subject->add_option("--user", call.user_id, "Of an issue, a claim, a binding, or a use that named a user");
  subject->add_option("--campaign", call.campaign_id, "Of a campaign's change, or of codes that were made");
  subject->add_option("--coupon", call.coupon_id, "Of a revocation, or a use that named no user");
  subject->add_option("--code", call.code, "The same, by its code");
  subject->add_option("--reservation", call.reservation_id, "Of a commit or release");
  subject->add_option("--redemption", call.redemption_id, "Of a rollback");
  subject->require_option(0, 1);
}

pb::OperationKey KeyOf(const Call& call) {
  pb::OperationKey key;
  key.set_request_id(call.request_id);
  key.set_method(call.method);
  if (!call.user_id.empty()) key.set_user_id(call.user_id);
  if (!call.campaign_id.empty()) key.set_campaign_id(call.campaign_id);
  if (!call.coupon_id.empty()) key.mutable_coupon()->set_coupon_id(call.coupon_id);
  if (!call.code.empty()) key.mutable_coupon()->set_code(call.code);
  if (!call.reservation_id.empty()) key.set_reservation_id(call.reservation_id);
  if (!call.redemption_id.empty()) key.set_redemption_id(call.redemption_id);
  return key;
}

template <class Request, class Response>
void AddLookUp(CLI::App& parent, const std::string& name, const std::string& what, Session& session,
               Action& action,
               grpc::Status (pb::RedeemerService::Stub::*rpc)(grpc::ClientContext*, const Request&,
                                                              Response*)) {
  auto call = std::make_shared<Call>();
  CLI::App* command = AddCommand(parent, name, what);
  command->add_option("method", call->method, "The call's method, such as ClaimCoupon")
      ->required()
      ->transform(EnumWords(*pb::Method_descriptor()));
  command->add_option("request-id", call->request_id, "The call's request id")->required();
  AddSubject(*command, *call);
  Does(command, action, [&session, rpc, call] {
    Request request;
    *request.mutable_operation() = KeyOf(*call);
    const Response answer = session.Call(session.redeemer(), rpc, request);
    session.Show(answer, [&] { return TextOf(answer.operation()); });
    return kDone;
  });
}

}  // namespace

void AddOperationCommands(CLI::App& app, Session& session, Action& action) {
  CLI::App* operation =
      AddCommand(app, "operation", "Find out what became of a call of yours, or end the doubt");
  AddLookUp(*operation, "get", "Say whether a call took effect, and what it answered", session, action,
            &pb::RedeemerService::Stub::GetOperation);
  AddLookUp(*operation, "fence", "Make sure that a call which has not taken effect never will", session,
            action, &pb::RedeemerService::Stub::FenceOperation);
}

}  // namespace tessera::couponctl
