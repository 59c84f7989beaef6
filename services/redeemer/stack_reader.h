#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/coupon_ref.h"
#include "services/program/code_reader.h"

namespace tessera::redeemer {

// Reads the coupons that a request names, one after another, under the budget of wrong codes. Loop thread
// only; the reader must outlive it.
class StackReader {
 public:
  using Context = server::CallContext;
  using Name = core::Result<core::CouponName>;

  explicit StackReader(program::CodeReader& codes) : codes_(codes) {}

  // Each coupon, or why it is none: CodeReader's refusals, and LISTED_TWICE for one that stands before. All
  // must live until it answers.
  async::Task<std::vector<Name>> ReadEach(const std::vector<api::TypedCoupon>& coupons,
                                          const std::optional<std::string>& user_id, const Context& context);
  // All of them, or the first refusal; what stands behind it is not read, and costs no attempt.
  async::Task<core::Result<std::vector<core::CouponName>>> ReadAll(
      const std::vector<api::TypedCoupon>& coupons, const std::optional<std::string>& user_id,
      const Context& context);

 private:
  program::CodeReader& codes_;
};

}  // namespace tessera::redeemer
