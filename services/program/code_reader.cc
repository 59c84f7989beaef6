#include "services/program/code_reader.h"

namespace tessera::program {

async::Task<core::Result<core::CouponName>> CodeReader::ReadCode(const api::TypedCode& code,
                                                                 std::string_view user_id,
                                                                 const server::CallContext& context) {
  Guesser guesser;
  guesser.user_id = user_id;
  guesser.caller = context.caller.name;
  if (auto refusal = budget_.Refusal(guesser)) co_return *std::move(refusal);
  core::Result<core::CouponName> name = api::OpenCode(code, codes_);
  if (name.ok()) co_return name;
  const auto charged = co_await budget_.Charge(guesser, context.deadline);
  if (!charged.ok()) co_return charged.error();
  co_return name;
}

async::Task<core::Result<core::CouponName>> CodeReader::Read(const api::TypedCoupon& coupon,
                                                             std::string_view user_id,
                                                             const server::CallContext& context) {
  if (const auto* number = std::get_if<core::CouponNumber>(&coupon)) co_return core::CouponName(*number);
  co_return co_await ReadCode(std::get<api::TypedCode>(coupon), user_id, context);
}

}  // namespace tessera::program
