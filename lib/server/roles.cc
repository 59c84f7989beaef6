#include "server/roles.h"

#include <google/protobuf/descriptor.h>

#include "coupon/v1/options.pb.h"

namespace tessera::server {
namespace {

constexpr std::string_view kPrefix = "ROLE_";

}  // namespace

RoleSet RoleSet::All() {
  RoleSet all;
  const auto* roles = coupon::v1::Role_descriptor();
  for (int i = 0; i < roles->value_count(); ++i) {
    if (roles->value(i)->number() != coupon::v1::ROLE_UNSPECIFIED) all.Add(roles->value(i)->number());
  }
  return all;
}

std::string RoleSet::ToString() const {
  std::string text;
  const auto* roles = coupon::v1::Role_descriptor();
  for (int i = 0; i < roles->value_count(); ++i) {
    if (!Has(roles->value(i)->number())) continue;
    if (!text.empty()) text += ", ";
    text += roles->value(i)->name().substr(kPrefix.size());
  }
  return text;
}

std::optional<int> RoleByName(std::string_view name) {
  coupon::v1::Role role = coupon::v1::ROLE_UNSPECIFIED;
  if (!coupon::v1::Role_Parse(std::string(kPrefix) + std::string(name), &role)) return std::nullopt;
  if (role == coupon::v1::ROLE_UNSPECIFIED) return std::nullopt;
  return role;
}

std::optional<RoleSet> RequiredRoles(const google::protobuf::MethodDescriptor& method) {
  RoleSet required;
  for (const int role : method.options().GetRepeatedExtension(coupon::v1::required_roles)) {
    if (role > 0 && role < 32) required.Add(role);
  }
  if (required.empty()) return std::nullopt;
  return required;
}

bool MayCall(RoleSet caller, RoleSet required) {
  return caller.Has(coupon::v1::ROLE_ADMIN) || caller.Intersects(required);
}

}  // namespace tessera::server
