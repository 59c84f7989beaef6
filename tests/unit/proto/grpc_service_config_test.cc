#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/support/validate_service_config.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "coupon/v1/analytics_service.pb.h"
#include "coupon/v1/campaign_service.pb.h"
#include "coupon/v1/issuer_service.pb.h"
#include "coupon/v1/job_service.pb.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "coupon/v1/status_service.pb.h"

// Holds the service config that clients are told to use against gRPC's own parser and against the protos.
namespace coupon::v1 {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using nlohmann::json;

constexpr const char* kFile = "proto/coupon/v1/coupon_grpc_service_config.json";

json Read() {
  std::ifstream file(kFile);
  EXPECT_TRUE(file.is_open()) << kFile;
  return json::parse(file);
}

// "" or what gRPC has against it.
std::string Complaint(const json& config) {
  return grpc::experimental::ValidateServiceConfigJSON(config.dump());
}

std::vector<const ServiceDescriptor*> Services() {
  std::vector<const ServiceDescriptor*> services;
  for (const auto* file :
       {CreateCampaignRequest::descriptor()->file(), IssueCouponRequest::descriptor()->file(),
        CreateJobRequest::descriptor()->file(), RedeemCouponsRequest::descriptor()->file(),
        CampaignStats::descriptor()->file(), GetServiceStatusRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

// The method configuration that gRPC takes for a method: the one that names it, or else its service.
json ConfigOf(const json& config, const MethodDescriptor& method) {
  const json by_method = {{"service", method.service()->full_name()}, {"method", method.name()}};
  const json by_service = {{"service", method.service()->full_name()}};
  for (const json& name : {by_method, by_service}) {
    for (const json& entry : config["methodConfig"]) {
      for (const json& named : entry["name"]) {
        if (named == name) return entry;
      }
    }
  }
  return nullptr;
}

TEST(GrpcServiceConfig, IsValid) { EXPECT_EQ(Complaint(Read()), ""); }

TEST(GrpcServiceConfig, SpoiltCopiesAreRefused) {
  const std::vector<std::function<void(json&)>> mistakes = {
      [](json& config) { config["loadBalancingConfig"] = json::array({{{"round_robbin", json::object()}}}); },
      [](json& config) { config["healthCheckConfig"]["serviceName"] = 1; },
      [](json& config) { config["retryThrottling"]["maxTokens"] = 0; },
      [](json& config) { config["methodConfig"][0]["timeout"] = "30"; },
      [](json& config) { config["methodConfig"][0]["retryPolicy"]["maxAttempts"] = 1; },
      [](json& config) { config["methodConfig"][0]["retryPolicy"]["initialBackoff"] = "100ms"; },
      [](json& config) { config["methodConfig"][0]["retryPolicy"].erase("maxBackoff"); },
      [](json& config) { config["methodConfig"][0]["retryPolicy"]["backoffMultiplier"] = 0; },
      [](json& config) { config["methodConfig"][0]["retryPolicy"]["retryableStatusCodes"] = {"NOT_HERE"}; },
      [](json& config) { config["methodConfig"][1]["name"] = config["methodConfig"][0]["name"]; },
  };
  for (size_t i = 0; i < mistakes.size(); ++i) {
    json config = Read();
    mistakes[i](config);
    EXPECT_NE(Complaint(config), "") << "mistake " << i;
  }
}

// What gRPC would not find amiss: names that nothing has.
TEST(GrpcServiceConfig, NamesEveryServiceAndWhatExistsAlone) {
  std::set<std::string> services, methods, named, named_methods;
  for (const ServiceDescriptor* service : Services()) {
    services.insert(service->full_name());
    for (int i = 0; i < service->method_count(); ++i) methods.insert(service->method(i)->full_name());
  }
  const json config = Read();
  for (const json& entry : config["methodConfig"]) {
    for (const json& name : entry["name"]) {
      const std::string service = name.at("service");
      if (name.contains("method"))
        named_methods.insert(service + "." + name["method"].get<std::string>());
      else
        named.insert(service);
    }
  }
  EXPECT_EQ(services.size(), 6u);
  EXPECT_EQ(named, services);
  EXPECT_THAT(methods, testing::IsSupersetOf(named_methods));
}

// A stream may last longer than any call. What it has to go on with after a break, only the program knows.
TEST(GrpcServiceConfig, CallsAreRepeatedAfterUnavailableAloneAndStreamsNever) {
  const json config = Read();
  int repeated = 0, streams = 0;
  for (const ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      const json entry = ConfigOf(config, method);
      ASSERT_TRUE(entry.is_object()) << method.full_name();
      if (method.client_streaming() || method.server_streaming()) {
        EXPECT_FALSE(entry.contains("retryPolicy") || entry.contains("timeout")) << method.full_name();
        ++streams;
      } else {
        EXPECT_EQ(entry["retryPolicy"]["retryableStatusCodes"], json({"UNAVAILABLE"})) << method.full_name();
        EXPECT_TRUE(entry.contains("timeout")) << method.full_name();
        ++repeated;
      }
    }
  }
  EXPECT_EQ(repeated, 35);
  EXPECT_EQ(streams, 2);
}

TEST(GrpcServiceConfig, BalancesOverHealthyReplicas) {
  const json config = Read();
  EXPECT_EQ(config["loadBalancingConfig"], json::parse(R"([{"round_robin": {}}])"));
  EXPECT_EQ(config["healthCheckConfig"], json::parse(R"({"serviceName": ""})"));
}

}  // namespace
}  // namespace coupon::v1
