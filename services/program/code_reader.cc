#include "services/program/code_reader.h"

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
  core::Result<core::CodeNumber> number = co_await Find(*stored_code, context.deadline);
  const bool wrong = !number.ok() && number.error().reason == core::Reason::kCouponNotFound;
  if (wrong) co_return std::move(number).error().With("field", code.field);
  // What was not judged was no wrong guess either.
  co_await budget_.GiveBack(*charged, context.deadline);
  if (!number.ok()) co_return std::move(number).error();
  co_return core::CouponName(*number);
}

async::Task<core::Result<core::CodeNumber>> CodeReader::Find(const std::string& stored_code,
                                                             storage::Deadline deadline) const {
  core::Result<core::CodeNumber> found = core::Error(core::Reason::kCouponNotFound, "There is no such code.");
  for (const core::StoredCodeKey& key : tools_.stored_codes.KeysOf(stored_code)) {
    found = co_await dictionary_.FindStoredCode(key, deadline);
    if (found.ok() || found.error().reason != core::Reason::kCouponNotFound) break;
  }
  co_return found;
}

async::Task<core::Result<core::CouponName>> CodeReader::Read(const api::TypedCoupon& coupon,
                                                             std::string_view user_id,
                                                             const server::CallContext& context) {
  if (const auto* number = std::get_if<core::CouponNumber>(&coupon)) co_return core::CouponName(*number);
  co_return co_await ReadCode(std::get<api::TypedCode>(coupon), user_id, context);
}

}  // namespace tessera::program
