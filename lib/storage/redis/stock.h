#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/event.h"
#include "async/single_flight.h"
#include "storage/redis/backend.h"
#include "storage/redis/campaign_directory.h"

namespace tessera::storage {

// One limit of a campaign that all partitions draw from: the whole stock (window 0) or one day's.
struct StockLimit {
  KnownCampaignPtr campaign;
  core::InstantMs window = 0;      // start of the day
  core::InstantMs expires_ms = 0;  // when the day's books may go; 0 for the whole stock
  int64_t cap = 0;
};

struct Supply {
  enum class Kind : uint8_t {
    kLeased,  // `total` is what was ever leased to the partition, and is more than it has got
    kDry,     // no unit was anywhere at an instant after the question was asked
    kStale,   // the campaign is at another version
    kBusy,    // others were faster too often
  };
  Kind kind = Kind::kBusy;
  int64_t total = 0;
};

// Escrow: hands a limit's units to partitions and calls them back, so that a cap holds exactly while no claim
// leaves its slot. The protocol is in ARCHITECTURE.md and is model-checked in tests/model/escrow.pml; only
// monotone totals travel, so any step may be lost, repeated or done by somebody else. Loop thread only.
class Stock {
 public:
  Stock(const Backend& backend) : backend_(backend) {}

  // Finds units for `want` claims that wait at `partition`, which has ever got `got`.
  async::Task<core::Result<Supply>> Acquire(StockLimit limit, uint32_t partition, int64_t got, int64_t want,
                                            Deadline deadline);

  // Calls units home until the pool has one, or proves that no unit is anywhere. After it the pool may be
  // empty again: others lease too.
  async::Task<core::Status> Gather(StockLimit limit, Deadline deadline);

  // Calls every unit home that is at hand anywhere, to lower the cap by: true when some came.
  async::Task<core::Result<bool>> CallHome(StockLimit limit, Deadline deadline);

  // Brings home what `partition` gave back of the limit called `owed` in its owed set.
  async::Task<core::Status> Settle(uint32_t partition, std::string campaign_id, core::CampaignNumber number,
                                   core::InstantMs window, Deadline deadline);

  // How a limit is called in an owed set: its campaign's number and, for a day's stock, the start of the day.
  static std::string OwedName(core::CampaignNumber number, core::InstantMs window);

 private:
  // A question on its way for all who have asked the same.
  struct Flight {
    int64_t got = 0;
    int64_t want = 0;
    uint64_t started = 0;  // 0: others may still join
    Deadline deadline{};
    async::Event done;
    std::optional<core::Result<Supply>> answer;
  };
  // What one pass over the partitions saw.
  struct Pass {
    bool moved = false;  // something was credited, or is on its way
    bool fresh = false;  // somewhere a block is too new to be called back
    std::vector<std::pair<int64_t, int64_t>> totals;
  };

  async::Task<core::Result<Supply>> Obtain(StockLimit limit, uint32_t partition, int64_t got, int64_t want,
                                           Deadline deadline);
  async::Task<core::Status> GatherOnce(StockLimit limit, Deadline deadline);
  // What the books at home say.
  struct Books {
    bool has_units = false;
    bool dry = false;
    std::string version;
    std::vector<int64_t> leased;  // by partition
  };

  async::Task<core::Result<Books>> ReadBooks(std::string key, Deadline deadline) const;
  // Asks partition after partition, in waves; ends with the first wave that brought something unless `all`.
  async::Task<core::Result<Pass>> RunPass(StockLimit limit, std::vector<int64_t> leased, bool all,
                                          Deadline deadline);
  async::Task<void> CollectFrom(StockLimit limit, uint32_t partition, int64_t leased, Deadline deadline,
                                Pass* pass, core::Status* failure);
  async::Task<core::Result<bool>> Credit(std::string books, uint32_t partition, int64_t sent,
                                         Deadline deadline);

  const Backend& backend_;
  uint64_t sequence_ = 0;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  async::SingleFlight<std::string, core::Status> gathers_;
};

}  // namespace tessera::storage
