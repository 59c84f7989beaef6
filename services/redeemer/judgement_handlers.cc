#include "services/redeemer/judgement_handlers.h"

#include <algorithm>

#include "api/convert_campaign.h"
#include "api/convert_error.h"
#include "api/convert_judgement.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;

// What coupons said, each in its place, and the sums.
pb::ValidateCouponsResponse ToResponse(const std::vector<api::Says>& said, const core::Order& order,
                                       int64_t discount_minor) {
  pb::ValidateCouponsResponse response;
  const std::vector<std::string> line_ids = api::LineIdsOf(order);
  const api::OrderWords words{order.currency, line_ids};
  for (const api::Says& says : said) *response.add_verdicts() = api::ToProto(says, words);
  api::SetSums(&response, order, discount_minor);
  response.set_redeemable(std::all_of(said.begin(), said.end(), [](const api::Says& says) {
    return std::holds_alternative<core::AppliedCoupon>(says);
  }));
  return response;
}

// A coupon of a page, with what was said of it.
struct Listed {
  const storage::Coupon* coupon;
  const api::Says* says;
  int64_t worth_minor;  // what it takes off; -1 where it can't be used
};

bool ListedBefore(const Listed& one, const Listed& other) {
  if (one.worth_minor != other.worth_minor) return one.worth_minor > other.worth_minor;
  const int by_campaign = one.coupon->campaign_id.compare(other.coupon->campaign_id);
  return by_campaign != 0 ? by_campaign < 0 : one.coupon->number < other.coupon->number;
}

std::vector<Listed> Sorted(const std::vector<storage::Coupon>& coupons, const JudgedWallet& wallet) {
  std::vector<Listed> listed;
  listed.reserve(wallet.entries.size());
  for (const JudgedWallet::Entry& entry : wallet.entries) {
    const api::Says* says = &wallet.judged[entry.judged].says;
    const auto* applied = std::get_if<core::AppliedCoupon>(says);
    listed.push_back({&coupons[entry.coupon], says, applied != nullptr ? applied->discount_minor : -1});
  }
  std::sort(listed.begin(), listed.end(), ListedBefore);
  return listed;
}

void LeaveLinesOut(JudgedWallet* wallet) {
  for (JudgedAlone& judged : wallet->judged) {
    if (auto* applied = std::get_if<core::AppliedCoupon>(&judged.says)) applied->lines.clear();
  }
}

void Set(pb::ListEligibleCouponsResponse* out, const std::vector<Listed>& listed, const core::Order& order) {
  const std::vector<std::string> line_ids = api::LineIdsOf(order);
  const api::OrderWords words{order.currency, line_ids};
  out->mutable_coupons()->Reserve(static_cast<int>(listed.size()));
  for (const Listed& one : listed) {
    pb::EligibleCoupon* coupon = out->add_coupons();
    coupon->set_coupon_id(one.coupon->number.ToId());
    coupon->set_campaign_id(one.coupon->campaign_id);
    *coupon->mutable_expire_time() = api::ToProto(one.coupon->usable.end_ms);
    pb::CouponVerdict* verdict = coupon->mutable_verdict();
    api::Set(verdict, *one.says, words);
    // It may have been said of another coupon of the campaign.
    if (verdict->has_applicable()) verdict->mutable_applicable()->set_coupon_id(coupon->coupon_id());
  }
}

}  // namespace

void JudgementHandlers::Register(server::Router& router) {
  router.Handle("coupon.v1.RedeemerService/ValidateCoupons", this, &JudgementHandlers::ValidateCoupons);
  router.Handle("coupon.v1.RedeemerService/ListEligibleCoupons",
                program::Counted(metrics_.list, this, &JudgementHandlers::ListEligibleCoupons));
}

JudgementHandlers::Answer<storage::Verdict> JudgementHandlers::Judge(const Context& context,
                                                                     const api::ValidateCoupons& request,
                                                                     std::vector<core::CouponName> coupons) {
  storage::UseIntent intent;
  intent.op.deadline = context.deadline;
  intent.coupons = coupons;
  if (request.user_id) intent.user = tools_.users.MakeUserKey(*request.user_id);
  intent.order = request.order;
  intent.partial = true;
  intent.decide = StackJudge(request.order, std::move(coupons));
  co_return co_await store_.Validate(std::move(intent));
}

JudgementHandlers::Answer<pb::ValidateCouponsResponse> JudgementHandlers::ValidateCoupons(
    const Context& context, const pb::ValidateCouponsRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const auto names = co_await reader_.ReadEach(parsed->coupons, parsed->user_id, context);
  std::vector<core::CouponName> coupons;
  for (const StackReader::Name& name : names) {
    if (!name.ok() && !api::IsVerdict(name.error().reason)) co_return name.error();
    if (name.ok()) coupons.push_back(*name);
  }
  core::Result<storage::Verdict> verdict = storage::Verdict();
  if (!coupons.empty()) verdict = co_await Judge(context, *parsed, std::move(coupons));
  if (!verdict.ok()) co_return verdict.error();
  std::vector<api::Says> said;
  auto judged = verdict->coupons.begin();
  for (const StackReader::Name& name : names) {
    said.push_back(name.ok() ? (judged++)->says : api::Says(name.error()));
    const auto* refusal = std::get_if<core::Error>(&said.back());
    refusal != nullptr ? metrics_.validate.Refused(refusal->reason) : metrics_.validate.Ok();
  }
  co_return ToResponse(said, parsed->order, verdict->discount_minor);
}

async::Task<core::Status> JudgementHandlers::ListEligibleCoupons(
    const Context& context, const pb::ListEligibleCouponsRequest& request,
    pb::ListEligibleCouponsResponse* response) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  AloneQuestion question{tools_.users.MakeUserKey(parsed->user_id), parsed->order, context.deadline};
  storage::WalletQuery query;
  query.user = question.user;
  query.page_size = parsed->page_size;
  query.with_campaigns = true;
  query.deadline = context.deadline;
  const std::string sealed_for =
      "ListEligibleCoupons/" + std::string(question.user.view()) + "/" + request.order().SerializeAsString();
  if (!request.page_token().empty()) {
    auto cursor = tools_.tokens.Open(sealed_for, request.page_token());
    if (!cursor) co_return core::Error(core::Reason::kInvalidPageToken, "page_token is none of this query");
    query.cursor = *std::move(cursor);
  }
  const auto page = co_await wallets_.ListUserCoupons(std::move(query));
  if (!page.ok()) co_return page.error();
  auto judged = co_await judge_.Wallet(std::move(question), &*page);
  if (!judged.ok()) co_return std::move(judged).error();
  if (!parsed->with_lines) LeaveLinesOut(&*judged);
  Set(response, Sorted(page->coupons, *judged), parsed->order);
  if (!page->next_cursor.empty())
    response->set_next_page_token(tools_.tokens.Seal(sealed_for, page->next_cursor));
  co_return core::Ok();
}

}  // namespace tessera::redeemer
