#include "tools/demo_day/book.h"

#include <algorithm>
#include <cmath>

namespace tessera::demo {

void Book::Open(const std::string& campaign_id, const coupon::v1::CampaignDefinition& definition) {
  const std::lock_guard lock(mutex_);
  order_.push_back(campaign_id);
  definitions_[campaign_id] = definition;
  books_[campaign_id];
}

void Book::Enter(const std::string& campaign_id, const std::function<void(CampaignBook&)>& change) {
  const std::lock_guard lock(mutex_);
  change(books_.at(campaign_id));
}

void Book::Refused(const std::string& campaign_id, const std::string& reason) {
  Enter(campaign_id, [&](CampaignBook& book) { ++book.refusals[reason]; });
}

void Book::HandedOut(const std::string& campaign_id, const std::string& code) {
  const std::lock_guard lock(mutex_);
  if (!codes_.insert(code).second) violations_.push_back(campaign_id + ": one code was handed out twice");
}

void Book::Violation(const std::string& text) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(text);
}

std::vector<std::string> Book::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

CampaignBook Book::of(const std::string& campaign_id) const {
  const std::lock_guard lock(mutex_);
  return books_.at(campaign_id);
}

int64_t Book::DiscountOf(const std::string& campaign_id, int64_t subtotal_minor) const {
  const coupon::v1::Offer& offer = definitions_.at(campaign_id).offer();
  if (offer.has_minimum_spend_minor() && subtotal_minor < offer.minimum_spend_minor()) return 0;
  if (offer.has_amount_off()) return std::min(offer.amount_off().amount_minor(), subtotal_minor);
  const coupon::v1::PercentOff& percent = offer.percent_off();
  const int64_t discount = (subtotal_minor * percent.basis_points() + 5000) / 10000;
  return percent.has_cap_minor() ? std::min(discount, percent.cap_minor()) : discount;
}

std::vector<std::string> Book::Compare(const std::string& campaign_id,
                                       const coupon::v1::CampaignStats& stats) const {
  const CampaignBook book = of(campaign_id);
  const coupon::v1::CampaignDefinition& campaign = definition(campaign_id);
  std::vector<std::string> differences;
  const auto same = [&](const char* what, int64_t expected, int64_t found) {
    if (expected == found) return;
    differences.push_back(campaign_id + ": " + what + ": the shop counted " + std::to_string(expected) +
                          ", Tessera says " + std::to_string(found));
  };
  const int64_t used_now = book.redeemed - book.rolled_back;
  same("issued", book.issued, stats.issued_count());
  same("claimed", book.claimed, stats.claimed_count());
  same("reserved", book.reserved, stats.reserved_count());
  same("released or run out", book.released + book.run_out, stats.released_count());
  same("redeemed", book.redeemed, stats.redeemed_count());
  same("rolled back", book.rolled_back, stats.rolled_back_count());
  same("expired", 0, stats.expired_count());
  same("revoked", book.revoked, stats.revoked_count());
  same("available now", book.issued - used_now - book.revoked - book.held_now, stats.available_now_count());
  same("reserved now", book.held_now, stats.reserved_now_count());
  same("redeemed now", used_now, stats.redeemed_now_count());
  same("discount", book.discount_minor, stats.discount().amount_minor());
  same("revenue", book.revenue_minor, stats.revenue().amount_minor());
  if (campaign.limits().has_stock_total()) {
    same("stock left", campaign.limits().stock_total() - book.issued,
         stats.has_stock_remaining() ? stats.stock_remaining() : -1);
  }
  const double conversion =
      book.issued == 0 ? 0 : static_cast<double>(used_now) / static_cast<double>(book.issued);
  if (std::abs(conversion - stats.conversion_rate()) > 1e-9) {
    differences.push_back(campaign_id + ": conversion: " + std::to_string(conversion) + " and " +
                          std::to_string(stats.conversion_rate()));
  }
  return differences;
}

}  // namespace tessera::demo
