#include "services/program/code_reader.h"

#include "services/program/stored_code_lookup.h"

namespace tessera::program {

async::Task<core::Result<core::CouponName>> CodeReader::ReadCode(const api::TypedCode& code,
                                                                 std::string_view user_id,
                                                                 const server::CallContext& context) {
  Guesser guesser;
  guesser.user_id = user_id;
  guesser.caller = context.caller.name;
  if (auto refusal = budget_.Refusal(guesser)) co_return *std::move(refusal);
  core::Result<core::CouponName> name = api::OpenCode(code, tools_.codes);
  if (name.ok()) co_return name;
  const core::Result<std::string> stored_code = core::CanonicalStoredCode(code.text);
  const auto charged = co_await budget_.Charge(guesser, context.deadline);
  if (!charged.ok()) co_return charged.error();
  if (!stored_code.ok()) co_return name;
  auto keys = tools_.stored_codes.KeysOf(*stored_code);
  const auto number = co_await FindUnder(dictionary_, std::move(keys), context.deadline);
  const bool wrong = number.ok() && !number->has_value();
  if (wrong) {
    co_return core::Error(core::Reason::kCouponNotFound, "There is no such code.").With("field", code.field);
  }
  // What was not judged was no wrong guess either.
  co_await budget_.GiveBack(*charged, context.deadline);
  if (!number.ok()) co_return number.error();
  co_return core::CouponName(**number);
}

async::Task<core::Result<core::CouponName>> CodeReader::Read(const api::TypedCoupon& coupon,
                                                             std::string_view user_id,
                                                             const server::CallContext& context) {
  if (const auto* number = std::get_if<core::CouponNumber>(&coupon)) co_return core::CouponName(*number);
  co_return co_await ReadCode(std::get<api::TypedCode>(coupon), user_id, context);
}

}  // namespace tessera::program
