#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/campaign.h"
#include "core/order.h"

// Campaigns and an order for tests of what decides about them.
namespace tessera::redeemer {

inline core::Currency Euro() { return *core::Currency::Parse("EUR", "currency"); }

inline core::Campaign CampaignOf(std::string id, core::Benefit benefit) {
  core::Campaign campaign;
  campaign.id = std::move(id);
  campaign.version = 2;
  campaign.state = core::CampaignState::kActive;
  campaign.definition.time_zone = "Europe/Berlin";
  campaign.definition.offer.currency = Euro();
  campaign.definition.offer.benefit = std::move(benefit);
  return campaign;
}

inline core::Campaign AmountCampaign(std::string id, int64_t amount_minor) {
  return CampaignOf(std::move(id), core::AmountOff{amount_minor});
}

inline core::Campaign Exclusive(core::Campaign campaign) {
  campaign.definition.offer.stacking.exclusive = true;
  return campaign;
}

// As a store shows it.
inline std::shared_ptr<const core::Campaign> Shown(const core::Campaign& campaign) {
  return std::make_shared<core::Campaign>(campaign);
}

// Two lines of 40.00 and 60.00, and 4.90 for the shipping.
inline core::Order TestOrder() {
  core::Order order;
  order.order_id = "order-1";
  order.currency = Euro();
  core::OrderLine line;
  line.line_id = "line-0";
  line.sku = "sku-0";
  line.quantity = 4;
  line.unit_price_minor = 1'000;
  order.lines.push_back(line);
  line.line_id = "line-1";
  line.sku = "sku-1";
  line.quantity = 2;
  line.unit_price_minor = 3'000;
  order.lines.push_back(line);
  order.shipping_minor = 490;
  return order;
}

}  // namespace tessera::redeemer
