#pragma once

#include <string>

#include "storage/redis/outcomes.h"
#include "storage/redis/stack_use.h"

namespace tessera::storage {

// What a script that refuses coupons says of each of them. Loop thread only.
class StackRefusals {
 public:
  explicit StackRefusals(const Outcomes& outcomes) : outcomes_(outcomes) {}

  // Notes in the items what a REFUSED says.
  async::Task<core::Status> Learn(StackUse* use, ScriptReply reply) const;

 private:
  async::Task<core::Error> Refusal(const StackUse* use, const StackItem* item, std::string status,
                                   redis::Value detail) const;

  const Outcomes& outcomes_;
};

}  // namespace tessera::storage
