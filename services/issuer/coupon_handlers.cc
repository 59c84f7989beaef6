#include "services/issuer/coupon_handlers.h"

#include <optional>

#include "api/convert_coupon.h"
#include "api/convert_error.h"

namespace tessera::issuer {
namespace {

namespace pb = coupon::v1;
using storage::IssueSource;
using storage::Method;

// The user of a call that names none.
constexpr std::string_view kNobody;

core::Error ForgedToken() {
  return core::Error(core::Reason::kInvalidPageToken, "page_token is none of this query");
}

// The one refusal that all items share, when it is none of single items: then the call itself is refused, and
// its caller's ordinary way with such statuses (try again later) does the right thing.
std::optional<core::Error> SharedRefusal(const std::vector<core::Result<storage::Issued>>& outcomes) {
  const auto& first = outcomes.front();
  if (first.ok()) return std::nullopt;
  const core::Reason reason = first.error().reason;
  if (api::IsVerdict(reason) && reason != core::Reason::kCampaignNotFound) return std::nullopt;
  for (const auto& outcome : outcomes) {
    if (outcome.ok() || outcome.error().reason != reason) return std::nullopt;
  }
  return first.error();
}

}  // namespace

void CouponHandlers::Register(server::Router& router) {
  const auto handle = [&](const char* method, program::OutcomeCounter& counter, auto member) {
    router.Handle(std::string("coupon.v1.IssuerService/") + method, program::Counted(counter, this, member));
  };
  router.Serve("coupon.v1.IssuerService");
  handle("IssueCoupon", metrics_.grant, &CouponHandlers::IssueCoupon);
  handle("ClaimCoupon", metrics_.claim, &CouponHandlers::ClaimCoupon);
  handle("RevokeCoupon", metrics_.revoke, &CouponHandlers::RevokeCoupon);
  handle("GenerateCodes", metrics_.generate, &CouponHandlers::GenerateCodes);
  handle("BindCode", metrics_.bind, &CouponHandlers::BindCode);
  router.Handle("coupon.v1.IssuerService/BatchIssueCoupons", this, &CouponHandlers::BatchIssueCoupons);
  router.Handle("coupon.v1.IssuerService/GetCoupon", this, &CouponHandlers::GetCoupon);
  router.Handle("coupon.v1.IssuerService/ListUserCoupons", this, &CouponHandlers::ListUserCoupons);
}

template <class Response, class Request>
CouponHandlers::Answer<Response> CouponHandlers::IssueOne(const Context& context, const Request& request,
                                                          Kind kind) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("campaign_id", parsed->campaign_id);
  storage::IssueItem item;
  item.user = tools_.users.MakeUserKey(parsed->user_id);
  item.op =
      tools_.operations.Make(kind.method, item.user, parsed->request_id, request, program::AskerOf(context));
  storage::IssueIntent intent;
  intent.campaign_id = std::move(parsed->campaign_id);
  intent.source = kind.source;
  intent.code_key_id = tools_.codes.current_key_id();
  intent.items.push_back(std::move(item));
  intent.deadline = context.deadline;
  const std::vector<core::Result<storage::Issued>> outcomes = co_await store_.Issue(std::move(intent));
  const core::Result<storage::Issued>& issued = outcomes.front();
  if (!issued.ok()) co_return issued.error();
  context.Note("coupon_id", issued->number.ToId());
  co_return api::ToIssueResponse<Response>(*issued, tools_.codes);
}

CouponHandlers::Answer<pb::IssueCouponResponse> CouponHandlers::IssueCoupon(
    const Context& context, const pb::IssueCouponRequest& request) {
  return IssueOne<pb::IssueCouponResponse>(context, request, {Method::kIssueCoupon, IssueSource::kGrant});
}

CouponHandlers::Answer<pb::ClaimCouponResponse> CouponHandlers::ClaimCoupon(
    const Context& context, const pb::ClaimCouponRequest& request) {
  return IssueOne<pb::ClaimCouponResponse>(context, request, {Method::kClaimCoupon, IssueSource::kClaim});
}

storage::IssueIntent CouponHandlers::BatchIntent(const Context& context,
                                                 const api::BatchIssueCoupons& batch) const {
  storage::IssueIntent intent;
  intent.campaign_id = batch.campaign_id;
  intent.source = IssueSource::kBatch;
  intent.code_key_id = tools_.codes.current_key_id();
  intent.deadline = context.deadline;
  intent.items.reserve(batch.user_ids.size());
  for (const std::string& user_id : batch.user_ids) {
    storage::IssueItem item;
    item.user = tools_.users.MakeUserKey(user_id);
    item.op = tools_.operations.MakeItem(Method::kBatchIssueCoupons, item.user, batch.request_id,
                                         batch.campaign_id, program::AskerOf(context));
    intent.items.push_back(std::move(item));
  }
  return intent;
}

CouponHandlers::Answer<pb::BatchIssueCouponsResponse> CouponHandlers::BatchIssueCoupons(
    const Context& context, const pb::BatchIssueCouponsRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("campaign_id", parsed->campaign_id);
  storage::IssueIntent intent = BatchIntent(context, *parsed);
  const std::vector<core::Result<storage::Issued>> outcomes = co_await store_.Issue(std::move(intent));
  for (const auto& outcome : outcomes) metrics_.batch_item.Count(outcome);
  if (auto refusal = SharedRefusal(outcomes)) co_return *std::move(refusal);
  pb::BatchIssueCouponsResponse response;
  response.mutable_results()->Reserve(static_cast<int>(outcomes.size()));
  for (const auto& outcome : outcomes) {
    pb::BatchIssueResult* result = response.add_results();
    if (outcome.ok()) {
      *result->mutable_coupon() = api::ToProto(*outcome, tools_.codes);
    } else {
      *result->mutable_refusal() = api::ToProto(outcome.error());
    }
  }
  co_return response;
}

CouponHandlers::Answer<pb::GetCouponResponse> CouponHandlers::GetCoupon(const Context& context,
                                                                        const pb::GetCouponRequest& request) {
  const auto coupon = api::Parse(request);
  if (!coupon.ok()) co_return coupon.error();
  const auto name = co_await reader_.Read(*coupon, kNobody, context);
  if (!name.ok()) co_return name.error();
  if (const auto* code = std::get_if<core::CodeNumber>(&*name)) {
    const auto view = co_await codes_.GetCode(*code, context.deadline);
    if (!view.ok()) co_return view.error();
    if (view->coupon) co_return co_await ReadCoupon(context, *view->coupon);
    pb::GetCouponResponse response;
    *response.mutable_coupon() = api::ToProto(*view, *code, tools_.codes);
    const auto stored_code = core::CanonicalStoredCode(request.coupon().code());
    if (stored_code.ok()) response.mutable_coupon()->set_code(*stored_code);
    co_return response;
  }
  co_return co_await ReadCoupon(context, std::get<core::CouponNumber>(*name));
}

CouponHandlers::Answer<pb::GetCouponResponse> CouponHandlers::ReadCoupon(const Context& context,
                                                                         core::CouponNumber number) {
  context.Note("coupon_id", number.ToId());
  const auto coupon = co_await store_.GetCoupon(number, context.deadline);
  if (!coupon.ok()) co_return coupon.error();
  pb::GetCouponResponse response;
  *response.mutable_coupon() = api::ToProto(*coupon, tools_.codes);
  co_return response;
}

CouponHandlers::Answer<pb::ListUserCouponsResponse> CouponHandlers::ListUserCoupons(
    const Context& context, const pb::ListUserCouponsRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  storage::WalletQuery query;
  query.user = tools_.users.MakeUserKey(parsed->user_id);
  query.state = parsed->state;
  query.campaign_id = parsed->campaign_id;
  query.page_size = parsed->page_size;
  query.deadline = context.deadline;
  // A token goes on where its own user and filters stood.
  const std::string sealed_for = "ListUserCoupons/" + std::to_string(request.state()) + "/" +
                                 request.campaign_id() + "/" + std::string(query.user.view());
  if (!request.page_token().empty()) {
    auto cursor = tools_.tokens.Open(sealed_for, request.page_token());
    if (!cursor) co_return ForgedToken();
    query.cursor = *std::move(cursor);
  }
  const auto page = co_await store_.ListUserCoupons(std::move(query));
  if (!page.ok()) co_return page.error();
  pb::ListUserCouponsResponse response;
  for (const storage::Coupon& coupon : page->coupons)
    *response.add_coupons() = api::ToProto(coupon, tools_.codes);
  if (!page->next_cursor.empty())
    response.set_next_page_token(tools_.tokens.Seal(sealed_for, page->next_cursor));
  co_return response;
}

CouponHandlers::Answer<pb::RevokeCouponResponse> CouponHandlers::RevokeCoupon(
    const Context& context, const pb::RevokeCouponRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const auto coupon = co_await reader_.Read(parsed->coupon, kNobody, context);
  if (!coupon.ok()) co_return coupon.error();
  storage::RevokeIntent intent;
  intent.op = tools_.operations.Make(Method::kRevokeCoupon, api::SubjectOf(*coupon), parsed->request_id,
                                     request, program::AskerOf(context));
  intent.coupon = *coupon;
  if (const auto* number = std::get_if<core::CouponNumber>(&*coupon)) {
    context.Note("coupon_id", number->ToId());
  }
  intent.reserved_policy = parsed->reserved_policy;
  intent.return_stock = parsed->return_stock;
  const auto revoked = co_await store_.Revoke(std::move(intent));
  if (!revoked.ok()) co_return revoked.error();
  metrics_.Revoked(parsed->reason);
  co_return api::ToProto(*revoked);
}

CouponHandlers::Answer<pb::GenerateCodesResponse> CouponHandlers::GenerateCodes(
    const Context& context, const pb::GenerateCodesRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("campaign_id", parsed->campaign_id);
  const api::CampaignSubject subject{parsed->campaign_id};
  storage::GenerateCodesIntent intent;
  intent.op = tools_.operations.Make(Method::kGenerateCodes, subject, parsed->request_id, request,
                                     program::AskerOf(context));
  intent.campaign_id = std::move(parsed->campaign_id);
  intent.count = static_cast<uint64_t>(parsed->count);
  intent.code_key_id = tools_.codes.current_key_id();
  const auto made = co_await codes_.GenerateCodes(std::move(intent));
  if (!made.ok()) co_return made.error();
  co_return api::ToProto(*made, tools_.codes);
}

CouponHandlers::Answer<pb::BindCodeResponse> CouponHandlers::BindCode(const Context& context,
                                                                      const pb::BindCodeRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const auto name = co_await reader_.ReadCode(parsed->code, parsed->user_id, context);
  if (!name.ok()) co_return name.error();
  const auto* code = std::get_if<core::CodeNumber>(&*name);
  if (code == nullptr) {
    co_return core::Error(core::Reason::kCodeAlreadyBound, "The code is of a coupon that is in a wallet.");
  }
  storage::BindIntent intent;
  intent.code = *code;
  intent.user = tools_.users.MakeUserKey(parsed->user_id);
  intent.op = tools_.operations.Make(Method::kBindCode, intent.user, parsed->request_id, request,
                                     program::AskerOf(context));
  intent.code_key_id = tools_.codes.current_key_id();
  const auto bound = co_await codes_.Bind(std::move(intent));
  if (!bound.ok()) co_return bound.error();
  context.Note("coupon_id", bound->number.ToId());
  pb::BindCodeResponse response;
  *response.mutable_coupon() = api::ToProto(*bound, tools_.codes);
  co_return response;
}

}  // namespace tessera::issuer
