#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <map>

#include "async/event.h"
#include "async/event_loop.h"
#include "async/timer.h"
#include "services/program/outcome_counter.h"
#include "services/program/store_settings.h"
#include "services/program/sweep_loop.h"

namespace tessera::program {
namespace {

core::Status Load(const std::string& yaml, StoreSettings& settings) {
  server::ConfigBinder binder;
  Bind(binder, settings);
  return binder.Load(yaml, "test.yaml", {});
}

TEST(StoreSettings, AreReadFromTheirSections) {
  StoreSettings settings;
  const core::Status loaded = Load(
      "redis:\n  topology: cluster\n  addresses: [\"a:1\", \"b:2\"]\n  password: secret\n"
      "storage:\n  namespace: shop\n  partitions: 16\n  buckets: 64\n  durability: replicated\n  replicas: "
      "2\n"
      "keys:\n  file: /etc/tessera/keys\n",
      settings);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(settings.redis.topology, redis::TopologyKind::kCluster);
  EXPECT_EQ(settings.redis.addresses, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(settings.redis.wait_replicas, 2);
  EXPECT_EQ(settings.storage.shape.partitions, 16u);
  EXPECT_EQ(settings.storage.shape.buckets, 64u);
  EXPECT_EQ(settings.key_file, "/etc/tessera/keys");
  EXPECT_EQ(PromiseOf(settings.storage), "replicated:2");
}

TEST(StoreSettings, BadOnesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"storage:\n  partitions: 12\n", "storage.partitions"},
      {"storage:\n  partitions: 2048\n", "storage.partitions"},
      {"storage:\n  buckets: 0\n", "storage.buckets"},
      {"storage:\n  namespace: \"a{b}\"\n", "storage.namespace"},
      {"storage:\n  durability: perhaps\n", "storage.durability"},
      {"storage:\n  durability: replicated\n", "storage.replicas"},
      {"storage:\n  replicas: 1\n", "storage.replicas"},
      {"redis:\n  topology: mesh\n", "redis.topology"},
      {"redis:\n  adresses: [\"a:1\"]\n", "redis.adresses"},
      {"redis:\n  backoff_min_ms: 900\n", "redis.backoff_max_ms"},
  };
  for (const auto& [yaml, field] : cases) {
    SCOPED_TRACE(yaml);
    StoreSettings settings;
    const core::Status loaded = Load(yaml, settings);
    if (loaded.ok()) {
      ADD_FAILURE() << "was taken";
      continue;
    }
    EXPECT_NE(loaded.error().message.find(field), std::string::npos) << loaded.error().message;
  }
}

TEST(OutcomeCounter, HasEverySeriesFromTheStart) {
  prometheus::Registry registry;
  OutcomeCounter counter(OutcomeFamily(registry, "things_total", "Things."), {{"kind", "one"}});
  counter.Ok();
  counter.Refused(core::Reason::kStock);
  counter.Count(core::Result<int>(core::Error(core::Reason::kStoreUnreachable, "down")));
  const auto families = registry.Collect();
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].metric.size(), static_cast<size_t>(core::kReasonCount) + 1);
  std::map<std::string, double> counted;
  for (const auto& metric : families[0].metric) {
    std::map<std::string, std::string> labels;
    for (const auto& label : metric.label) labels[label.name] = label.value;
    EXPECT_EQ(labels["kind"], "one");
    if (metric.counter.value > 0) counted[labels["outcome"] + "/" + labels["reason"]] = metric.counter.value;
  }
  EXPECT_EQ(counted, (std::map<std::string, double>{
                         {"ok/NONE", 1}, {"refused/STOCK", 1}, {"failed/STORE_UNREACHABLE", 1}}));
}

// Has `work` things to do in every partition, then nothing.
class SweptStore final : public storage::Sweeper {
 public:
  async::Task<core::Result<storage::SweepReport>> SweepDue(uint32_t partition, storage::Deadline) override {
    co_return Report(partition);
  }
  async::Task<core::Result<storage::SweepReport>> SweepTransfers(uint32_t, storage::Deadline) override {
    if (broken) co_return core::Error(core::Reason::kStoreUnreachable, "down");
    co_return storage::SweepReport();
  }
  async::Task<core::Result<storage::SweepReport>> SweepChanges(uint32_t, storage::Deadline) override {
    co_return storage::SweepReport();
  }

  std::map<uint32_t, int> work;
  int calls = 0;
  bool broken = false;

 private:
  storage::SweepReport Report(uint32_t partition) {
    ++calls;
    storage::SweepReport report;
    int& left = work[partition];
    if (left > 0) {
      --left;
      report.coupons_expired = 1;
    }
    report.more = left > 0;
    return report;
  }
};

async::Task<void> RunFor(SweepLoop& loop, std::chrono::milliseconds time) {
  const async::Executor executor = co_await asio::this_coro::executor;
  async::Event ended;
  const auto run = [](SweepLoop& sweep, async::Event& end) -> async::Task<void> {
    co_await sweep.Run();
    end.Set();
  };
  asio::co_spawn(executor, run(loop, ended), [](const std::exception_ptr&) {});
  co_await async::Sleep(time);
  loop.Stop();
  co_await ended.Wait();
}

TEST(SweepLoop, GoesOnWhereThereIsMoreAndAfterAFailure) {
  async::EventLoop loop;
  prometheus::Registry registry;
  SweptStore store;
  store.work = {{0, 3}, {2, 1}};
  const SweepConfig config{.enabled = true, .interval = std::chrono::milliseconds(10)};
  SweepLoop sweep(store, 3, config, registry);
  loop.RunUntilDone(RunFor(sweep, std::chrono::milliseconds(25)));
  EXPECT_EQ(store.work[0], 0);
  EXPECT_EQ(store.work[2], 0);
  EXPECT_GE(store.calls, 5);

  store.broken = true;
  store.work = {{0, 1}};
  prometheus::Registry other;
  SweepLoop failing(store, 3, config, other);
  store.calls = 0;
  loop.RunUntilDone(RunFor(failing, std::chrono::milliseconds(35)));
  EXPECT_GE(store.calls, 2);
  EXPECT_EQ(store.work[0], 0);
}

TEST(SweepLoop, MayBeSwitchedOff) {
  async::EventLoop loop;
  prometheus::Registry registry;
  SweptStore store;
  const SweepConfig config{.enabled = false};
  SweepLoop sweep(store, 3, config, registry);
  loop.RunUntilDone(RunFor(sweep, std::chrono::milliseconds(1)));
  EXPECT_EQ(store.calls, 0);
}

}  // namespace
}  // namespace tessera::program
