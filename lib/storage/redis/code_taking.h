#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/redis/backend.h"
#include "storage/redis/code_ranges.h"
#include "storage/redis/records.h"

namespace tessera::storage {

// An operation that takes a code, as the code's home keeps it: where its record stands, which request it is,
// and which of its attempts. part/code.lua and part/attempt.lua say what that means.
struct CodeHolder {
  core::OpRef ref;
  std::array<uint8_t, 8> body{};
  int64_t attempt = 1;

  static constexpr size_t kPackedBytes = 2 + 16 + 8;
  std::string Pack() const;
  // What tells it from others, whatever period it stands in.
  std::string Operation() const { return Pack().substr(6); }
  static std::optional<CodeHolder> Unpack(std::string_view packed, int64_t attempt);
};

// What a code was found to be.
struct CodeFound {
  enum class Kind : uint8_t {
    kTaken,  // it is the operation's: its partition decides
    kFree,   // nobody has it; not of Take
    kRevoked,
    kHeld,   // another operation has it and may still decide; never an answer
    kUsed,   // an operation, which may be the same one, made `coupon` of it
    kSpent,  // it was good several times, and all are used
  };
  Kind kind = Kind::kTaken;
  core::CouponNumber coupon;
};

// Take, decide, confirm: a code that belongs to nobody stands in one slot, and the user who wants it in
// another. An operation takes the code at its home, decides in the user's partition (scripts/bind_code.lua,
// scripts/redeem.lua), and tells the home. Whoever finds a code held for too long asks the holder's
// partition, which fences the attempts of a holder that has not decided. So any process may die between any
// two scripts. Loop thread only.
//
// A code that is good several times is taken once by each operation: the same protocol with a holder for each
// use, of whom only those that hold the last ones are in anybody's way.
class CodeTaking {
 public:
  CodeTaking(const Backend& backend, CodeRanges& ranges) : backend_(backend), ranges_(ranges) {}

  // Takes the code for `holder`, or says who used it; settles what others left. ABORTED when an undecided
  // operation keeps it.
  async::Task<core::Result<CodeFound>> Take(core::CodeNumber code, CodeHolder holder,
                                            Deadline deadline) const;
  // What the code is when nobody is about to use it; settles what others left, and takes nothing.
  async::Task<core::Result<CodeFound>> AwaitDecided(core::CodeNumber code, Deadline deadline) const;
  // What Take would find; writes nothing.
  async::Task<core::Result<CodeFound>> Look(core::CodeNumber code, Deadline deadline) const;

  // Tell the code's home: the operation made `coupon` of it; its attempts so far can't; what it did was
  // undone. Afterwards the partition where that happened may forget it (but for a freed attempt, which it
  // does not remember).
  async::Task<core::Status> Confirm(core::CodeNumber code, CodeHolder holder, core::CouponNumber coupon,
                                    Deadline deadline) const;
  async::Task<core::Status> Free(core::CodeNumber code, CodeHolder holder, Deadline deadline) const;
  async::Task<core::Status> Undo(core::CodeNumber code, CodeHolder holder, Deadline deadline) const;

  // Tells the homes what `partition` has still to tell them. The number of those that heard.
  async::Task<core::Result<int64_t>> TellOutgoing(uint32_t partition, Deadline deadline) const;

 private:
  struct State;  // of a code, as scripts/take_code.lua answers it

  // Where the record of the holder's operation may stand.
  OperationPlace PlaceOf(const CodeHolder& holder) const;
  async::Task<core::Result<State>> Read(core::CodeNumber code, CodeHolder holder, bool look,
                                        Deadline deadline) const;
  async::Task<core::Result<CodeFound>> Obtain(core::CodeNumber code, CodeHolder holder, bool look,
                                              Deadline deadline) const;
  // What became of the holder's operation: the coupon that it made of the code, or nothing, and the home
  // knows.
  async::Task<core::Result<std::optional<core::CouponNumber>>> Settle(core::CodeNumber code, State state,
                                                                      Deadline deadline) const;
  async::Task<core::Status> TellHome(core::CodeNumber code, std::string_view what, CodeHolder holder,
                                     Deadline deadline, core::CouponNumber coupon = {}) const;
  async::Task<core::Status> Forget(core::CodeNumber code, CodeHolder holder, std::string news,
                                   Deadline deadline) const;

  const Backend& backend_;
  CodeRanges& ranges_;
};

}  // namespace tessera::storage
