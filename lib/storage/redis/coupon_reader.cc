#include "storage/redis/coupon_reader.h"

#include <charconv>
#include <unordered_map>

#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

// Coupons that one step along a user's chain reads.
constexpr int kChainStep = 200;

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
  redis::Command command(redis_scripts::kReadWallet);
  command.ReadOnly()
      .Key(backend_.keys.Wallet(number))
      .Arg("")
      .Arg(number.index(backend_.keys.shape()) + 1)
      .Arg(1);
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->reply.size() < 5) {
    co_return core::Error(core::Reason::kCouponNotFound, "There is no such coupon.");
  }
  std::optional<StoredCoupon> stored = OpenCoupon(reply->reply[4].text());
  if (!stored.has_value()) co_return Unreadable("coupon");
  co_return co_await Open(number, std::move(*stored), reply->now_ms, deadline);
}

async::Task<core::Result<WalletPage>> CouponReader::List(WalletQuery query) const {
  const core::Shape& shape = backend_.keys.shape();
  const uint32_t partition = query.user.partition(shape);
  const uint32_t bucket = query.user.bucket(shape);
  WalletPage page;
  std::unordered_map<uint32_t, KnownCampaignPtr> campaigns;  // by number, for most have several coupons here
  std::string from = query.cursor;
  for (;;) {
    const int count = std::min(kChainStep, query.page_size - static_cast<int>(page.coupons.size()));
    redis::Command command(redis_scripts::kReadWallet);
    command.ReadOnly()
        .Key(backend_.keys.Wallet(partition, bucket))
        .Arg(query.user.view())
        .Arg(from)
        .Arg(count);
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), query.deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    for (size_t i = 3; i + 1 < reply->reply.size(); i += 2) {
      const uint64_t index = static_cast<uint64_t>(reply->reply[i].integer());
      const core::CouponNumber number = core::CouponNumber::Of(shape, partition, bucket, index);
      std::optional<StoredCoupon> stored = OpenCoupon(reply->reply[i + 1].text());
      if (!stored.has_value()) co_return Unreadable("coupon");
      KnownCampaignPtr& campaign = campaigns[stored->campaign.value];
      if (campaign == nullptr) {
        core::Result<KnownCampaignPtr> known = co_await directory_.Known(stored->campaign, query.deadline);
        if (!known.ok()) co_return std::move(known).error();
        campaign = *std::move(known);
      }
      if (query.campaign_id.has_value() && campaign->campaign.id != *query.campaign_id) continue;
      if (query.state.has_value() && StateAt(*stored, reply->now_ms) != *query.state) continue;
      page.coupons.push_back(CouponAt(shape, number, *stored, campaign->campaign, reply->now_ms));
    }
    const int64_t next = reply->reply[2].integer();
    if (next == 0) co_return page;
    from = std::to_string(next);
    if (static_cast<int>(page.coupons.size()) >= query.page_size) {
      page.next_cursor = from;
      co_return page;
    }
  }
}

}  // namespace tessera::storage
