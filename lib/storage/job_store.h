#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "async/task.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/stored_code.h"
#include "storage/coupon_store.h"
#include "storage/operation.h"

namespace tessera::storage {

// Make codes that belong to nobody, under `code_key_id`; those of a pattern are short and stored.
struct GenerateWork {
  uint64_t count = 0;  // 1 or more
  uint8_t code_key_id = 0;
  std::optional<core::CodePattern> pattern;
  bool operator==(const GenerateWork&) const = default;
};

// Take back the codes of a batch from `start` on, 0 being its first.
struct RevokeWork {
  uint64_t batch = 0;
  uint64_t start = 0;
  uint64_t count = 0;  // asked as 0: all that follow
  ReservedPolicy reserved_policy = ReservedPolicy::kWait;
  bool operator==(const RevokeWork&) const = default;
};

using Work = std::variant<GenerateWork, RevokeWork>;

struct CreateJobIntent {
  Operation op;
  std::string campaign_id;
  Work work;
};

enum class JobState : uint8_t { kPending, kRunning, kSucceeded, kCancelled, kFailed };

// A job as it stands.
struct Job {
  uint64_t job = 0;
  std::string campaign_id;
  JobState state = JobState::kPending;
  Work work;
  uint64_t batch = 0;
  core::NumberRow numbers;  // of all its codes
  int64_t done = 0;         // of them, from the first on
  int64_t refused = 0;      // of those that are done: left as they were
  core::InstantMs create_time_ms = 0;
  core::InstantMs start_time_ms = 0;  // 0: not begun
  core::InstantMs update_time_ms = 0;
  core::InstantMs end_time_ms = 0;      // 0: not ended
  std::optional<core::Reason> failure;  // of state kFailed
  bool operator==(const Job&) const = default;
};

struct JobPage {
  std::vector<Job> jobs;
  std::optional<uint64_t> next;  // the job before which the next page begins; absent: this is the last
};

// Work that is too long for one call. A job stands at its campaign's home, with how far it has come. All
// methods run on the event loop's thread.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // CAMPAIGN_NOT_FOUND, BATCH_NOT_FOUND, INVALID_FIELD for a range outside the batch; for work that makes
  // codes CAMPAIGN_NOT_ACTIVE, _PAUSED, _ENDED, STORAGE_FULL.
  virtual async::Task<core::Result<JobCreated>> CreateJob(CreateJobIntent intent) = 0;
  // JOB_NOT_FOUND.
  virtual async::Task<core::Result<Job>> GetJob(uint64_t job, Deadline deadline) = 0;
  // The campaign's jobs, the newest first, from before job `before` on. CAMPAIGN_NOT_FOUND.
  virtual async::Task<core::Result<JobPage>> ListJobs(std::string campaign_id, std::optional<uint64_t> before,
                                                      int32_t page_size, Deadline deadline) = 0;
  // JOB_NOT_FOUND, JOB_ENDED.
  virtual async::Task<core::Result<Job>> CancelJob(uint64_t job, Deadline deadline) = 0;
};

// One process' claim to do a job, until the store's clock says otherwise.
struct JobLease {
  uint64_t job = 0;
  uint64_t worker = 0;  // drawn at random by each process
};

// How far a step came.
struct JobStep {
  int64_t from = 0;                     // what was done before
  int64_t to = 0;                       // what is done now: `from` or more
  int64_t refused = 0;                  // of them
  int64_t made = 0;                     // codes to be entered in the ledger as made
  std::optional<core::Reason> failure;  // the job can't go on
};

// What a process that does jobs needs. It leases a job, does a step of it and notes how far it came. A step
// does nothing when it is done twice, and its note is refused to whoever has lost the lease; so a worker may
// die at any instant, and another goes on without a gap or a duplicate.
class JobWork {
 public:
  virtual ~JobWork() = default;

  // Jobs at home `partition` that nobody does.
  virtual async::Task<core::Result<std::vector<uint64_t>>> OpenJobs(uint32_t partition,
                                                                    Deadline deadline) = 0;
  // Absent when another worker has it, or it has ended.
  virtual async::Task<core::Result<std::optional<Job>>> Lease(JobLease lease, Deadline deadline) = 0;
  // Notes a step, and renews the lease. False when the lease is lost or the job has ended: its worker turns
  // to something else.
  virtual async::Task<core::Result<bool>> Advance(JobLease lease, JobStep step, Deadline deadline) = 0;

  // Whether the campaign makes codes now: CAMPAIGN_NOT_ACTIVE, _PAUSED, _ENDED.
  virtual async::Task<core::Status> MayMakeCodes(std::string campaign_id, Deadline deadline) = 0;
  // Takes back those of a revoking job that are next, as many as one step does. What they became is
  // taken back too where it can be.
  virtual async::Task<core::Result<JobStep>> TakeBack(const Job& job, Deadline deadline) = 0;
};

}  // namespace tessera::storage
