#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/event.h"
#include "async/single_flight.h"
#include "storage/redis/backend.h"
#include "storage/redis/limit.h"

namespace tessera::storage {

// What waits at a partition for units of a limit: as the script found it that had too few at hand. One who
// needs an amount says it as `least` and `want`; several who need one unit each say 1 and how many they are.
struct Demand {
  uint32_t partition = 0;
  int64_t got = 0;    // total ever leased to the partition that has arrived there
  int64_t share = 0;  // at hand there
  int64_t least = 1;  // with less than this nobody who waits is served; more than share
  int64_t want = 1;   // what all who wait need together
};

struct Supply {
  enum class Kind : uint8_t {
    kLeased,  // `total` is what was ever leased to the partition, and is more than it has got
    kMoved,   // units moved, the partition's own among them, so what it lacks is to be asked anew
    kDry,    // at an instant after the question was asked all units that are left, `left`, less than each who
             // waits needs, were in the pool and nowhere else
    kStale,  // the campaign is at another version
    kBusy,   // others were faster too often
  };
  Kind kind = Kind::kBusy;
  int64_t total = 0;
  int64_t left = 0;
};

// Escrow: hands a limit's units to partitions and calls them back, so that a cap holds exactly while no claim
// and no redemption leaves its slot. The protocol is in ARCHITECTURE.md and is model-checked in
// tests/model/escrow.pml; only monotone totals travel, so any step may be lost, repeated or done by somebody
// else. Loop thread only.
//
// Who wait at the same partition at the same time share one answer. Their needs add up to what is leased, but
// what is refused is judged by the smallest of them: where the pool holds less than all need and enough for
// one, all of it is leased and everybody tries again at the partition, so the sum never refuses whom the rest
// would still serve. Whoever then still has too little asks once more, alone or with others.
//
// A need is lessened by what is at hand, and what is at hand may be called home before the answer comes. So
// after units were called home the home is not asked for an old difference: kMoved has the partition asked
// again, which then knows that it has nothing, and the home is asked for the whole. Else one who needs 5 of
// the 4 that are left, with 3 at hand, would lease 2 and lose 3 for ever.
class Escrow {
 public:
  explicit Escrow(const Backend& backend) : backend_(backend) {}

  // Finds units for `demand`.
  async::Task<core::Result<Supply>> Acquire(Limit limit, Demand demand, Deadline deadline);

  // Calls every unit home that is at hand anywhere, to lower the cap by: true when some came.
  async::Task<core::Result<bool>> CallHome(Limit limit, Deadline deadline);

  // Brings home what `partition` gave back of a limit of the campaign `campaign_id`.
  async::Task<core::Status> Settle(uint32_t partition, std::string campaign_id, OwedLimit owed,
                                   Deadline deadline);
  // The same of both budgets of each of these campaigns, however often one is listed, for what uses that were
  // undone gave back; nothing where there are none. The first failure ends it. What was spent of a day that
  // is over lapsed with it.
  async::Task<core::Status> SettleBudgets(std::vector<KnownCampaignPtr> campaigns, uint32_t partition,
                                          Deadline deadline);

 private:
  // A question on its way for all who have asked the same.
  struct Flight {
    Demand demand;
    int64_t lack = 0;      // the least that anyone of them lacks
    uint64_t started = 0;  // 0: others may still join
    Deadline deadline{};
    async::Event done;
    std::optional<core::Result<Supply>> answer;

    void Join(const Demand& other);
  };
  // What one pass over the partitions saw.
  struct Pass {
    int64_t credited = 0;  // units that came home by it
    bool fresh = false;    // somewhere a block is too new to be called back
    std::vector<std::pair<int64_t, int64_t>> totals;
  };
  // What the books at home say.
  struct Books {
    int64_t pool = 0;
    bool dry = false;
    std::string version;
    std::vector<int64_t> leased;  // by partition
  };

  std::string BooksOf(const Limit& limit) const;
  async::Task<core::Result<Supply>> Obtain(Limit limit, std::shared_ptr<const Flight> flight);
  async::Task<core::Result<redis::Reply>> Lease(Limit limit, std::shared_ptr<const Flight> flight) const;
  // Calls units home until the pool has `need`, or proves that no unit is anywhere else. After it the pool
  // may have less again: others lease too.
  async::Task<core::Status> Gather(Limit limit, int64_t need, Deadline deadline);
  async::Task<core::Status> GatherOnce(Limit limit, int64_t need, Deadline deadline);
  async::Task<core::Result<Books>> ReadBooks(std::string key, Deadline deadline) const;
  // Asks partition after partition, in waves; ends with the wave that brought `enough`.
  async::Task<core::Result<Pass>> RunPass(Limit limit, std::vector<int64_t> leased, int64_t enough,
                                          Deadline deadline);
  async::Task<void> CollectFrom(Limit limit, uint32_t partition, int64_t leased, Deadline deadline,
                                Pass* pass, core::Status* failure);
  // How many units came home: 0 when they had before.
  async::Task<core::Result<int64_t>> Credit(std::string books, uint32_t partition, int64_t sent,
                                            Deadline deadline);

  const Backend& backend_;
  uint64_t sequence_ = 0;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  async::SingleFlight<std::string, core::Status> gathers_;
};

}  // namespace tessera::storage
