// Looking at what runs: stats, doctor.

#include "tools/couponctl/answer_text.h"
#include "tools/couponctl/command_line.h"
#include "tools/couponctl/doctor.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

void AddStats(CLI::App& app, Session& session, Action& action) {
  auto campaign_id = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, "stats", "Say what a campaign's coupons did");
  command->add_option("campaign", *campaign_id, "The campaign's id")->required();
  Does(command, action, [&, campaign_id] {
    pb::GetCampaignStatsRequest request;
    request.set_campaign_id(*campaign_id);
    const auto answer =
        session.Call(session.analytics(), &pb::AnalyticsService::Stub::GetCampaignStats, request);
    session.Show(answer, [&] { return TextOf(answer.stats()); });
    return kDone;
  });
}

}  // namespace

void AddWatchCommands(CLI::App& app, Session& session, Action& action) {
  AddStats(app, session, action);
  Does(AddCommand(app, "doctor",
                  "Ask each service how it is: whether it serves, its version, Redis, durability"),
       action, [&] {
         const Diagnosis diagnosis = Diagnose(session);
         std::fputs(TextOf(diagnosis, session.settings.format).c_str(), stdout);
         return diagnosis.findings.empty() ? kDone : kRefused;
       });
}

}  // namespace tessera::couponctl
