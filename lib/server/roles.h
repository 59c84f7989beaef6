#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class MethodDescriptor;
}

namespace tessera::server {

// A set of coupon.v1.Role values. Callers have one, methods require one. A value type; any thread.
class RoleSet {
 public:
  constexpr RoleSet() = default;

  static RoleSet All();

  // REQUIRES: 0 < role < 32, which holds for every value of coupon.v1.Role.
  constexpr void Add(int role) { bits_ |= 1U << role; }
  constexpr bool Has(int role) const { return (bits_ >> role & 1U) != 0; }
  constexpr bool Intersects(RoleSet other) const { return (bits_ & other.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const RoleSet&) const = default;

  // "ISSUER, MARKETER", in the order of the enum.
  std::string ToString() const;

 private:
  uint32_t bits_ = 0;
};

// The role called `name` ("ISSUER"), or nothing.
std::optional<int> RoleByName(std::string_view name);

// The roles that the method's proto option names; nothing when the option is missing or names none, which is
// a mistake in the proto: such a method cannot be served.
std::optional<RoleSet> RequiredRoles(const google::protobuf::MethodDescriptor& method);

// The one place where access is decided: the caller has one of the required roles, or is ADMIN.
bool MayCall(RoleSet caller, RoleSet required);

}  // namespace tessera::server
