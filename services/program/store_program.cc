#include "services/program/store_program.h"

#include "api/definition_codec.h"
#include "api/receipt_codec.h"
#include "async/timer.h"
#include "services/program/store_health.h"
#include "storage/redis/keys.h"

namespace tessera::program {
namespace {

// For the store's first verdict, before the port opens; health tells afterwards.
constexpr std::chrono::milliseconds kStartTime{2000};
// For the calls that Close has failed to end.
constexpr std::chrono::milliseconds kCloseTime{20};

}  // namespace

void StoreProgram::Bind(server::ConfigBinder& binder) {
  program::Bind(binder, settings_);
  BindOwn(binder);
}

core::Status StoreProgram::Build(server::ServiceHost& host) {
  if (settings_.key_file.empty()) return core::Error(core::Reason::kInvalidField, "keys.file is not set");
  const auto keys = crypto::KeyFile::Load(settings_.key_file);
  if (!keys.ok()) return keys.error();
  loop_ = &host.loop;
  log_ = &host.log;
  const storage::Keys names(settings_.storage.name, settings_.storage.shape);
  tools_ = std::make_unique<HandlerTools>(
      *keys, settings_.storage.shape,
      [names](std::string_view campaign_id) { return names.Home(campaign_id); });
  metrics_ = std::make_unique<RedisMetrics>(host.registry);
  const storage::StoreCodecs codecs{{api::EncodeDefinition, api::DecodeDefinition}, api::MakeReceiptCodec()};
  store_ = std::make_unique<storage::RedisStore>(host.loop, settings_.redis, settings_.storage, codecs,
                                                 tools_->digests, metrics_.get());
  status_ = std::make_unique<StatusHandlers>(host, *store_, settings_);
  status_->Register(host.router);
  AddLoop(std::make_unique<StoreHealth>(*store_, host.health, host.registry, PromiseOf(settings_.storage)));
  BuildOwn(host);
  return core::Ok();
}

async::Task<void> StoreProgram::RunLoop(BackgroundLoop& loop) {
  co_await loop.Run();
  if (--loops_running_ == 0) loops_ended_.Set();
}

async::Task<void> StoreProgram::Start() {
  const core::Status started = co_await store_->Start(async::After(kStartTime));
  if (!started.ok()) {
    log_->Warning("the store is not ready", {{"reason", core::ReasonName(started.error().reason)},
                                             {"detail", started.error().message},
                                             {"cause", started.error().cause}});
  }
  loops_running_ = loops_.size();
  for (const auto& loop : loops_) loop_->Spawn(RunLoop(*loop));
}

async::Task<void> StoreProgram::Stop() {
  for (const auto& loop : loops_) loop->Stop();
  store_->Close();
  if (loops_running_ > 0) co_await loops_ended_.Wait();
  co_await async::Sleep(kCloseTime);
}

}  // namespace tessera::program
