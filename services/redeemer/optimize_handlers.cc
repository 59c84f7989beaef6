#include "services/redeemer/optimize_handlers.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "api/convert_error.h"
#include "api/convert_redemption.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;
using core::Error;
using core::Reason;
using storage::Method;

// Choices of one call: the first, and three more when coupons of the best set were lost meanwhile.
constexpr int kChoicesMax = 4;
// Choices that are held against limits which coupons of one campaign spend together. Each finds one spent.
constexpr int kRoundsMax = 64;
// What of a wallet is looked at.
constexpr int32_t kIssuedMax = 500;
constexpr int32_t kHeldMax = 100;

// The place of the coupon that a call with several was refused for.
size_t PlaceOf(const Error& error) {
  constexpr std::string_view kPrefix = "coupons[";
  for (const auto& [key, value] : error.metadata) {
    if (key != "coupon" || !value.starts_with(kPrefix)) continue;
    size_t place = 0;
    std::from_chars(value.data() + kPrefix.size(), value.data() + value.size(), place);
    return place;
  }
  return 0;
}

// Whether a coupon was refused for what others of its campaign had spent by then, in the same set or before.
bool IsOfALimit(Reason reason) {
  return reason == Reason::kUseQuota || reason == Reason::kUseQuotaPerDay ||
         reason == Reason::kUseQuotaPerWeek || reason == Reason::kUseQuotaPerMonth ||
         reason == Reason::kBudget || reason == Reason::kBudgetPerDay;
}

Error Lost() {
  return Error(Reason::kContended, "coupons of the best set were lost to other calls, time and again");
}

}  // namespace

void OptimizeHandlers::Register(server::Router& router) {
  router.Handle("coupon.v1.RedeemerService/OptimizeCoupons",
                program::Counted(metrics_.optimize, this, &OptimizeHandlers::OptimizeCoupons));
}

OptimizeHandlers::Answer<storage::WalletPage> OptimizeHandlers::ReadWallet(const Question& question,
                                                                           storage::CouponState state,
                                                                           int32_t coupons_max) {
  storage::WalletQuery query;
  query.user = question.user;
  query.state = state;
  query.page_size = coupons_max;
  query.with_campaigns = state == storage::CouponState::kIssued;
  query.deadline = question.deadline;
  co_return co_await wallets_.ListUserCoupons(std::move(query));
}

OptimizeHandlers::Answer<OptimizeHandlers::Choices> OptimizeHandlers::JudgeWallet(const Question& question) {
  auto wallet = co_await ReadWallet(question, storage::CouponState::kIssued, kIssuedMax);
  if (!wallet.ok()) co_return std::move(wallet).error();
  // The order that holds coupons may choose among them again.
  const auto held = co_await ReadWallet(question, storage::CouponState::kReserved, kHeldMax);
  if (!held.ok()) co_return held.error();
  // One that was reserved in between is in both.
  std::erase_if(wallet->coupons, [&held](const storage::Coupon& coupon) {
    return std::any_of(held->coupons.begin(), held->coupons.end(),
                       [&coupon](const storage::Coupon& other) { return other.number == coupon.number; });
  });
  wallet->coupons.insert(wallet->coupons.end(), held->coupons.begin(), held->coupons.end());
  AloneQuestion alone{question.user, question.request.order, question.deadline};
  const auto judged = co_await judge_.Wallet(std::move(alone), &*wallet);
  if (!judged.ok()) co_return judged.error();
  const bool all = wallet->next_cursor.empty() && held->next_cursor.empty();
  co_return Choices{OneByOne(*judged, wallet->coupons), all};
}

OptimizeHandlers::Answer<CouponChoice> OptimizeHandlers::Candidates(const Question& question) {
  Choices choices;
  if (question.listed.empty()) {
    auto wallet = co_await JudgeWallet(question);
    if (!wallet.ok()) co_return std::move(wallet).error();
    choices = *std::move(wallet);
  } else {
    AloneQuestion alone{question.user, question.request.order, question.deadline};
    std::vector<AskedCoupon> asked;
    for (const core::CouponName& name : question.listed) asked.push_back({name});
    auto judged = co_await judge_.Each(std::move(alone), std::move(asked));
    if (!judged.ok()) co_return std::move(judged).error();
    choices.judged = *std::move(judged);
  }
  for (JudgedAlone& one : choices.judged) {
    if (!question.op || !std::holds_alternative<core::AppliedCoupon>(one.says)) continue;
    const auto& name = std::get<core::AppliedCoupon>(one.says).key.name;
    if (!std::holds_alternative<core::CodeNumber>(name)) continue;
    one.says = Error(Reason::kCodeNotBound, "the code belongs to nobody, so no order can hold it");
  }
  CouponChoice choice(question.request.order, question.request.objective, std::move(choices.judged),
                      question.listed);
  if (!choices.all) choice.LeaveSomeOut();
  co_return choice;
}

OptimizeHandlers::Answer<bool> OptimizeHandlers::Holds(const Question& question, CouponChoice* choice) {
  storage::UseIntent intent;
  intent.op.deadline = question.deadline;
  intent.coupons = choice->BestNames();
  if (intent.coupons.empty()) co_return true;
  intent.user = question.user;
  intent.order = question.request.order;
  intent.partial = true;
  intent.decide = StackJudge(question.request.order, intent.coupons);
  const auto verdict = co_await store_.Validate(std::move(intent));
  if (!verdict.ok()) co_return verdict.error();
  bool holds = true;
  const std::vector<core::AppliedCoupon> best = choice->best();
  std::set<core::CouponName> passed;
  for (size_t i = 0; i < best.size(); ++i) {
    if (std::holds_alternative<core::AppliedCoupon>(verdict->coupons[i].says))
      passed.insert(best[i].key.name);
  }
  for (size_t i = 0; i < best.size(); ++i) {
    const auto& says = verdict->coupons[i].says;
    const auto* applied = std::get_if<core::AppliedCoupon>(&says);
    if (applied == nullptr) {
      const Error& why = std::get<Error>(says);
      choice->Refuse(best[i].key.name, why);
      // The campaign's next coupon would meet the same limit.
      if (IsOfALimit(why.reason)) choice->RefuseBut(best[i].key.campaign_id, passed, why);
    } else if (applied->discount_minor < best[i].discount_minor) {
      choice->Limit(best[i].key.name, applied->discount_minor);
    } else {
      continue;
    }
    holds = false;
  }
  co_return holds;
}

async::Task<core::Result<storage::Reservation>> OptimizeHandlers::Reserve(
    const Question& question, std::vector<core::CouponName> coupons) {
  storage::ReserveIntent intent;
  intent.use.op = *question.op;
  intent.use.user = question.user;
  intent.use.order = question.request.order;
  intent.use.decide = StackJudge(question.request.order, coupons);
  intent.use.coupons = std::move(coupons);
  intent.ttl_ms = question.request.reserve->ttl_ms;
  auto reservation = co_await store_.Reserve(std::move(intent));
  metrics_.reserve.Count(reservation);
  co_return reservation;
}

OptimizeHandlers::Answer<std::optional<storage::Reservation>> OptimizeHandlers::Earlier(
    const Context& context, const Question& question) {
  storage::OperationQuery query =
      tools_.operations.Query(Method::kReserveCoupons, api::Subject(question.user),
                              question.request.reserve->request_id, program::AskerOf(context));
  const auto status = co_await store_.GetOperation(std::move(query));
  if (!status.ok()) co_return status.error();
  std::optional<storage::Reservation> earlier;
  if (status->outcome) {
    const auto* reservation = std::get_if<storage::Reservation>(&*status->outcome);
    if (reservation != nullptr) earlier = *reservation;
  }
  co_return earlier;
}

OptimizeHandlers::Answer<pb::OptimizeCouponsResponse> OptimizeHandlers::Choose(const Context& context,
                                                                               const Question& question) {
  auto choice = co_await Candidates(question);
  if (!choice.ok()) co_return choice.error();
  int lost = 0;
  for (int round = 0; round < kRoundsMax && lost < kChoicesMax; ++round) {
    choice->Choose();
    const auto holds = co_await Holds(question, &*choice);
    if (!holds.ok()) co_return holds.error();
    if (!*holds) continue;
    if (!question.op) co_return choice->Answer();
    std::vector<core::CouponName> best = choice->BestNames();
    if (best.empty()) co_return Error(Reason::kNotApplicable, "no coupon can be used on this order");
    const auto reservation = co_await Reserve(question, best);
    if (reservation.ok()) {
      context.Note("reservation_id", reservation->ref.ToId('h'));
      Response response;
      *response.mutable_reservation() = api::ToProto(*reservation);
      co_return response;
    }
    if (!api::IsVerdict(reservation.error().reason)) co_return reservation.error();
    choice->Refuse(best.at(std::min(PlaceOf(reservation.error()), best.size() - 1)), reservation.error());
    ++lost;
  }
  co_return Lost();
}

OptimizeHandlers::Answer<pb::OptimizeCouponsResponse> OptimizeHandlers::OptimizeCoupons(
    const Context& context, const pb::OptimizeCouponsRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const std::optional<std::string> user_id = parsed->user_id;
  auto listed = co_await reader_.ReadAll(parsed->coupons, user_id, context);
  if (!listed.ok()) co_return listed.error();
  Question question;
  question.user = tools_.users.MakeUserKey(parsed->user_id);
  question.listed = *std::move(listed);
  question.deadline = context.deadline;
  question.request = *std::move(parsed);
  if (!question.request.reserve) co_return co_await Choose(context, question);
  question.op =
      tools_.operations.Make(Method::kReserveCoupons, api::Subject(question.user),
                             question.request.reserve->request_id, request, program::AskerOf(context));
  const auto earlier = co_await Earlier(context, question);
  if (!earlier.ok()) co_return earlier.error();
  if (!earlier->has_value()) co_return co_await Choose(context, question);
  // What an earlier call has reserved is answered again, or refused where this one asks for something else:
  // the store tells by the bodies.
  std::vector<core::CouponName> coupons;
  for (const core::AppliedCoupon& applied : (*earlier)->coupons) coupons.push_back(applied.key.name);
  const auto again = co_await Reserve(question, std::move(coupons));
  if (!again.ok()) co_return again.error();
  Response response;
  *response.mutable_reservation() = api::ToProto(*again);
  co_return response;
}

}  // namespace tessera::redeemer
