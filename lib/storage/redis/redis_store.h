#pragma once

#include <memory>

#include "redis/client.h"
#include "redis/config.h"
#include "redis/observer.h"
#include "storage/attempt_store.h"
#include "storage/batch_store.h"
#include "storage/campaign_store.h"
#include "storage/code_store.h"
#include "storage/coupon_store.h"
#include "storage/job_store.h"
#include "storage/ledger_store.h"
#include "storage/redemption_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/store_config.h"

namespace tessera::storage {

// How what callers define and what decisions rest on become bytes in Redis.
struct StoreCodecs {
  DefinitionCodec definition;
  ReceiptCodec receipt;
};

// The port on Redis. Everything runs on `loop`'s thread; loop, digests and observer must outlive it. Close,
// and let the loop run on a little, before it is destroyed.
class RedisStore final : public CampaignStore,
                         public CouponStore,
                         public CodeStore,
                         public BatchStore,
                         public JobStore,
                         public JobWork,
                         public RedemptionStore,
                         public AttemptStore,
                         public LedgerStore,
                         public Sweeper {
 public:
  RedisStore(async::EventLoop& loop, const redis::Config& redis, const StoreConfig& config,
             StoreCodecs codecs, const crypto::RequestDigests& digests, redis::Observer* observer = nullptr);
  ~RedisStore() override;

  // Connects and checks the namespace; until `deadline` it waits for the first verdict, then goes on by
  // itself.
  async::Task<core::Status> Start(Deadline deadline);
  void Close();

  // Ok while the store does what it promises; for health and metrics.
  const core::Status& verdict() const;
  const StoreConfig& config() const;
  // The version of a primary, such as "7.0.15"; empty before one was asked.
  const std::string& redis_version() const;
  // Whether all primaries answered when they were last asked.
  bool reachable() const;
  core::InstantMs NowMs() const;
  redis::Client& client();

  async::Task<core::Result<CampaignChanged>> Create(Operation op, std::string campaign_id,
                                                    core::CampaignDefinition definition) override;
  async::Task<core::Result<CampaignChanged>> Update(Operation op, std::string campaign_id,
                                                    int64_t expected_version, Edit edit) override;
  async::Task<core::Result<CampaignChanged>> Move(Operation op, std::string campaign_id,
                                                  core::Transition transition) override;
  async::Task<core::Result<CampaignPtr>> Get(std::string campaign_id, Deadline deadline) override;
  async::Task<core::Result<CampaignPage>> List(int32_t page_size, std::string cursor,
                                               Deadline deadline) override;

  async::Task<std::vector<core::Result<Issued>>> Issue(IssueIntent intent) override;
  async::Task<core::Result<Coupon>> GetCoupon(core::CouponNumber number, Deadline deadline) override;
  async::Task<core::Result<WalletPage>> ListUserCoupons(WalletQuery query) override;
  async::Task<core::Result<Revoked>> Revoke(RevokeIntent intent) override;

  async::Task<core::Result<GeneratedCodes>> GenerateCodes(GenerateCodesIntent intent) override;
  async::Task<core::Result<Issued>> Bind(BindIntent intent) override;
  async::Task<core::Result<CodeView>> GetCode(core::CodeNumber code, Deadline deadline) override;

  async::Task<core::Result<CodeBatch>> GetBatch(uint64_t batch, Deadline deadline) override;
  async::Task<core::Result<GeneratedCodes>> OpenImport(ImportIntent intent) override;
  async::Task<core::Result<std::vector<core::CodeNumber>>> AddStoredCodes(std::string campaign_id,
                                                                          uint64_t batch,
                                                                          std::vector<StoredCode> codes,
                                                                          Deadline deadline) override;
  async::Task<core::Result<core::CodeNumber>> FindStoredCode(core::StoredCodeKey key,
                                                             Deadline deadline) override;

  async::Task<core::Result<JobCreated>> CreateJob(CreateJobIntent intent) override;
  async::Task<core::Result<Job>> GetJob(uint64_t job, Deadline deadline) override;
  async::Task<core::Result<JobPage>> ListJobs(std::string campaign_id, std::optional<uint64_t> before,
                                              int32_t page_size, Deadline deadline) override;
  async::Task<core::Result<Job>> CancelJob(uint64_t job, Deadline deadline) override;

  async::Task<core::Result<std::vector<uint64_t>>> OpenJobs(uint32_t partition, Deadline deadline) override;
  async::Task<core::Result<std::optional<Job>>> Lease(JobLease lease, Deadline deadline) override;
  async::Task<core::Result<bool>> Advance(JobLease lease, JobStep step, Deadline deadline) override;
  async::Task<core::Status> MayMakeCodes(std::string campaign_id, Deadline deadline) override;
  async::Task<core::Result<JobStep>> TakeBack(const Job& job, Deadline deadline) override;

  async::Task<core::Result<Verdict>> Validate(UseIntent intent) override;
  async::Task<core::Result<Redemption>> Redeem(UseIntent intent) override;
  async::Task<core::Result<Reservation>> Reserve(ReserveIntent intent) override;
  async::Task<core::Result<Redemption>> Commit(CommitIntent intent) override;
  async::Task<core::Result<Released>> Release(ReleaseIntent intent) override;
  async::Task<core::Result<RolledBack>> Rollback(RollbackIntent intent) override;
  async::Task<core::Result<RedemptionView>> GetRedemption(core::OpRef ref, Deadline deadline) override;
  async::Task<core::Result<Explanation>> Explain(core::OpRef ref, Deadline deadline) override;
  async::Task<core::Result<OperationStatus>> GetOperation(OperationQuery query) override;
  async::Task<core::Result<OperationStatus>> FenceOperation(OperationQuery query) override;

  async::Task<core::Result<AttemptSpent>> Spend(AttemptSubject subject, AttemptLimit limit,
                                                Deadline deadline) override;
  async::Task<core::Status> Return(AttemptSubject subject, core::InstantMs window_end_ms,
                                   Deadline deadline) override;

  async::Task<core::Result<ApplyProgress>> Apply(uint32_t partition, int32_t entries_max,
                                                 Deadline deadline) override;
  async::Task<core::Result<CampaignTotals>> Totals(std::string campaign_id, Deadline deadline) override;
  async::Task<core::Result<std::vector<CampaignTotals>>> TotalsOfEach(std::vector<CampaignPtr> campaigns,
                                                                      Deadline deadline) override;
  async::Task<core::Result<Verification>> Verify(std::string campaign_id, VerifyDepth depth,
                                                 Deadline deadline) override;

  async::Task<core::Result<SweepReport>> SweepDue(uint32_t partition, Deadline deadline) override;
  async::Task<core::Result<SweepReport>> SweepTransfers(uint32_t partition, Deadline deadline) override;
  async::Task<core::Result<SweepReport>> SweepChanges(uint32_t partition, Deadline deadline) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tessera::storage
