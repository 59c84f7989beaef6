#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "coupon/v1/analytics_service.grpc.pb.h"
#include "coupon/v1/campaign_service.grpc.pb.h"
#include "coupon/v1/issuer_service.grpc.pb.h"
#include "coupon/v1/redeemer_service.grpc.pb.h"
#include "tools/couponctl/failure.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/request_ids.h"

namespace tessera::couponctl {

enum class Format { kTable, kJson, kYaml };

// Where the services are, who calls, and how answers are shown: what is the same for all commands.
struct Settings {
  std::string issuer = "127.0.0.1:50051";
  std::string redeemer = "127.0.0.1:50052";
  std::string analytics = "127.0.0.1:50053";
  std::string token_file;
  double timeout_s = 5;
  Format format = Format::kTable;
};

// Calls services, each call once. One thread.
class Session {
 public:
  Settings settings;

  std::shared_ptr<grpc::Channel> Channel(const std::string& address);
  coupon::v1::CampaignService::Stub& campaigns();
  coupon::v1::IssuerService::Stub& issuer();
  coupon::v1::RedeemerService::Stub& redeemer();
  coupon::v1::AnalyticsService::Stub& analytics();

  // The answer; throws CallFailed.
  template <class Stub, class Request, class Response>
  Response Call(Stub& stub, grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    grpc::ClientContext context;
    Prepare(&context);
    Response response;
    const grpc::Status status = (stub.*rpc)(&context, request, &response);
    if (!status.ok()) throw CallFailed(status, RequestIdOf(request));
    return response;
  }
  // All pages of a list in one answer, by what is in `items`.
  template <class Stub, class Request, class Response, class Items>
  Response CallForAll(Stub& stub, grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                      Request request, Items* (Response::*items)()) {
    request.set_page_size(kPageSize);
    Response all;
    do {
      Response page = Call(stub, rpc, request);
      (all.*items)()->MergeFrom(*(page.*items)());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  // A new one, unless one was given.
  std::string RequestId(const std::string& given) { return given.empty() ? request_ids_.Next() : given; }

  // Writes an answer to stdout, as --output says; `table` makes the text for people.
  void Show(const google::protobuf::Message& answer, const std::function<std::string()>& table) const;

 private:
  static constexpr int kPageSize = 1000;

  static std::string RequestIdOf(const google::protobuf::Message& request);
  // The token and the deadline.
  void Prepare(grpc::ClientContext* context);

  std::optional<std::string> token_;  // once it was read
  load::RequestIds request_ids_;
  std::unique_ptr<coupon::v1::CampaignService::Stub> campaigns_;
  std::unique_ptr<coupon::v1::IssuerService::Stub> issuer_;
  std::unique_ptr<coupon::v1::RedeemerService::Stub> redeemer_;
  std::unique_ptr<coupon::v1::AnalyticsService::Stub> analytics_;
};

}  // namespace tessera::couponctl
