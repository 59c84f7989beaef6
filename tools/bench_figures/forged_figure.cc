#include <time.h>

#include <stdexcept>

#include "async/event_loop.h"
#include "prometheus/registry.h"
#include "services/redeemer/redemption_handlers.h"
#include "tools/bench_figures/measure.h"
#include "tools/load/request_ids.h"
#include "tools/load/traffic.h"

namespace tessera::bench {
namespace {

constexpr int kForged = 20'000;
constexpr double kSecondsPerRound = 0.5;

// A store that must not be asked.
class NoStore final : public storage::RedemptionStore,
                      public storage::AttemptStore,
                      public storage::CodeDictionary {
 public:
  int64_t asked() const { return asked_; }

  async::Task<core::Result<storage::Verdict>> Validate(storage::UseIntent) override {
    return Refuse<storage::Verdict>();
  }
  async::Task<core::Result<storage::Redemption>> Redeem(storage::UseIntent) override {
    return Refuse<storage::Redemption>();
  }
  async::Task<core::Result<storage::Reservation>> Reserve(storage::ReserveIntent) override {
    return Refuse<storage::Reservation>();
  }
  async::Task<core::Result<storage::Redemption>> Commit(storage::CommitIntent) override {
    return Refuse<storage::Redemption>();
  }
  async::Task<core::Result<storage::Released>> Release(storage::ReleaseIntent) override {
    return Refuse<storage::Released>();
  }
  async::Task<core::Result<storage::RolledBack>> Rollback(storage::RollbackIntent) override {
    return Refuse<storage::RolledBack>();
  }
  async::Task<core::Result<storage::RedemptionView>> GetRedemption(core::OpRef, storage::Deadline) override {
    return Refuse<storage::RedemptionView>();
  }
  async::Task<core::Result<storage::Explanation>> Explain(core::OpRef, storage::Deadline) override {
    return Refuse<storage::Explanation>();
  }
  async::Task<core::Result<storage::OperationStatus>> GetOperation(storage::OperationQuery) override {
    return Refuse<storage::OperationStatus>();
  }
  async::Task<core::Result<storage::OperationStatus>> FenceOperation(storage::OperationQuery) override {
    return Refuse<storage::OperationStatus>();
  }
  async::Task<core::Result<storage::AttemptSpent>> Spend(storage::AttemptSubject, storage::AttemptLimit,
                                                         storage::Deadline) override {
    return Refuse<storage::AttemptSpent>();
  }
  async::Task<core::Status> Return(storage::AttemptSubject, core::InstantMs, storage::Deadline) override {
    return Refuse<core::Nothing>();
  }
  async::Task<core::Result<core::CodeNumber>> FindStoredCode(core::StoredCodeKey,
                                                             storage::Deadline) override {
    return Refuse<core::CodeNumber>();
  }

 private:
  template <class T>
  async::Task<core::Result<T>> Refuse() {
    ++asked_;
    co_return core::Error(core::Reason::kInternal, "asked");
  }

  int64_t asked_ = 0;
};

double ThreadCpuSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

crypto::KeyFile MakeKeys() {
  std::string text;
  char digit = '1';
  // Code keys of all ids, so that no forged code is refused for its key id alone.
  for (const char* purpose : {"user", "request", "token"}) {
    text.append(purpose).append(" 0 ").append(64, digit++).append(" current\n");
  }
  for (int id = 0; id < 8; ++id) {
    text.append("code ")
        .append(std::to_string(id))
        .append(" ")
        .append(64, static_cast<char>('1' + id))
        .append(id == 0 ? " current\n" : "\n");
  }
  return *crypto::KeyFile::Parse(text, "bench");
}

std::vector<coupon::v1::RedeemCouponsRequest> ForgedRequests(uint64_t seed) {
  std::vector<coupon::v1::RedeemCouponsRequest> requests(kForged);
  load::RequestIds ids(seed);
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].set_request_id(ids.Next());
    load::ForgedTraffic::ForgeCode(seed, i, requests[i].add_coupons()->mutable_code());
    load::FillOrder("o-1", requests[i].mutable_order());
  }
  return requests;
}

struct Refusals {
  int64_t forged = 0;
  int64_t other = 0;
  double seconds = 0;
};

async::Task<void> RefuseForAWhile(redeemer::RedemptionHandlers& handlers, const server::CallContext& context,
                                  const std::vector<coupon::v1::RedeemCouponsRequest>& requests,
                                  Refusals* refusals) {
  const double begin = ThreadCpuSeconds();
  do {
    for (const auto& request : requests) {
      const auto answer = co_await handlers.RedeemCoupons(context, request);
      ++(!answer.ok() && answer.error().reason == core::Reason::kInvalidCode ? refusals->forged
                                                                             : refusals->other);
    }
    refusals->seconds = ThreadCpuSeconds() - begin;
  } while (refusals->seconds < kSecondsPerRound);
}

}  // namespace

void MeasureForged(const BenchOptions& options, BenchResult* result) {
  Say("forged codes");
  const crypto::KeyFile keys = MakeKeys();
  const program::HandlerTools tools(keys, core::Shape{}, [](std::string_view) { return 0u; });
  prometheus::Registry registry;
  redeemer::RedeemerMetrics metrics(registry);
  NoStore store;
  // Without a budget each of them is judged, which is what this measures: a spent budget refuses for less.
  const program::AttemptConfig no_budget{.per_user = 0, .per_caller = 0};
  program::CodeReader codes(store, store, tools, no_budget, registry);
  redeemer::RedemptionHandlers handlers(store, codes, tools, metrics);
  const server::MethodInfo method{
      "coupon.v1.RedeemerService/RedeemCoupons", "coupon.v1.RedeemerService", "RedeemCoupons", {}};
  const server::Caller caller{"bench", server::RoleSet::All()};
  const server::TraceContext trace{};
  const server::CallContext context(method, caller, std::chrono::steady_clock::now() + std::chrono::hours(1),
                                    trace);
  async::EventLoop loop;
  Figure figure{"forged_refusals_per_core",
                "forged codes that the redeemer's handler refuses per second of one core; no Redis command",
                300'000, 0};
  for (int round = 0; round < options.rounds; ++round) {
    const auto requests = ForgedRequests(static_cast<uint64_t>(round) + 1);
    Refusals refusals;
    loop.RunUntilDone(RefuseForAWhile(handlers, context, requests, &refusals));
    if (refusals.other > 0 || store.asked() > 0)
      throw std::runtime_error("a forged code was not refused as one");
    figure.samples.push_back(static_cast<double>(refusals.forged) / refusals.seconds);
  }
  result->figures.push_back(figure);
}

}  // namespace tessera::bench
