#include "storage/redis/coupon_reader.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "async/when_all.h"
#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

// Coupons that a step along a user's chain reads: few wallets have more than the first.
constexpr int kFirstStep = 50;
constexpr int kFurtherStep = 200;
// A script reads a coupon of a chain in the time in which Redis answers so many fields of a whole bucket.
constexpr int64_t kFieldsPerCoupon = 4;

CouponState StateAt(const StoredCoupon& stored, core::InstantMs now_ms) {
  CouponState state = stored.state;
  if (state == CouponState::kReserved && now_ms >= stored.held_until_ms) state = CouponState::kIssued;
  if (state == CouponState::kIssued && now_ms >= stored.expire_time_ms) state = CouponState::kExpired;
  return state;
}

Coupon CouponAt(const core::Shape& shape, core::CouponNumber number, const StoredCoupon& stored,
                const core::Campaign& campaign, core::InstantMs now_ms) {
  Coupon coupon;
  coupon.number = number;
  coupon.campaign_id = campaign.id;
  coupon.user = stored.user;
  coupon.state = StateAt(stored, now_ms);
  coupon.issue_time_ms = stored.issue_time_ms;
  coupon.usable = {core::UsableWindow(campaign.definition, stored.issue_time_ms).start_ms,
                   stored.expire_time_ms};
  if (coupon.state == CouponState::kReserved) coupon.held_until_ms = stored.held_until_ms;
  if (coupon.state == CouponState::kRedeemed) {
    coupon.redemption = core::OpRef::Unpack(number.partition(shape), stored.reference);
  }
  return coupon;
}

}  // namespace

async::Task<core::Result<StoredCoupon>> CouponReader::Read(core::CouponNumber number,
                                                           Deadline deadline) const {
  redis::Command command("HGET");
  command.ReadOnly().Key(backend_.keys.Wallet(number)).Arg(CouponField(number.index(backend_.keys.shape())));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->is_nil()) co_return core::Error(core::Reason::kCouponNotFound, "There is no such coupon.");
  std::optional<StoredCoupon> stored = OpenCoupon(reply->text());
  if (!stored.has_value()) co_return Unreadable("coupon");
  co_return std::move(*stored);
}

async::Task<core::Result<Coupon>> CouponReader::Open(core::CouponNumber number, StoredCoupon stored,
                                                     core::InstantMs now_ms, Deadline deadline) const {
  core::Result<KnownCampaignPtr> known = co_await directory_.Known(stored.campaign, deadline);
  if (!known.ok()) co_return std::move(known).error();
  co_return CouponAt(backend_.keys.shape(), number, stored, (*known)->campaign, now_ms);
}

async::Task<core::Result<Coupon>> CouponReader::Get(core::CouponNumber number, Deadline deadline) const {
  // One step of a chain that begins at this coupon. The script tells Redis' time along, by which the coupon's
  // state is judged: this process only estimates it, and may lag behind.
  ChainPlace place;
  place.wallet = backend_.keys.Wallet(number);
  place.from = std::to_string(number.index(backend_.keys.shape()) + 1);
  core::Result<Stretch> stretch = co_await ReadChain(std::move(place), 1, deadline);
  if (!stretch.ok()) co_return std::move(stretch).error();
  if (stretch->coupons.empty()) {
    co_return core::Error(core::Reason::kCouponNotFound, "There is no such coupon.");
  }
  co_return co_await Open(number, std::move(stretch->coupons.front().second), stretch->now_ms, deadline);
}

async::Task<core::Result<CouponReader::Stretch>> CouponReader::ReadChain(ChainPlace place, int count,
                                                                         Deadline deadline) const {
  redis::Command command(redis_scripts::kReadWallet);
  command.ReadOnly().Key(place.wallet).Arg(place.user).Arg(place.from).Arg(count);
  const core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return reply.error();
  Stretch stretch;
  stretch.now_ms = reply->now_ms;
  stretch.next = static_cast<uint64_t>(reply->reply[2].integer());
  stretch.fields = reply->reply[3].integer();
  for (size_t i = 4; i + 1 < reply->reply.size(); i += 2) {
    std::optional<StoredCoupon> stored = OpenCoupon(reply->reply[i + 1].text());
    if (!stored.has_value()) co_return Unreadable("coupon");
    stretch.coupons.emplace_back(static_cast<uint64_t>(reply->reply[i].integer()), *std::move(stored));
  }
  co_return stretch;
}

async::Task<core::Result<CouponReader::Stretch>> CouponReader::ReadRest(std::string wallet, uint64_t next,
                                                                        core::InstantMs now_ms,
                                                                        Deadline deadline) const {
  redis::Command command("HGETALL");
  command.ReadOnly().Key(wallet);
  const core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return reply.error();
  std::unordered_map<uint64_t, std::string_view> values;
  for (size_t i = 0; i + 1 < reply->size(); i += 2) {
    const std::optional<uint64_t> index = OpenCouponField((*reply)[i].text());
    if (index.has_value()) values.emplace(*index, (*reply)[i + 1].text());
  }
  Stretch rest;
  rest.now_ms = now_ms;
  while (next != 0) {
    const auto found = values.find(next - 1);
    if (found == values.end()) break;
    std::optional<StoredCoupon> stored = OpenCoupon(found->second);
    if (!stored.has_value()) co_return Unreadable("coupon");
    values.erase(found);
    rest.coupons.emplace_back(next - 1, *std::move(stored));
    next = rest.coupons.back().second.previous;
  }
  co_return rest;
}

async::Task<core::Result<WalletPage>> CouponReader::List(WalletQuery query) const {
  const core::Shape& shape = backend_.keys.shape();
  const uint32_t partition = query.user.partition(shape);
  const uint32_t bucket = query.user.bucket(shape);
  const std::string wallet = backend_.keys.Wallet(partition, bucket);
  const bool selects = query.state.has_value() || query.campaign_id.has_value();
  WalletPage page;
  std::unordered_map<uint32_t, KnownCampaignPtr> campaigns;  // by number, for most have several coupons here
  std::set<KnownCampaignPtr> of_page;
  int left = query.page_size;
  const auto count = [&](int step) { return selects ? step : std::min(step, left); };
  ChainPlace begin{wallet, query.user.view(), query.cursor};
  core::Result<Stretch> stretch = co_await ReadChain(std::move(begin), count(kFirstStep), query.deadline);
  for (;;) {
    if (!stretch.ok()) co_return std::move(stretch).error();
    page.now_ms = stretch->now_ms;
    for (const auto& [index, stored] : stretch->coupons) {
      if (left == 0) {
        stretch->next = index + 1;
        break;
      }
      KnownCampaignPtr& campaign = campaigns[stored.campaign.value];
      if (campaign == nullptr) {
        core::Result<KnownCampaignPtr> known = co_await directory_.Known(stored.campaign, query.deadline);
        if (!known.ok()) co_return std::move(known).error();
        campaign = *std::move(known);
      }
      if (query.campaign_id.has_value() && campaign->campaign.id != *query.campaign_id) continue;
      if (query.state.has_value() && StateAt(stored, page.now_ms) != *query.state) continue;
      const core::CouponNumber number = core::CouponNumber::Of(shape, partition, bucket, index);
      page.coupons.push_back(CouponAt(shape, number, stored, campaign->campaign, page.now_ms));
      of_page.insert(campaign);
      --left;
    }
    if (stretch->next == 0) break;
    ChainPlace next{wallet, {}, std::to_string(stretch->next)};
    if (left == 0) {
      page.next_cursor = std::move(next.from);
      break;
    }
    if (stretch->fields <= left * kFieldsPerCoupon) {
      stretch = co_await ReadRest(wallet, stretch->next, stretch->now_ms, query.deadline);
    } else {
      stretch = co_await ReadChain(std::move(next), count(kFurtherStep), query.deadline);
    }
  }
  if (!query.with_campaigns) co_return page;
  std::vector<async::Task<void>> checks;
  for (const KnownCampaignPtr& campaign : of_page)
    checks.push_back(Check(partition, campaign, query.deadline, &page));
  co_await async::WhenAll(std::move(checks));
  co_return page;
}

async::Task<void> CouponReader::Check(uint32_t partition, KnownCampaignPtr known, Deadline deadline,
                                      WalletPage* page) const {
  redis::Command command("HGET");
  command.ReadOnly().Key(backend_.keys.Campaign(partition, known->campaign.number)).Arg("v");
  const core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return;
  const redis::Result<int64_t> version = reply->value().Number();
  if (!version.ok() || *version != known->campaign.version) co_return;
  page->campaigns[known->campaign.id] = {known, &known->campaign};
}

}  // namespace tessera::storage
