// BatchFixture is the fixture of the cases about batches, stored codes and jobs, which every Redis topology
// is held to. The in-memory model has none of them.
#pragma once

#include "code_contract.h"
#include "redis_under_test.h"

namespace tessera::contract {

class BatchFixture : public CodeFixture {
 protected:
  storage::RedisStore& redis() { return static_cast<RedisUnderTest&>(*store_).store(); }

  // The i-th stored code: a digest is as good as any other bytes.
  static core::StoredCodeKey Key(uint32_t i) {
    core::StoredCodeKey key;
    key.bytes = User(i).bytes;
    return key;
  }
  core::Result<storage::GeneratedCodes> Import(const std::string& campaign_id, uint64_t codes_max,
                                               uint32_t uses_max = 1) {
    storage::ImportIntent intent;
    intent.op = NewOp(storage::Method::kImportCodes);
    intent.campaign_id = campaign_id;
    intent.codes_max = codes_max;
    intent.uses_max = uses_max;
    return Await(redis().OpenImport(intent));
  }
  // The stored codes from the `from`-th on.
  static std::vector<storage::StoredCode> Codes(uint32_t from, uint32_t count) {
    std::vector<storage::StoredCode> codes;
    for (uint32_t i = from; i < from + count; ++i) codes.push_back({Key(i), std::nullopt});
    return codes;
  }
  static bool Has(const core::NumberRow& row, core::CodeNumber number) {
    return number.value >= row.first && (number.value - row.first) % row.stride == 0 &&
           (number.value - row.first) / row.stride < row.count;
  }
  // A stored code that is good so often; the test fails when it is refused.
  core::CodeNumber StoredCode(const std::string& campaign_id, uint32_t uses_max) {
    const auto batch = Import(campaign_id, 1, uses_max);
    EXPECT_THAT(batch, Succeeds());
    return {batch.ok() ? batch->numbers.first : 0};
  }

  core::Result<storage::JobCreated> Create(const std::string& campaign_id, storage::Work work) {
    return Create(campaign_id, std::move(work), NewOp(storage::Method::kCreateJob));
  }
  core::Result<storage::JobCreated> Create(const std::string& campaign_id, storage::Work work,
                                           const storage::Operation& op) {
    storage::CreateJobIntent intent;
    intent.op = op;
    intent.campaign_id = campaign_id;
    intent.work = std::move(work);
    return Await(redis().CreateJob(intent));
  }
  static storage::GenerateWork Making(uint64_t count) {
    storage::GenerateWork work;
    work.count = count;
    return work;
  }
  static storage::RevokeWork TakingBack(uint64_t batch, uint64_t start = 0, uint64_t count = 0) {
    storage::RevokeWork work;
    work.batch = batch;
    work.start = start;
    work.count = count;
    return work;
  }
  core::Result<storage::Job> Get(uint64_t job) { return Await(redis().GetJob(job, Soon())); }
  std::optional<storage::Job> Lease(uint64_t job, uint64_t worker) {
    const auto leased = Await(redis().Lease({job, worker}, Soon()));
    EXPECT_TRUE(leased.ok());
    return leased.ok() ? *leased : std::nullopt;
  }
  bool Advance(uint64_t job, uint64_t worker, const storage::JobStep& step) {
    const auto goes_on = Await(redis().Advance({job, worker}, step, Soon()));
    EXPECT_TRUE(goes_on.ok());
    return goes_on.ok() && *goes_on;
  }
  // Does a revoking job to its end.
  storage::Job Finish(uint64_t job) {
    std::optional<storage::Job> leased = Lease(job, 1);
    while (leased) {
      const auto step = Await(redis().TakeBack(*leased, Soon()));
      EXPECT_TRUE(step.ok()) << step.error().message;
      if (!step.ok() || !Advance(job, 1, *step)) break;
      leased->done = step->to;
    }
    return *Get(job);
  }
};

}  // namespace tessera::contract
