#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "coupon/v1/analytics_service.pb.h"
#include "coupon/v1/campaign.pb.h"

namespace tessera::demo {

// What one campaign's coupons must have done, by what the shop itself saw.
struct CampaignBook {
  int64_t issued = 0;
  int64_t claimed = 0;
  int64_t reserved = 0;
  int64_t released = 0;
  int64_t run_out = 0;  // reservations that nobody finished and whose time is over
  int64_t redeemed = 0;
  int64_t rolled_back = 0;
  int64_t revoked = 0;
  int64_t discount_minor = 0;  // of redemptions that stand
  int64_t revenue_minor = 0;
  int64_t held_now = 0;  // reservations that nobody finished and whose time is not over
  std::map<std::string, int64_t> refusals;
};

// The shop's own book of the day: what it asked for and was told. It knows nothing of Tessera's inside, so
// what Tessera's statistics say can be held against it. Any thread.
class Book {
 public:
  void Open(const std::string& campaign_id, const coupon::v1::CampaignDefinition& definition);

  // Every change goes through here.
  void Enter(const std::string& campaign_id, const std::function<void(CampaignBook&)>& change);
  void Refused(const std::string& campaign_id, const std::string& reason);
  // A code that was handed out; handing it out again is a violation.
  void HandedOut(const std::string& campaign_id, const std::string& code);

  // What must not be, in words. Printed at the end; the day fails when there is any.
  void Violation(const std::string& text);
  std::vector<std::string> violations() const;

  CampaignBook of(const std::string& campaign_id) const;
  std::vector<std::string> campaigns() const { return order_; }
  const coupon::v1::CampaignDefinition& definition(const std::string& campaign_id) const {
    return definitions_.at(campaign_id);
  }

  // What the coupon must take off an order of `subtotal_minor`, worked out here again from the definition; 0
  // when the minimum spend is not met.
  int64_t DiscountOf(const std::string& campaign_id, int64_t subtotal_minor) const;

  // The differences between the book and Tessera's statistics, in words.
  std::vector<std::string> Compare(const std::string& campaign_id,
                                   const coupon::v1::CampaignStats& stats) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> order_;
  std::map<std::string, coupon::v1::CampaignDefinition> definitions_;
  std::map<std::string, CampaignBook> books_;
  std::set<std::string> codes_;
  std::vector<std::string> violations_;
};

}  // namespace tessera::demo
