#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "storage/redis/limit_kind.h"

namespace tessera::storage {

// Every name that Tessera has in Redis: nothing else spells one. All keys of a partition share its hash tag,
// so a script over them stays in one cluster slot. Immutable, any thread.
//
// After <ns>:{tag}: every partition has
//
//   p                     marker: namespace, shape, partition; without it Redis was emptied or is foreign
//   u<bucket>             wallet: coupons, chains, quotas and claim records of a bucket of users (hash)
//   c<number>             campaign in this partition: version, counters, shares (hash)
//   s<period>:<bucket>    other operation records, kept short (hash with a TTL)
//   r<period>:<bucket>    the same, kept long
//   l                     ledger (stream)
//   g                     totals of the ledger (hash)
//   t                     what runs out, by the instant: wallets, ends of coupons, records (sorted set)
//   w                     limits with units that their home has not got yet (set)
//   x<home>:<bucket>      states of codes that were made before they had a user (hash)
//   z<number>, z<number>t  uses of a code that is good several times: decided, and not yet (hashes)
//   o                     what the homes of such codes have still to be told (hash)
//   f<bucket>             numbers of stored codes, by their digests (hash)
//   v<batch>              numbers of an import that were given out here (string)
//   a<subject>            wrong codes of a user or caller in the present window (string with a TTL)
//
// and a campaign's home partition also
//
//   d<id>                 definition, version and state (hash)
//   e<id>, e<id>:<day>    books of its stock, of a day's stock (hash)
//   e<id>:b, e<id>:b:<day>  books of its budget, of a day's budget (hash)
//   n                     campaigns by number (hash)
//   i                     campaigns by id (sorted set)
//   m                     campaigns with a change under way (set)
//   b                     ranges of code numbers that were given out (sorted set)
//   y                     counters of code numbers, and of batches and jobs (hash)
//   j, q                  jobs (hash); those that have not ended, by the end of their lease (sorted set)
//   k<number>             jobs of a campaign (sorted set)
class Keys {
 public:
  // States of codes in one small hash: a field has one byte.
  static constexpr uint64_t kCodesPerBucket = 256;

  // REQUIRES: the shape's numbers are powers of two in their ranges; `ns` has no braces.
  Keys(std::string_view ns, const core::Shape& shape);

  std::string Marker(uint32_t partition) const { return prefix_[partition] + "p"; }
  std::string Wallet(uint32_t partition, uint32_t bucket) const {
    return prefix_[partition] + "u" + std::to_string(bucket);
  }
  std::string Wallet(core::CouponNumber number) const {
    return Wallet(number.partition(shape_), number.bucket(shape_));
  }
  std::string Campaign(uint32_t partition, core::CampaignNumber number) const {
    return prefix_[partition] + "c" + std::to_string(number.value);
  }
  std::string Operation(const core::OpRef& ref) const;
  std::string Ledger(uint32_t partition) const { return prefix_[partition] + "l"; }
  std::string Totals(uint32_t partition) const { return prefix_[partition] + "g"; }
  std::string Due(uint32_t partition) const { return prefix_[partition] + "t"; }
  std::string Owed(uint32_t partition) const { return prefix_[partition] + "w"; }

  std::string Code(core::CodeNumber code) const {
    return prefix_[code.partition(shape_)] + "x" + std::to_string(code.home(shape_)) + ":" +
           std::to_string(code.place(shape_) / kCodesPerBucket);
  }
  // Of a code that is good several times: who has used it, and who is about to.
  std::string Uses(core::CodeNumber code) const {
    return prefix_[code.partition(shape_)] + "z" + std::to_string(code.value);
  }
  std::string UsesTaken(core::CodeNumber code) const { return Uses(code) + "t"; }
  std::string StoredCodes(uint32_t partition, uint32_t bucket) const {
    return prefix_[partition] + "f" + std::to_string(bucket);
  }
  std::string Given(uint32_t partition, uint64_t batch) const {
    return prefix_[partition] + "v" + std::to_string(batch);
  }
  std::string Outgoing(uint32_t partition) const { return prefix_[partition] + "o"; }
  // By the key of a user or caller.
  std::string Attempts(const core::UserKey& subject) const;

  std::string Definition(std::string_view campaign_id) const;
  // `window` is the start of the day that the limit counts, 0 for one that counts for good.
  std::string LimitBooks(std::string_view campaign_id, LimitKind kind, core::InstantMs window) const;
  std::string Numbers(uint32_t home) const { return prefix_[home] + "n"; }
  std::string Ids(uint32_t home) const { return prefix_[home] + "i"; }
  std::string Pending(uint32_t home) const { return prefix_[home] + "m"; }
  std::string Ranges(uint32_t home) const { return prefix_[home] + "b"; }
  std::string Batches(uint32_t home) const { return prefix_[home] + "y"; }
  std::string Jobs(uint32_t home) const { return prefix_[home] + "j"; }
  std::string OpenJobs(uint32_t home) const { return prefix_[home] + "q"; }
  std::string CampaignJobs(core::CampaignNumber number) const {
    return prefix_[Home(number)] + "k" + std::to_string(number.value);
  }

  // The partition of a campaign's definition.
  uint32_t Home(std::string_view campaign_id) const;
  uint32_t Home(core::CampaignNumber number) const { return number.value % shape_.partitions; }

  const core::Shape& shape() const { return shape_; }
  // Every `ns:{tag}:` in order, for ACL rules and tests.
  const std::vector<std::string>& prefixes() const { return prefix_; }

 private:
  core::Shape shape_;
  uint32_t operation_buckets_;
  std::vector<std::string> prefix_;
};

}  // namespace tessera::storage
