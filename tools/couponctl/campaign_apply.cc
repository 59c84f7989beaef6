#include "tools/couponctl/campaign_apply.h"

#include <fmt/format.h>

#include <optional>

#include "api/convert_campaign.h"
#include "api/parse_campaign.h"
#include "tools/couponctl/answer_text.h"
#include "tools/couponctl/difference.h"
#include "tools/load/refusal.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

std::string StateWord(pb::CampaignState state) {
  return Word(pb::CampaignState_Name(state), "CAMPAIGN_STATE_");
}

// The moves from one state to another; nothing where none lead there. A draft is activated before it can be
// paused.
std::optional<std::vector<Move>> MovesTo(pb::CampaignState wanted, pb::CampaignState from) {
  if (wanted == from || wanted == pb::CAMPAIGN_STATE_UNSPECIFIED) return std::vector<Move>{};
  if (from == pb::CAMPAIGN_STATE_ENDED || wanted == pb::CAMPAIGN_STATE_DRAFT) return std::nullopt;
  if (wanted == pb::CAMPAIGN_STATE_ENDED) return std::vector<Move>{Move::kEnd};
  if (wanted == pb::CAMPAIGN_STATE_ACTIVE) {
    return std::vector<Move>{from == pb::CAMPAIGN_STATE_DRAFT ? Move::kActivate : Move::kResume};
  }
  if (from == pb::CAMPAIGN_STATE_ACTIVE) return std::vector<Move>{Move::kPause};
  return std::vector<Move>{Move::kActivate, Move::kPause};
}

// The definition as the services would keep it: what is left out stands for its default. One that they would
// refuse stays as it is, for them to say why.
pb::CampaignDefinition AsKept(const pb::CampaignDefinition& definition) {
  const auto parsed = api::ParseDefinition(definition, api::FieldPath("campaign"));
  return parsed.ok() ? api::ToProto(*parsed) : definition;
}

// The campaign as it stands; one of version 0 where there is none.
pb::Campaign Present(Session& session, const std::string& campaign_id) {
  pb::GetCampaignRequest request;
  request.set_campaign_id(campaign_id);
  grpc::ClientContext context;
  session.Prepare(&context);
  pb::GetCampaignResponse answer;
  const grpc::Status status = session.campaigns().GetCampaign(&context, request, &answer);
  if (status.ok()) return answer.campaign();
  if (load::RefusalOf(status).reason != "CAMPAIGN_NOT_FOUND") throw CallFailed(status, "");
  pb::Campaign none;
  none.set_campaign_id(campaign_id);
  none.set_state(pb::CAMPAIGN_STATE_DRAFT);
  return none;
}

void Create(Session& session, const pb::Campaign& wanted) {
  pb::CreateCampaignRequest request;
  request.set_request_id(session.RequestId(""));
  request.set_campaign_id(wanted.campaign_id());
  *request.mutable_campaign() = wanted.definition();
  session.Call(session.campaigns(), &pb::CampaignService::Stub::CreateCampaign, request);
}

void Update(Session& session, const pb::Campaign& present, const pb::Campaign& wanted,
            const std::vector<Difference>& differences) {
  pb::UpdateCampaignRequest request;
  request.set_request_id(session.RequestId(""));
  request.set_campaign_id(wanted.campaign_id());
  request.set_version(present.version());
  *request.mutable_campaign() = wanted.definition();
  for (const Difference& difference : differences) request.mutable_update_mask()->add_paths(difference.path);
  session.Call(session.campaigns(), &pb::CampaignService::Stub::UpdateCampaign, request);
}

void Say(const std::string& text) { std::fputs(text.c_str(), stdout); }

}  // namespace

pb::Campaign GetCampaign(Session& session, const std::string& campaign_id) {
  pb::GetCampaignRequest request;
  request.set_campaign_id(campaign_id);
  return session.Call(session.campaigns(), &pb::CampaignService::Stub::GetCampaign, request).campaign();
}

void MoveCampaign(Session& session, Move move, const std::string& campaign_id,
                  const std::string& request_id) {
  const auto call = [&](auto rpc, auto request) {
    request.set_request_id(session.RequestId(request_id));
    request.set_campaign_id(campaign_id);
    session.Call(session.campaigns(), rpc, request);
  };
  using Stub = pb::CampaignService::Stub;
  switch (move) {
    case Move::kActivate:
      return call(&Stub::ActivateCampaign, pb::ActivateCampaignRequest());
    case Move::kPause:
      return call(&Stub::PauseCampaign, pb::PauseCampaignRequest());
    case Move::kResume:
      return call(&Stub::ResumeCampaign, pb::ResumeCampaignRequest());
    case Move::kEnd:
      return call(&Stub::EndCampaign, pb::EndCampaignRequest());
  }
}

void Apply(Session& session, const pb::Campaign& wanted, bool dry_run) {
  const std::string& id = wanted.campaign_id();
  if (id.empty()) throw Mistake("campaign_id is not set");
  const pb::Campaign present = Present(session, id);
  const bool is_new = present.version() == 0;
  if (wanted.version() != 0 && wanted.version() != present.version()) {
    throw Mistake(fmt::format("{}: version: it is {} now, and {} in the file: somebody changed it meanwhile",
                              id, present.version(), wanted.version()));
  }
  const auto moves = MovesTo(wanted.state(), present.state());
  if (!moves) {
    throw Mistake(fmt::format("{}: state: no move leads from {} to {}", id, StateWord(present.state()),
                              StateWord(wanted.state())));
  }
  const std::vector<Difference> differences = Differences(present.definition(), AsKept(wanted.definition()));
  if (differences.empty() && moves->empty() && !is_new) return Say(id + ": as it is wanted\n");
  Say(fmt::format("{}: {}\n", id, is_new ? "new" : fmt::format("version {}", present.version())));
  Say(DifferencesText(differences));
  if (!moves->empty())
    Say(fmt::format("  ~ state: {} -> {}\n", StateWord(present.state()), StateWord(wanted.state())));
  if (dry_run) return;
  if (is_new) {
    Create(session, wanted);
  } else if (!differences.empty()) {
    Update(session, present, wanted, differences);
  }
  for (const Move move : *moves) MoveCampaign(session, move, id, "");
  Say(fmt::format("{}: applied, version {}\n", id, GetCampaign(session, id).version()));
}

}  // namespace tessera::couponctl
