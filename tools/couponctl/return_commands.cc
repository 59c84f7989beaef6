// Taking uses back: rollback.

#include "tools/couponctl/answer_text.h"
#include "tools/couponctl/command_line.h"
#include "tools/couponctl/order_options.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

struct Return {
  std::string redemption_id;
  std::vector<std::string> lines;
  bool shipping = false;
  std::string coupon_id;
  std::string request_id;
};

}  // namespace

void AddReturnCommands(CLI::App& app, Session& session, Action& action) {
  auto back = std::make_shared<Return>();
  CLI::App* command = AddCommand(
      app, "rollback", "Take a redemption back: the whole, or the lines, the shipping or the coupon named",
      &back->request_id);
  command->add_option("redemption", back->redemption_id, "The redemption's id")->required();
  CLI::Option* lines =
      command
          ->add_option("--line", back->lines, "Pieces of a line that came back, LINE=PIECES; may be repeated")
          ->take_all();
  CLI::Option* shipping = command->add_flag("--shipping", back->shipping, "The shipping is refunded");
  command->add_option("--coupon", back->coupon_id, "One coupon of the redemption, by its id")
      ->excludes(lines)
      ->excludes(shipping);
  Does(command, action, [&, back] {
    pb::RollbackRedemptionRequest request;
    request.set_request_id(session.RequestId(back->request_id));
    request.set_redemption_id(back->redemption_id);
    request.set_shipping(back->shipping);
    request.set_coupon_id(back->coupon_id);
    for (const std::string& text : back->lines) {
      const auto [line, pieces] = SplitPair("--line", text);
      pb::ReturnedLine& returned = *request.add_lines();
      returned.set_line_id(line);
      returned.set_quantity(ReadNumber("--line", pieces));
    }
    const auto answer =
        session.Call(session.redeemer(), &pb::RedeemerService::Stub::RollbackRedemption, request);
    session.Show(answer, [&] { return TextOf(answer.rollback()); });
    return kDone;
  });
}

}  // namespace tessera::couponctl
