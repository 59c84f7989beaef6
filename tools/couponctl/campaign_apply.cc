#include "tools/couponctl/campaign_apply.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "api/convert_campaign.h"
#include "api/parse_campaign.h"
#include "tools/couponctl/difference.h"
#include "tools/couponctl/message_text.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

using Moves = std::vector<Move>;

// What a campaign is, what it is to be, and what leads there.
struct Plan {
  pb::Campaign present;  // of version 0 where there is none
  pb::CampaignDefinition definition;
  pb::CampaignState state = pb::CAMPAIGN_STATE_UNSPECIFIED;
  std::vector<Difference> differences;
  Moves moves;

  bool is_new() const { return present.version() == 0; }
  bool nothing_to_do() const { return !is_new() && differences.empty() && moves.empty(); }
};

// The moves from one state to another; nothing where none lead there. A draft is activated before it can be
// paused.
std::optional<Moves> MovesTo(pb::CampaignState wanted, pb::CampaignState from) {
  if (wanted == from) return Moves{};
  if (from == pb::CAMPAIGN_STATE_ENDED || wanted == pb::CAMPAIGN_STATE_DRAFT) return std::nullopt;
  if (wanted == pb::CAMPAIGN_STATE_ENDED) return Moves{Move::kEnd};
  if (wanted == pb::CAMPAIGN_STATE_ACTIVE) {
    return Moves{from == pb::CAMPAIGN_STATE_DRAFT ? Move::kActivate : Move::kResume};
  }
  if (from == pb::CAMPAIGN_STATE_ACTIVE) return Moves{Move::kPause};
  return Moves{Move::kActivate, Move::kPause};
}

// The definition as the services keep it: what is left out stands for its default.
pb::CampaignDefinition AsKept(const pb::CampaignDefinition& definition) {
  const auto parsed = api::ParseDefinition(definition, api::FieldPath("definition"));
  if (!parsed.ok()) throw Mistake(parsed.error().message);
  return api::ToProto(*parsed);
}

// The campaign as it stands; a draft of version 0 where there is none.
pb::Campaign Present(Session& session, const std::string& campaign_id) {
  try {
    return GetCampaign(session, campaign_id);
  } catch (const CallFailed& failure) {
    if (failure.reason() != "CAMPAIGN_NOT_FOUND") throw;
  }
  pb::Campaign none;
  none.set_state(pb::CAMPAIGN_STATE_DRAFT);
  return none;
}

Plan PlanOf(Session& session, const pb::Campaign& wanted) {
  Plan plan;
  plan.definition = AsKept(wanted.definition());
  plan.present = Present(session, wanted.campaign_id());
  const pb::CampaignState from = plan.present.state();
  plan.state = wanted.state() == pb::CAMPAIGN_STATE_UNSPECIFIED ? from : wanted.state();
  plan.differences = Differences(plan.present.definition(), plan.definition);
  const auto moves = MovesTo(plan.state, from);
  if (!moves) {
    throw Failure(kRefused, fmt::format("state: no move leads from {} to {}", Word(from), Word(plan.state)));
  }
  plan.moves = *moves;
  if (plan.nothing_to_do() || wanted.version() == 0 || wanted.version() == plan.present.version())
    return plan;
  if (plan.is_new())
    throw Failure(kRefused, "version: there is no such campaign; leave version out to make it");
  throw Failure(
      kRefused,
      fmt::format("version: it is {} by now, and {} in the file; leave version out to change it all the same",
                  plan.present.version(), wanted.version()));
}

// Writes at once, so that it stands before what fails later.
void Say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

int64_t Create(Session& session, const std::string& id, const Plan& plan) {
  pb::CreateCampaignRequest request;
  request.set_request_id(session.RequestId(""));
  request.set_campaign_id(id);
  *request.mutable_campaign() = plan.definition;
  return session.Call(session.campaigns(), &pb::CampaignService::Stub::CreateCampaign, request).version();
}

int64_t Update(Session& session, const std::string& id, const Plan& plan) {
  pb::UpdateCampaignRequest request;
  request.set_request_id(session.RequestId(""));
  request.set_campaign_id(id);
  request.set_version(plan.present.version());
  *request.mutable_campaign() = plan.definition;
  for (const Difference& difference : plan.differences)
    request.mutable_update_mask()->add_paths(difference.path);
  return session.Call(session.campaigns(), &pb::CampaignService::Stub::UpdateCampaign, request).version();
}

// Does what is planned; the version that the campaign has then.
int64_t Carry(Session& session, const std::string& id, const Plan& plan) {
  const bool tells = session.settings.format == Format::kTable;
  int64_t version = plan.present.version();
  const auto done = [&](const char* what) {
    if (tells) Say(fmt::format("{}: {}, version {}\n", id, what, version));
  };
  if (plan.is_new()) {
    version = Create(session, id, plan);
    done("created");
  } else if (!plan.differences.empty()) {
    version = Update(session, id, plan);
    done("changed");
  }
  for (const Move move : plan.moves) {
    const pb::Campaign moved = MoveCampaign(session, move, id, "");
    version = moved.version();
    done(Word(moved.state()).c_str());
  }
  return version;
}

std::string PlanText(const std::string& id, const Plan& plan) {
  if (plan.nothing_to_do()) return id + ": as it is wanted\n";
  std::string text =
      fmt::format("{}: {}\n", id, plan.is_new() ? "new" : fmt::format("version {}", plan.present.version()));
  text += DifferencesText(plan.differences);
  if (!plan.moves.empty()) {
    text += fmt::format("  ~ state: {} -> {}\n", Word(plan.present.state()), Word(plan.state));
  }
  return text;
}

// The same for programs, once it is done.
nlohmann::ordered_json PlanJson(const std::string& id, const Plan& plan, int64_t version) {
  auto differences = nlohmann::ordered_json::array();
  for (const Difference& difference : plan.differences) {
    differences.push_back({{"path", difference.path}, {"from", difference.from}, {"to", difference.to}});
  }
  return {{"campaign_id", id},
          {"version_before", plan.present.version()},
          {"version", version},
          {"state_before", pb::CampaignState_Name(plan.present.state())},
          {"state", pb::CampaignState_Name(plan.state)},
          {"differences", std::move(differences)}};
}

void ApplyPlan(Session& session, const pb::Campaign& wanted, bool dry_run) {
  const std::string& id = wanted.campaign_id();
  const Plan plan = PlanOf(session, wanted);
  const Format format = session.settings.format;
  if (format == Format::kTable) Say(PlanText(id, plan));
  const int64_t version = dry_run ? plan.present.version() : Carry(session, id, plan);
  if (format == Format::kJson) Say(PlanJson(id, plan, version).dump(2) + "\n");
  if (format == Format::kYaml) Say("---\n" + ToYaml(PlanJson(id, plan, version)));
}

}  // namespace

pb::Campaign GetCampaign(Session& session, const std::string& campaign_id) {
  pb::GetCampaignRequest request;
  request.set_campaign_id(campaign_id);
  return session.Call(session.campaigns(), &pb::CampaignService::Stub::GetCampaign, request).campaign();
}

pb::Campaign MoveCampaign(Session& session, Move move, const std::string& campaign_id,
                          const std::string& request_id) {
  const auto call = [&](auto rpc, auto request) {
    request.set_request_id(session.RequestId(request_id));
    request.set_campaign_id(campaign_id);
    const auto answer = session.Call(session.campaigns(), rpc, request);
    pb::Campaign moved;
    moved.set_campaign_id(answer.campaign_id());
    moved.set_version(answer.version());
    moved.set_state(answer.state());
    *moved.mutable_update_time() = answer.update_time();
    return moved;
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
  throw std::logic_error("no such move");
}

void Apply(Session& session, const pb::Campaign& wanted, bool dry_run) {
  const std::string& id = wanted.campaign_id();
  if (id.empty()) throw Mistake("campaign_id is not set");
  try {
    ApplyPlan(session, wanted, dry_run);
  } catch (CallFailed& failure) {
    failure.SetSubject(id);
    failure.SetAdvice("Run apply again: it goes on from where the campaign is.");
    throw;
  } catch (const Failure& failure) {
    throw Failure(failure.exit_code(), id + ": " + failure.what());
  }
}

}  // namespace tessera::couponctl
