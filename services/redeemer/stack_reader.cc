#include "services/redeemer/stack_reader.h"

#include <algorithm>

#include "api/convert_refusal.h"

namespace tessera::redeemer {
namespace {

// `name`, unless one of those that were read before is the same.
StackReader::Name UnlessListed(StackReader::Name name, const std::vector<StackReader::Name>& before) {
  if (!name.ok()) return name;
  const auto first = std::find_if(before.begin(), before.end(),
                                  [&](const StackReader::Name& one) { return one.ok() && *one == *name; });
  if (first == before.end()) return name;
  return core::Error(core::Reason::kListedTwice, "the coupon is named twice")
      .With("field", api::PlaceInRequest(before.size()))
      .With("other", api::PlaceInRequest(static_cast<size_t>(first - before.begin())));
}

}  // namespace

async::Task<std::vector<StackReader::Name>> StackReader::ReadEach(
    const std::vector<api::TypedCoupon>& coupons, const std::optional<std::string>& user_id,
    const Context& context) {
  const std::string_view user = user_id ? std::string_view(*user_id) : std::string_view();
  std::vector<Name> names;
  for (const api::TypedCoupon& coupon : coupons) {
    Name name = co_await codes_.Read(coupon, user, context);
    names.push_back(UnlessListed(std::move(name), names));
  }
  co_return names;
}

async::Task<core::Result<std::vector<core::CouponName>>> StackReader::ReadAll(
    const std::vector<api::TypedCoupon>& coupons, const std::optional<std::string>& user_id,
    const Context& context) {
  const std::string_view user = user_id ? std::string_view(*user_id) : std::string_view();
  std::vector<Name> names;
  std::vector<core::CouponName> read;
  for (const api::TypedCoupon& coupon : coupons) {
    Name name = co_await codes_.Read(coupon, user, context);
    name = UnlessListed(std::move(name), names);
    if (!name.ok()) co_return std::move(name).error();
    read.push_back(*name);
    names.push_back(std::move(name));
  }
  co_return read;
}

}  // namespace tessera::redeemer
