#include "server/router.h"

#include <google/protobuf/descriptor.h>

#include "server/roles.h"

namespace tessera::server {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

namespace {

// REQUIRES: not both directions stream.
MethodKind KindOf(const MethodDescriptor& method) {
  if (method.server_streaming()) return MethodKind::kServerStream;
  return method.client_streaming() ? MethodKind::kClientStream : MethodKind::kUnary;
}

std::string Words(MethodKind kind) {
  switch (kind) {
    case MethodKind::kUnary:
      return "a unary call";
    case MethodKind::kServerStream:
      return "a server stream";
    case MethodKind::kClientStream:
      return "a client stream";
  }
  return "";
}

}  // namespace

void Router::Serve(std::string_view service) {
  const ServiceDescriptor* descriptor =
      DescriptorPool::generated_pool()->FindServiceByName(std::string(service));
  if (descriptor == nullptr) {
    mistakes_.push_back(std::string(service) + " is no service that is linked in");
    return;
  }
  for (const std::string& served : services_) {
    if (served == service) {
      mistakes_.push_back(std::string(service) + " is served twice");
      return;
    }
  }
  services_.emplace_back(service);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const MethodDescriptor* method = descriptor->method(i);
    methods_.emplace(std::string(service) + "/" + method->name(), method);
  }
}

void Router::Expect(std::string_view method, const google::protobuf::Message& request,
                    const google::protobuf::Descriptor* response, Route::Run run) {
  const auto found = methods_.find(method);
  const std::string name(method);
  if (found == methods_.end()) {
    mistakes_.push_back(name + " belongs to no service that is served");
    return;
  }
  const int handlers = ++handled_[name];
  const MethodDescriptor& descriptor = *found->second;
  if (descriptor.client_streaming() && descriptor.server_streaming()) {
    mistakes_.push_back(name + " streams in both directions, which cannot be routed");
    return;
  }
  if (const MethodKind kind = KindOf(descriptor); kind != server::KindOf(run)) {
    mistakes_.push_back(name + " is " + Words(kind) + ", its handler is one of " +
                        Words(server::KindOf(run)));
    return;
  }
  if (descriptor.input_type() != request.GetDescriptor() || descriptor.output_type() != response) {
    mistakes_.push_back(name + " takes " + descriptor.input_type()->full_name() + " and answers " +
                        descriptor.output_type()->full_name() + ", unlike its handler");
    return;
  }
  if (handlers > 1) {
    mistakes_.push_back(name + " has two handlers");
    return;
  }
  const std::optional<RoleSet> roles = RequiredRoles(descriptor);
  if (!roles) {
    mistakes_.push_back(name + " has no required_roles option: nobody could call it");
    return;
  }
  MethodInfo info;
  info.full_name = name;
  info.service = descriptor.service()->full_name();
  info.method = descriptor.name();
  info.path = "/" + name;
  info.required_roles = *roles;
  info.kind = server::KindOf(run);
  const int index = static_cast<int>(routes_.size());
  routes_.push_back(std::make_unique<Route>(Route{std::move(info), &request, std::move(run), index}));
}

core::Status Router::Check() const {
  std::string text;
  const auto add = [&text](const std::string& mistake) { text += (text.empty() ? "" : "; ") + mistake; };
  for (const std::string& mistake : mistakes_) add(mistake);
  for (const auto& [name, descriptor] : methods_) {
    if (handled_.find(name) == handled_.end()) add(name + " has no handler");
  }
  if (services_.empty()) add("no service is served");
  if (!text.empty()) return core::Error(core::Reason::kInternal, text);
  return core::Ok();
}

}  // namespace tessera::server
