// What coupons did: for whoever runs campaigns.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { bars, board, lineFor, lines, number, row } from './panels';

const all = 'job=~"$job",campaign=~"$campaign"';
const coupons = (what: string) => `tessera:campaign_coupons{what="${what}",${all}}`;
const amount = (what: string) => `tessera:campaign_amount{what="${what}",${all}}`;
const counted = 'job=~"$job",instance=~"$instance"';
// These gauges only grow, and outlive restarts; where a sum was made anew from the ledger it may step back, and then nothing is shown.
const aSecond = (gauge: string) => `clamp_min(deriv(${gauge}[$__rate_interval]), 0)`;
const refusals = (metric: string) =>
  `sum by (reason) (increase(${metric}{outcome="refused",${counted}}[$__range])) > 0`;
const used = `sum by (job, campaign) (${coupons('redeemed')}) - sum by (job, campaign) (${coupons('rolled_back')})`;

const total = { width: 4, height: 4, unit: units.Short };

export const business = board('Tessera business overview', 'tessera-business',
  'What was issued, redeemed and taken back, what it cost and brought, and what is left. Totals are since each campaign began; they come from the ledger and survive restarts.')
  .withRow(row('Since the campaigns began'))
  .withPanel(number({ ...total, title: 'Issued', description: 'Coupons that users got: claimed, granted, issued in batches, and codes that were used or bound.' },
    { expr: `sum(${coupons('issued')})`, legend: 'issued' }, 'blue'))
  .withPanel(number({ ...total, title: 'Redeemed', description: 'Redemptions of coupons, those that were rolled back later included.' },
    { expr: `sum(${coupons('redeemed')})`, legend: 'redeemed' }, 'green'))
  .withPanel(number({ ...total, unit: units.PercentUnit, decimals: 1, title: 'Conversion', description: 'Redemptions that were not rolled back, as a part of the coupons issued.' },
    { expr: `(sum(${coupons('redeemed')}) - sum(${coupons('rolled_back')})) / (sum(${coupons('issued')}) > 0)`, legend: 'conversion' }, 'purple'))
  .withPanel(number({ ...total, title: 'Open reservations', description: 'Coupons that an order holds now, without having used them yet.' },
    { expr: `sum(${coupons('reserved_now')})`, legend: 'reserved' }, 'yellow'))
  .withPanel(number({ ...total, title: 'Discount', description: 'What orders were let off, less what was returned, by currency, in its own unit.' },
    { expr: `sum by (currency) (${amount('discount')})`, legend: '{{currency}}' }, 'orange'))
  .withPanel(number({ ...total, title: 'Revenue', description: 'What orders with a coupon brought after the discount, by currency, in its own unit.' },
    { expr: `sum by (currency) (${amount('revenue')})`, legend: '{{currency}}' }, 'green'))
  .withRow(row('How it goes'))
  .withPanel(lines({ width: 12, height: 8, unit: units.CountsPerSecond, title: 'Issued, by campaign', description: 'Coupons a second that users got.' },
    [{ expr: `sum by (campaign) (${aSecond(coupons('issued'))})`, legend: '{{campaign}}' }], true))
  .withPanel(lines({ width: 12, height: 8, unit: units.CountsPerSecond, title: 'Redeemed, by campaign', description: 'Redemptions a second, those that are rolled back later included.' },
    [{ expr: `sum by (campaign) (${aSecond(coupons('redeemed'))})`, legend: '{{campaign}}' }], true))
  .withPanel(lines({ width: 12, height: 8, unit: units.Short, title: 'Discount a minute, by campaign', description: 'What orders are let off in a minute, less what is returned, in the currency\'s own unit.' },
    [{ expr: `60 * sum by (campaign, currency) (${aSecond(amount('discount'))})`, legend: '{{campaign}} ({{currency}})' }]))
  .withPanel(lines({ width: 12, height: 8, unit: units.Short, title: 'Revenue a minute, by campaign', description: 'What orders with a coupon bring in a minute after the discount, in the currency\'s own unit.' },
    [{ expr: `60 * sum by (campaign, currency) (${aSecond(amount('revenue'))})`, legend: '{{campaign}} ({{currency}})' }]))
  .withRow(row('From issue to use, and what was refused'))
  .withPanel(bars({ width: 8, height: 8, unit: units.Short, title: 'Funnel', description: 'Coupons issued, reserved by an order, redeemed, and redemptions rolled back, since the campaigns began. A coupon may be redeemed without a reservation.' },
    [
      { expr: `sum(${coupons('issued')})`, legend: 'issued' },
      { expr: `sum(${coupons('reserved')})`, legend: 'reserved' },
      { expr: `sum(${coupons('redeemed')})`, legend: 'redeemed' },
      { expr: `sum(${coupons('rolled_back')})`, legend: 'rolled back' },
    ], 'blue'))
  .withPanel(bars({ width: 8, height: 8, unit: units.Short, decimals: 0, title: 'Why coupons were not issued', description: 'Refused claims, grants and batch items in the range shown, by reason. Of all campaigns: calls are not counted by campaign.' },
    [{ expr: refusals('coupon_issue_total'), legend: '{{reason}}' }], 'orange'))
  .withPanel(bars({ width: 8, height: 8, unit: units.Short, decimals: 0, title: 'Why coupons were not used', description: 'Refused redemptions, reservations and commits in the range shown, by reason. Of all campaigns: calls are not counted by campaign.' },
    [{ expr: `sum by (reason) (increase({__name__=~"coupon_redeem_total|coupon_reserve_total",outcome="refused",${counted}}[$__range])) > 0`, legend: '{{reason}}' }], 'red'))
  .withRow(row('Campaigns'))
  .withPanel(lineFor('campaign', 'Campaign', { width: 16, height: 8, unit: units.Short, title: 'Campaigns with stock left', description: 'Campaigns with a stock limit that can still issue, with what became of their coupons.' },
    [
      { expr: `sum by (campaign) (tessera:campaign_stock_remaining{${all}}) > 0`, legend: 'Left', unit: units.Short },
      { expr: `sum by (campaign) (tessera:campaign_stock_remaining{${all}}) / sum by (campaign) (tessera:campaign_stock_limit{${all}}) > 0`, legend: 'Left of stock', unit: units.PercentUnit },
      ...['issued', 'redeemed'].map((what) => ({
        expr: `sum by (campaign) (${coupons(what)}) and on (campaign) sum by (campaign) (tessera:campaign_stock_remaining{${all}}) > 0`,
        legend: what[0].toUpperCase() + what.slice(1), unit: units.Short,
      })),
      { expr: `sum by (campaign) (${used}) / (sum by (campaign) (${coupons('issued')}) > 0) and on (campaign) sum by (campaign) (tessera:campaign_stock_remaining{${all}}) > 0`, legend: 'Conversion', unit: units.PercentUnit },
    ]))
  .withPanel(bars({ width: 8, height: 8, unit: units.PercentUnit, max: 1, decimals: 0, title: 'Stock left', description: 'What is left of each campaign\'s stock. TesseraStockLow fires below 10 % while the campaign is being claimed.' },
    [{ expr: `sum by (campaign) (tessera:campaign_stock_remaining{${all}}) / sum by (campaign) (tessera:campaign_stock_limit{${all}})`, legend: '{{campaign}}' }], 'green'));
