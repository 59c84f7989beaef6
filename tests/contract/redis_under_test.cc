#include "redis_under_test.h"

#include <stdexcept>

#include "api/definition_codec.h"
#include "api/receipt_codec.h"
#include "async/timer.h"
#include "memory_under_test.h"
#include "tests/support/redis_server.h"

namespace tessera::contract {
namespace {

std::string FreshName() {
  static int count = 0;
  return "contract" + std::to_string(++count);
}

}  // namespace

crypto::KeyFile TestKeys() {
  std::string text;
  for (const char* purpose : {"user", "code", "request", "token"}) {
    text += std::string(purpose) + " 1 " + std::string(64, 'a') + " current\n";
  }
  return *crypto::KeyFile::Parse(text, "test keys");
}

RedisUnderTest::RedisUnderTest(const redis::Config& redis, core::Shape shape, const Options& options)
    : name_(options.name.empty() ? FreshName() : options.name), keys_(name_, shape), digests_(TestKeys()) {
  storage::StoreConfig config;
  config.name = name_;
  config.shape = shape;
  config.create = true;
  config.durability = options.durability;
  config.replicas = options.replicas;
  config.check_interval = options.check_interval;
  const storage::DefinitionCodec services{api::EncodeDefinition, api::DecodeDefinition};
  const storage::StoreCodecs codecs{options.codec.value_or(services), api::MakeReceiptCodec()};
  store_ = std::make_unique<storage::RedisStore>(loop(), redis, config, codecs, digests_, options.observer);
  const core::Status started = loop().RunUntilDone(store_->Start(async::After(std::chrono::seconds(20))));
  if (!started.ok()) throw std::runtime_error(started.error().message + " " + started.error().cause);
}

RedisUnderTest::~RedisUnderTest() {
  store_->Close();
  loop().RunUntilDone(async::Sleep(std::chrono::milliseconds(20)));
}

core::InstantMs RedisUnderTest::Now() { return RealNow(); }

void RedisUnderTest::WaitUntil(core::InstantMs t) {
  if (const int64_t left = t - Now(); left > 0)
    loop().RunUntilDone(async::Sleep(std::chrono::milliseconds(left)));
  SleepUntilReal(t);
}

redis::Config SingleRedis() {
  static testing::RedisServer server;
  redis::Config config;
  config.addresses = {server.unix_address()};
  return config;
}

}  // namespace tessera::contract
