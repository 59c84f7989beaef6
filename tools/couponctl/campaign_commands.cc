// Campaigns and their life: campaign apply, get, list, activate, pause, resume, end.

#include "tools/couponctl/answer_text.h"
#include "tools/couponctl/campaign_apply.h"
#include "tools/couponctl/command_line.h"
#include "tools/couponctl/files.h"
#include "tools/couponctl/message_text.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

struct Files {
  std::vector<std::string> paths;
  bool dry_run = false;
};

void AddApply(CLI::App& campaign, Session& session, Action& action) {
  auto files = std::make_shared<Files>();
  CLI::App* command =
      AddCommand(campaign, "apply", "Bring campaigns to what files say, and tell what differs");
  command
      ->add_option(
          "-f,--file", files->paths,
          "YAML or JSON with coupon.v1.Campaign documents, as `campaign get -o yaml` writes them; - is stdin")
      ->required()
      ->take_all();
  command->add_flag("--dry-run", files->dry_run, "Only tell what differs");
  Does(command, action, [&, files] {
    // All of them are read before anything is done.
    std::vector<pb::Campaign> wanted;
    for (const std::string& path : files->paths) {
      for (pb::Campaign& one : ReadYaml<pb::Campaign>(ReadFile(path), path)) wanted.push_back(std::move(one));
    }
    for (const pb::Campaign& one : wanted) Apply(session, one, files->dry_run);
    return kDone;
  });
}

struct Named {
  std::string campaign_id;
  std::string request_id;
};

void AddGet(CLI::App& campaign, Session& session, Action& action) {
  auto named = std::make_shared<Named>();
  CLI::App* command = AddCommand(campaign, "get", "Show a campaign");
  command->add_option("campaign", named->campaign_id, "Its id")->required();
  Does(command, action, [&, named] {
    const pb::Campaign found = GetCampaign(session, named->campaign_id);
    session.Show(found, [&] { return TextOf(found); });
    return kDone;
  });
}

void AddList(CLI::App& campaign, Session& session, Action& action) {
  auto state = std::make_shared<pb::CampaignState>(pb::CAMPAIGN_STATE_UNSPECIFIED);
  CLI::App* command = AddCommand(campaign, "list", "List campaigns");
  command->add_option("--state", *state, "Only those in this state, such as ACTIVE")
      ->transform(EnumWords(*pb::CampaignState_descriptor()));
  Does(command, action, [&, state] {
    pb::ListCampaignsRequest request;
    request.set_state(*state);
    auto all = session.CallForAll(session.campaigns(), &pb::CampaignService::Stub::ListCampaigns, request,
                                  &pb::ListCampaignsResponse::mutable_campaigns);
    session.Show(all, [&] { return TextOf(all); });
    return kDone;
  });
}

void AddMove(CLI::App& campaign, const std::string& name, const std::string& what, Move move,
             Session& session, Action& action) {
  auto named = std::make_shared<Named>();
  CLI::App* command = AddCommand(campaign, name, what, &named->request_id);
  command->add_option("campaign", named->campaign_id, "Its id")->required();
  Does(command, action, [&, move, named] {
    const pb::Campaign moved = MoveCampaign(session, move, named->campaign_id, named->request_id);
    session.Show(moved, [&] { return TextOf(moved); });
    return kDone;
  });
}

}  // namespace

void AddCampaignCommands(CLI::App& app, Session& session, Action& action) {
  CLI::App* campaign = AddCommand(app, "campaign", "Define campaigns and run their life");
  AddApply(*campaign, session, action);
  AddGet(*campaign, session, action);
  AddList(*campaign, session, action);
  AddMove(*campaign, "activate", "Let a draft issue coupons", Move::kActivate, session, action);
  AddMove(*campaign, "pause", "Stop an active campaign for now", Move::kPause, session, action);
  AddMove(*campaign, "resume", "Let a paused campaign go on", Move::kResume, session, action);
  AddMove(*campaign, "end", "End a campaign for good; its coupons stay good to their end", Move::kEnd,
          session, action);
}

}  // namespace tessera::couponctl
