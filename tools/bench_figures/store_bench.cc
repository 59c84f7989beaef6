#include "tools/bench_figures/store_bench.h"

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "async/timer.h"
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
  definition.currency = *core::Currency::Parse("EUR", "currency");
  definition.time_zone = "Europe/Berlin";
  core::PercentOff percent;
  percent.basis_points = 1000;
  definition.terms.benefit = percent;
  const int64_t day_ms = int64_t{24} * 3600 * 1000;
  definition.claim_window = {NowMs() - day_ms, NowMs() + 7 * day_ms};
  definition.use_window = definition.claim_window;
  definition.limits.stock_total = int64_t{1} << 40;
  definition.limits.per_user_total = 1;
  return definition;
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
  storage::DefinitionCodec codec{api::EncodeDefinition, api::DecodeDefinition};
  store_ = std::make_unique<storage::RedisStore>(loop_, RedisConfig(server_), config_, codec, digests_);
  script_sha1_ = server_.Command({"SCRIPT", "LOAD", std::string(kScriptSource)});
  script_ = redis::Script{"hincrby", kScriptSource, script_sha1_};
  loop_.RunUntilDone(Open());
}

StoreBench::~StoreBench() {
  store_->Close();
  loop_.RunUntilDone(async::Sleep(milliseconds(20)));
}

async::Task<void> StoreBench::Open() {
  const core::Status started = co_await store_->Start(async::After(kTimeout));
  if (!started.ok()) throw std::runtime_error("the store does not start: " + started.error().message);
  storage::Operation op;
  op.method = storage::Method::kCreateCampaign;
  op.field[0] = 1;
  op.id_time_ms = NowMs();
  op.deadline = async::After(kTimeout);
  core::CampaignDefinition definition = Definition();
  const auto created = co_await store_->Create(op, kCampaign, std::move(definition));
  if (!created.ok()) throw std::runtime_error("no campaign: " + created.error().message);
  op.method = storage::Method::kActivateCampaign;
  op.field[0] = 2;
  const auto moved = co_await store_->Move(op, kCampaign, core::Transition::kActivate);
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
  while (running_ > 0) co_await async::Sleep(milliseconds(1));
  if (!refused_.empty()) throw std::runtime_error("refused: " + refused_);
}

void StoreBench::Claim(int64_t count) { loop_.RunUntilDone(All(count, kAtOnce, 1, false)); }

void StoreBench::ClaimInBatches(int64_t batches, int size) {
  loop_.RunUntilDone(All(batches, 1, size, false));
}

void StoreBench::Evalsha(int64_t count) { loop_.RunUntilDone(All(count, kAtOnce, 1, true)); }

void StoreBench::GenerateCodes(uint64_t count) {
  storage::GenerateCodesIntent intent;
  intent.op.method = storage::Method::kGenerateCodes;
  const uint64_t bits = random_();
  std::memcpy(intent.op.field.data(), &bits, sizeof bits);
  intent.op.id_time_ms = NowMs();
  intent.op.deadline = async::After(kTimeout);
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
