#include "storage/redis/redis_store.h"

#include "core/lifecycle.h"
#include "storage/redis/attempts.h"
#include "storage/redis/changing.h"
#include "storage/redis/code_batches.h"
#include "storage/redis/code_binding.h"
#include "storage/redis/code_generating.h"
#include "storage/redis/code_revoking.h"
#include "storage/redis/code_withdrawing.h"
#include "storage/redis/issuing.h"
#include "storage/redis/jobs.h"
#include "storage/redis/ledger.h"
#include "storage/redis/operations.h"
#include "storage/redis/redeeming.h"
#include "storage/redis/returning.h"
#include "storage/redis/settling.h"
#include "storage/redis/sweeping.h"
#include "storage/redis/verifying.h"

namespace tessera::storage {

// In the order in which they stand on each other.
struct RedisStore::Parts {
  Parts(async::EventLoop& event_loop, const redis::Config& redis_config, const StoreConfig& store_config,
        StoreCodecs store_codecs, const crypto::RequestDigests& request_digests, redis::Observer* observer)
      : loop(event_loop),
        config(store_config),
        codecs(std::move(store_codecs)),
        keys(config.name, config.shape),
        guard(config, keys, clock),
        client(
            loop, redis_config, [this](redis::Session& session) { return guard.OnConnect(session); },
            observer),
        backend{client, keys, clock, guard, config, request_digests} {}

  async::EventLoop& loop;
  const StoreConfig config;
  const StoreCodecs codecs;
  const Keys keys;
  RedisClock clock;
  Guard guard;
  redis::Client client;
  const Backend backend;

  CampaignDirectory directory{backend, codecs.definition};
  const Outcomes outcomes{backend, directory, codecs.receipt};
  const CouponReader coupons{backend, directory};
  Escrow escrow{backend};
  Changing changing{backend, directory, outcomes, escrow, codecs.definition};
  Issuing issuing{backend, directory, escrow};
  CodeRanges ranges{backend};
  const CodeTaking taking{backend, ranges};
  const StackCodes stack_codes{backend, coupons, outcomes, taking};
  StackMoney stack_money{backend, directory, escrow};
  Redeeming redeeming{backend, directory,   coupons,     outcomes,
                      ranges,  stack_codes, stack_money, codecs.receipt};
  CodeGenerating code_generating{backend, directory, outcomes};
  CodeBinding code_binding{backend, directory, coupons, outcomes, ranges, taking};
  Settling settling{backend, directory, coupons, outcomes, escrow};
  Returning returning{backend, directory, outcomes, taking, escrow, codecs.receipt};
  CodeRevoking code_revoking{backend, outcomes, ranges, taking, settling};
  const CodeWithdrawing code_withdrawing{backend, ranges, code_revoking};
  const CodeNames code_names{backend};
  Jobs jobs{backend, directory, outcomes, ranges};
  CodeBatches code_batches{directory, ranges, code_names, jobs};
  const Attempts attempts{backend};
  const Operations operations{backend, outcomes};
  Ledger ledger{backend, directory};
  Verifying verifying{backend, directory, ledger};
  Sweeping sweeping{backend, directory, changing, escrow, taking};
};

RedisStore::RedisStore(async::EventLoop& loop, const redis::Config& redis, const StoreConfig& config,
                       StoreCodecs codecs, const crypto::RequestDigests& digests, redis::Observer* observer) {
  redis::Config effective = redis;
  if (config.durability == Durability::kReplicated) effective.wait_replicas = config.replicas;
  parts_ = std::make_unique<Parts>(loop, effective, config, std::move(codecs), digests, observer);
}

RedisStore::~RedisStore() = default;

async::Task<core::Status> RedisStore::Start(Deadline deadline) {
  const redis::Result<void> connected = co_await parts_->client.Start(deadline);
  if (!connected.ok() && connected.error().kind == redis::ErrorKind::kOther) {
    co_return core::Error(core::Reason::kInternal, "redis: " + connected.error().text);
  }
  if (connected.ok()) co_await parts_->guard.Check(parts_->client);
  parts_->loop.Spawn(parts_->guard.Watch(parts_->client));
  co_return parts_->guard.verdict();
}

void RedisStore::Close() {
  parts_->guard.Stop();
  parts_->client.Close();
}

const std::string& RedisStore::redis_version() const { return parts_->guard.redis_version(); }

bool RedisStore::reachable() const { return parts_->guard.reachable(); }

const core::Status& RedisStore::verdict() const { return parts_->guard.verdict(); }
const StoreConfig& RedisStore::config() const { return parts_->config; }
core::InstantMs RedisStore::NowMs() const { return parts_->clock.Now(); }
redis::Client& RedisStore::client() { return parts_->client; }

async::Task<core::Result<CampaignChanged>> RedisStore::Create(Operation op, std::string campaign_id,
                                                              core::CampaignDefinition definition) {
  return parts_->changing.Create(std::move(op), std::move(campaign_id), std::move(definition));
}

async::Task<core::Result<CampaignChanged>> RedisStore::Update(Operation op, std::string campaign_id,
                                                              int64_t expected_version, Edit edit) {
  return parts_->changing.Update(std::move(op), std::move(campaign_id), expected_version, std::move(edit));
}

async::Task<core::Result<CampaignChanged>> RedisStore::Move(Operation op, std::string campaign_id,
                                                            core::Transition transition) {
  return parts_->changing.Move(std::move(op), std::move(campaign_id), transition);
}

async::Task<core::Result<CampaignPtr>> RedisStore::Get(std::string campaign_id, Deadline deadline) {
  const core::Result<KnownCampaignPtr> known =
      co_await parts_->directory.Fresh(std::move(campaign_id), deadline);
  if (!known.ok()) co_return known.error();
  co_return CampaignPtr(*known, &(*known)->campaign);
}

async::Task<core::Result<CampaignPage>> RedisStore::List(int32_t page_size, std::string cursor,
                                                         Deadline deadline) {
  return parts_->changing.List(page_size, std::move(cursor), deadline);
}

async::Task<std::vector<core::Result<Issued>>> RedisStore::Issue(IssueIntent intent) {
  return parts_->issuing.Issue(std::move(intent));
}

async::Task<core::Result<Coupon>> RedisStore::GetCoupon(core::CouponNumber number, Deadline deadline) {
  return parts_->coupons.Get(number, deadline);
}

async::Task<core::Result<WalletPage>> RedisStore::ListUserCoupons(WalletQuery query) {
  return parts_->coupons.List(std::move(query));
}

async::Task<core::Result<Revoked>> RedisStore::Revoke(RevokeIntent intent) {
  if (std::holds_alternative<core::CodeNumber>(intent.coupon)) {
    return parts_->code_revoking.Revoke(std::move(intent));
  }
  return parts_->settling.Revoke(std::move(intent));
}

async::Task<core::Result<GeneratedCodes>> RedisStore::GenerateCodes(GenerateCodesIntent intent) {
  return parts_->code_generating.Make(std::move(intent));
}

async::Task<core::Result<Issued>> RedisStore::Bind(BindIntent intent) {
  return parts_->code_binding.Bind(std::move(intent));
}

async::Task<core::Result<CodeView>> RedisStore::GetCode(core::CodeNumber code, Deadline deadline) {
  return parts_->code_binding.Get(code, deadline);
}

async::Task<core::Result<CodeBatch>> RedisStore::GetBatch(uint64_t batch, Deadline deadline) {
  return parts_->code_batches.Get(batch, deadline);
}

async::Task<core::Result<GeneratedCodes>> RedisStore::OpenImport(ImportIntent intent) {
  return parts_->code_generating.OpenImport(std::move(intent));
}

async::Task<core::Result<std::vector<core::CodeNumber>>> RedisStore::AddStoredCodes(
    std::string campaign_id, uint64_t batch, std::vector<StoredCode> codes, Deadline deadline) {
  return parts_->code_batches.AddStored(std::move(campaign_id), batch, std::move(codes), deadline);
}

async::Task<core::Result<core::CodeNumber>> RedisStore::FindStoredCode(core::StoredCodeKey key,
                                                                       Deadline deadline) {
  return parts_->code_names.Find(key, deadline);
}

async::Task<core::Result<JobCreated>> RedisStore::CreateJob(CreateJobIntent intent) {
  return parts_->jobs.Create(std::move(intent));
}

async::Task<core::Result<Job>> RedisStore::GetJob(uint64_t job, Deadline deadline) {
  return parts_->jobs.Get(job, deadline);
}

async::Task<core::Result<JobPage>> RedisStore::ListJobs(std::string campaign_id,
                                                        std::optional<uint64_t> before, int32_t page_size,
                                                        Deadline deadline) {
  return parts_->jobs.List(std::move(campaign_id), before, page_size, deadline);
}

async::Task<core::Result<Job>> RedisStore::CancelJob(uint64_t job, Deadline deadline) {
  return parts_->jobs.Cancel(job, deadline);
}

async::Task<core::Result<std::vector<uint64_t>>> RedisStore::OpenJobs(uint32_t partition, Deadline deadline) {
  return parts_->jobs.Open(partition, deadline);
}

async::Task<core::Result<std::optional<Job>>> RedisStore::Lease(JobLease lease, Deadline deadline) {
  return parts_->jobs.Lease(lease, deadline);
}

async::Task<core::Result<bool>> RedisStore::Advance(JobLease lease, JobStep step, Deadline deadline) {
  return parts_->jobs.Advance(lease, step, deadline);
}

async::Task<core::Status> RedisStore::MayMakeCodes(std::string campaign_id, Deadline deadline) {
  const core::Result<KnownCampaignPtr> known =
      co_await parts_->directory.Fresh(std::move(campaign_id), deadline);
  if (!known.ok()) co_return known.error();
  co_return core::MayIssue((*known)->campaign);
}

async::Task<core::Result<JobStep>> RedisStore::TakeBack(const Job& job, Deadline deadline) {
  return parts_->code_withdrawing.Step(job, deadline);
}

async::Task<core::Result<Verdict>> RedisStore::Validate(UseIntent intent) {
  return parts_->redeeming.Validate(std::move(intent));
}

async::Task<core::Result<Redemption>> RedisStore::Redeem(UseIntent intent) {
  return parts_->redeeming.Redeem(std::move(intent));
}

async::Task<core::Result<Reservation>> RedisStore::Reserve(ReserveIntent intent) {
  return parts_->redeeming.Reserve(std::move(intent));
}

async::Task<core::Result<Redemption>> RedisStore::Commit(CommitIntent intent) {
  return parts_->settling.Commit(std::move(intent));
}

async::Task<core::Result<Released>> RedisStore::Release(ReleaseIntent intent) {
  return parts_->settling.Release(std::move(intent));
}

async::Task<core::Result<RolledBack>> RedisStore::Rollback(RollbackIntent intent) {
  return parts_->returning.Rollback(std::move(intent));
}

async::Task<core::Result<RedemptionView>> RedisStore::GetRedemption(core::OpRef ref, Deadline deadline) {
  return parts_->operations.GetRedemption(ref, deadline);
}

async::Task<core::Result<Explanation>> RedisStore::Explain(core::OpRef ref, Deadline deadline) {
  return parts_->operations.Explain(ref, deadline);
}

async::Task<core::Result<OperationStatus>> RedisStore::GetOperation(OperationQuery query) {
  return parts_->operations.Get(std::move(query));
}

async::Task<core::Result<OperationStatus>> RedisStore::FenceOperation(OperationQuery query) {
  return parts_->operations.Fence(std::move(query));
}

async::Task<core::Result<AttemptSpent>> RedisStore::Spend(AttemptSubject subject, AttemptLimit limit,
                                                          Deadline deadline) {
  return parts_->attempts.Spend(subject, limit, deadline);
}

async::Task<core::Status> RedisStore::Return(AttemptSubject subject, core::InstantMs window_end_ms,
                                             Deadline deadline) {
  return parts_->attempts.Return(subject, window_end_ms, deadline);
}

async::Task<core::Result<ApplyProgress>> RedisStore::Apply(uint32_t partition, int32_t entries_max,
                                                           Deadline deadline) {
  return parts_->ledger.Apply(partition, entries_max, deadline);
}

async::Task<core::Result<CampaignTotals>> RedisStore::Totals(std::string campaign_id, Deadline deadline) {
  return parts_->ledger.Totals(std::move(campaign_id), deadline);
}

async::Task<core::Result<std::vector<CampaignTotals>>> RedisStore::TotalsOfEach(
    std::vector<CampaignPtr> campaigns, Deadline deadline) {
  return parts_->ledger.TotalsOfEach(std::move(campaigns), deadline);
}

async::Task<core::Result<Verification>> RedisStore::Verify(std::string campaign_id, VerifyDepth depth,
                                                           Deadline deadline) {
  return parts_->verifying.Verify(std::move(campaign_id), depth, deadline);
}

async::Task<core::Result<SweepReport>> RedisStore::SweepDue(uint32_t partition, Deadline deadline) {
  return parts_->sweeping.SweepDue(partition, deadline);
}

async::Task<core::Result<SweepReport>> RedisStore::SweepTransfers(uint32_t partition, Deadline deadline) {
  return parts_->sweeping.SweepTransfers(partition, deadline);
}

async::Task<core::Result<SweepReport>> RedisStore::SweepChanges(uint32_t partition, Deadline deadline) {
  return parts_->sweeping.SweepChanges(partition, deadline);
}

}  // namespace tessera::storage
