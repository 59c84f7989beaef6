#include "tools/bench_figures/store_bench.h"

#include <chrono>
#include <cstring>
#include <span>
#include <stdexcept>
#include <utility>

#include "async/timer.h"
#include "core/stacking.h"
#include "storage/redis/keys.h"

namespace tessera::bench {
namespace {

using std::chrono::milliseconds;

constexpr int kAtOnce = 64;
constexpr char kCampaign[] = "bench";
constexpr std::string_view kScriptSource = "return redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])";
constexpr milliseconds kTimeout{30'000};

int64_t NowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count();
}

crypto::KeyFile MakeKeys() {
  std::string text;
  char digit = '1';
  for (const char* purpose : {"user", "code", "request", "token"}) {
    text.append(purpose).append(" 0 ").append(64, digit++).append(" current\n");
  }
  return *crypto::KeyFile::Parse(text, "bench");
}

core::CampaignDefinition Definition() {
  core::CampaignDefinition definition;
  definition.display_name = "Bench";
  definition.offer.currency = *core::Currency::Parse("EUR", "currency");
  definition.time_zone = "Europe/Berlin";
  core::PercentOff percent;
  percent.basis_points = 1000;
  definition.offer.benefit = percent;
  const int64_t day_ms = int64_t{24} * 3600 * 1000;
  definition.claim_window = {NowMs() - day_ms, NowMs() + 7 * day_ms};
  definition.use_window = definition.claim_window;
  definition.limits.stock_total = int64_t{1} << 40;
  definition.limits.per_user_total = 1;
  return definition;
}

std::string CampaignId(int i) { return i == 0 ? kCampaign : kCampaign + std::to_string(i); }

core::Order BenchOrder() {
  core::Order order;
  order.order_id = "order-1";
  order.currency = *core::Currency::Parse("EUR", "currency");
  for (const char* id : {"1", "2", "3"}) {
    core::OrderLine line;
    line.line_id = id;
    line.sku = std::string("sku-") + id;
    line.unit_price_minor = 2'000;
    order.lines.push_back(line);
  }
  return order;
}

// What the service decides, without its windows and its reasons.
storage::Decide DecideFor(const core::Order& order) {
  return [order](std::span<const storage::Candidate> candidates, core::InstantMs) {
    std::vector<core::ListedCoupon> coupons;
    for (const storage::Candidate& one : candidates) {
      coupons.push_back({{one.campaign->id, one.coupon}, &one.campaign->definition.offer});
    }
    storage::Decision decision;
    auto priced = core::PriceStack(order, coupons);
    if (auto* stack = std::get_if<core::PricedStack>(&priced)) {
      decision.stack = std::move(*stack);
    } else {
      decision.stack =
          std::vector<storage::RefusedCandidate>{{0, core::Error(core::Reason::kNotApplicable, "")}};
    }
    return decision;
  };
}

redis::Config RedisConfig(const testing::RedisServer& server) {
  redis::Config config;
  config.addresses = {server.unix_address()};
  return config;
}

testing::RedisServerOptions ServerOptions(testing::RedisDurability durability) {
  testing::RedisServerOptions options;
  options.durability = durability;
  return options;
}

storage::Durability Promise(testing::RedisDurability durability) {
  switch (durability) {
    case testing::RedisDurability::kMemory:
      return storage::Durability::kMemory;
    case testing::RedisDurability::kEverysec:
      return storage::Durability::kEverySec;
    case testing::RedisDurability::kFsync:
      return storage::Durability::kFsync;
  }
  return storage::Durability::kMemory;
}

}  // namespace

StoreBench::StoreBench(testing::RedisDurability durability)
    : server_(ServerOptions(durability)), keys_(MakeKeys()), digests_(keys_) {
  config_.create = true;
  config_.durability = Promise(durability);
  storage::StoreCodecs codecs{{api::EncodeDefinition, api::DecodeDefinition}, api::MakeReceiptCodec()};
  store_ = std::make_unique<storage::RedisStore>(loop_, RedisConfig(server_), config_, codecs, digests_);
  script_sha1_ = server_.Command({"SCRIPT", "LOAD", std::string(kScriptSource)});
  script_ = redis::Script{"hincrby", kScriptSource, script_sha1_};
  loop_.RunUntilDone(Start());
  loop_.RunUntilDone(Open(kCampaign));
}

StoreBench::~StoreBench() {
  store_->Close();
  loop_.RunUntilDone(async::Sleep(milliseconds(20)));
}

async::Task<void> StoreBench::Start() {
  const core::Status started = co_await store_->Start(async::After(kTimeout));
  if (!started.ok()) throw std::runtime_error("the store does not start: " + started.error().message);
}

storage::Operation StoreBench::NewOperation(storage::Method method) {
  storage::Operation op;
  op.method = method;
  const uint64_t bits = random_();
  std::memcpy(op.field.data(), &bits, sizeof bits);
  op.id_time_ms = NowMs();
  op.deadline = async::After(kTimeout);
  return op;
}

async::Task<void> StoreBench::Open(std::string campaign_id) {
  storage::Operation op = NewOperation(storage::Method::kCreateCampaign);
  core::CampaignDefinition definition = Definition();
  const auto created = co_await store_->Create(op, campaign_id, std::move(definition));
  if (!created.ok()) throw std::runtime_error("no campaign: " + created.error().message);
  op = NewOperation(storage::Method::kActivateCampaign);
  const auto moved = co_await store_->Move(op, campaign_id, core::Transition::kActivate);
  if (!moved.ok()) throw std::runtime_error("no active campaign: " + moved.error().message);
}

// Users and operations are digests, so random bytes are as good as real ones.
storage::IssueIntent StoreBench::Intent(int size) {
  storage::IssueIntent intent;
  intent.campaign_id = kCampaign;
  intent.deadline = async::After(kTimeout);
  const int64_t now_ms = NowMs();
  for (int i = 0; i < size; ++i) {
    storage::IssueItem item;
    const uint64_t bits[3] = {random_(), random_(), random_()};
    std::memcpy(item.user.bytes.data() + 1, bits, item.user.bytes.size() - 1);
    std::memcpy(item.op.field.data(), reinterpret_cast<const char*>(bits) + 12, item.op.field.size());
    item.op.method = size == 1 ? storage::Method::kClaimCoupon : storage::Method::kBatchIssueCoupons;
    item.op.id_time_ms = now_ms;
    item.op.deadline = intent.deadline;
    intent.items.push_back(item);
  }
  intent.source = size == 1 ? storage::IssueSource::kClaim : storage::IssueSource::kBatch;
  return intent;
}

async::Task<void> StoreBench::ClaimInTurn(int64_t* left, int size) {
  while ((*left)-- > 0) {
    storage::IssueIntent intent = Intent(size);
    const auto outcomes = co_await store_->Issue(std::move(intent));
    for (const auto& outcome : outcomes) {
      if (!outcome.ok())
        refused_ = std::string(core::ReasonName(outcome.error().reason)) + " " + outcome.error().cause;
    }
  }
  --running_;
}

async::Task<void> StoreBench::EvalshaInTurn(int64_t* left) {
  while ((*left)-- > 0) {
    redis::Command command(script_);
    command.Key("{bench}:counter").Arg("field").Arg(1);
    const auto reply = co_await store_->client().Execute(std::move(command), async::After(kTimeout));
    if (!reply.ok()) refused_ = "EVALSHA failed";
  }
  --running_;
}

async::Task<void> StoreBench::All(int64_t count, int at_once, int size, bool evalsha) {
  int64_t left = count;
  running_ = at_once;
  for (int i = 0; i < at_once; ++i) loop_.Spawn(evalsha ? EvalshaInTurn(&left) : ClaimInTurn(&left, size));
  co_await AwaitAll();
}

async::Task<void> StoreBench::AwaitAll() {
  while (running_ > 0) co_await async::Sleep(milliseconds(1));
  if (!refused_.empty()) throw std::runtime_error("refused: " + refused_);
}

void StoreBench::OpenCampaigns(int count) {
  for (int i = 1; i < count; ++i) loop_.RunUntilDone(Open(CampaignId(i)));
}

async::Task<void> StoreBench::FillInTurn(std::vector<Wallet>* wallets, size_t* next, int size) {
  while (*next < wallets->size()) {
    Wallet& wallet = (*wallets)[(*next)++];
    for (int i = 0; i < size; ++i) {
      storage::IssueIntent intent = Intent(1);
      intent.campaign_id = CampaignId(i);
      if (i == 0) wallet.user = intent.items.front().user;
      intent.items.front().user = wallet.user;
      const auto outcomes = co_await store_->Issue(std::move(intent));
      if (!outcomes.front().ok()) {
        refused_ = std::string(core::ReasonName(outcomes.front().error().reason));
        break;
      }
      wallet.coupons.emplace_back(outcomes.front()->number);
    }
  }
  --running_;
}

std::vector<Wallet> StoreBench::Wallets(int64_t count, int size) {
  std::vector<Wallet> wallets(static_cast<size_t>(count));
  size_t next = 0;
  running_ = kAtOnce;
  for (int i = 0; i < kAtOnce; ++i) loop_.Spawn(FillInTurn(&wallets, &next, size));
  loop_.RunUntilDone(AwaitAll());
  return wallets;
}

async::Task<void> StoreBench::RedeemInTurn(const std::vector<Wallet>* wallets, size_t* next) {
  while (*next < wallets->size()) {
    const Wallet& wallet = (*wallets)[(*next)++];
    storage::UseIntent intent;
    intent.op = NewOperation(storage::Method::kRedeemCoupons);
    intent.coupons = wallet.coupons;
    intent.user = wallet.user;
    intent.order = BenchOrder();
    intent.decide = DecideFor(intent.order);
    const auto redemption = co_await store_->Redeem(std::move(intent));
    if (!redemption.ok()) refused_ = std::string(core::ReasonName(redemption.error().reason));
  }
  --running_;
}

void StoreBench::Redeem(const std::vector<Wallet>& wallets) {
  size_t next = 0;
  running_ = kAtOnce;
  for (int i = 0; i < kAtOnce; ++i) loop_.Spawn(RedeemInTurn(&wallets, &next));
  loop_.RunUntilDone(AwaitAll());
}

void StoreBench::Claim(int64_t count) { loop_.RunUntilDone(All(count, kAtOnce, 1, false)); }

void StoreBench::ClaimInBatches(int64_t batches, int size) {
  loop_.RunUntilDone(All(batches, 1, size, false));
}

void StoreBench::Evalsha(int64_t count) { loop_.RunUntilDone(All(count, kAtOnce, 1, true)); }

void StoreBench::GenerateCodes(uint64_t count) {
  storage::GenerateCodesIntent intent;
  intent.op = NewOperation(storage::Method::kGenerateCodes);
  intent.campaign_id = kCampaign;
  intent.count = count;
  const auto made = loop_.RunUntilDone(store_->GenerateCodes(intent));
  if (!made.ok()) throw std::runtime_error("no codes: " + made.error().message);
}

double StoreBench::RedisCpuSeconds() {
  return std::stod(server_.redis().Info("used_cpu_user")) + std::stod(server_.redis().Info("used_cpu_sys"));
}

int64_t StoreBench::RedisMemoryBytes() { return std::stoll(server_.redis().Info("used_memory")); }

void StoreBench::DeleteLedger() {
  const storage::Keys names(config_.name, config_.shape);
  for (uint32_t partition = 0; partition < config_.shape.partitions; ++partition)
    server_.Command({"DEL", names.Ledger(partition)});
}

}  // namespace tessera::bench
