#include "tools/couponctl/session.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tools/couponctl/files.h"
#include "tools/couponctl/message_text.h"

namespace tessera::couponctl {
namespace {

// From the file, or, without one, the environment.
std::string ReadToken(const std::string& file) {
  const char* variable = std::getenv("COUPON_TOKEN");
  std::string token = !file.empty() ? ReadFile(file) : variable != nullptr ? variable : "";
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  // gRPC ends the process over such a byte, and shows all of the token.
  if (std::any_of(token.begin(), token.end(), [](char c) { return c < '!' || c > '~'; })) {
    throw Mistake("the token is none: it has a blank, a control character or a letter with an accent in it");
  }
  return token;
}

}  // namespace

std::shared_ptr<grpc::Channel> Session::Channel(const std::string& address) {
  // One try: whoever typed the command is to see what came of it, and can repeat it.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A page of campaigns has no bound in bytes.
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

coupon::v1::CampaignService::Stub& Session::campaigns() {
  if (!campaigns_) campaigns_ = coupon::v1::CampaignService::NewStub(Channel(settings.issuer));
  return *campaigns_;
}

coupon::v1::IssuerService::Stub& Session::issuer() {
  if (!issuer_) issuer_ = coupon::v1::IssuerService::NewStub(Channel(settings.issuer));
  return *issuer_;
}

coupon::v1::RedeemerService::Stub& Session::redeemer() {
  if (!redeemer_) redeemer_ = coupon::v1::RedeemerService::NewStub(Channel(settings.redeemer));
  return *redeemer_;
}

coupon::v1::AnalyticsService::Stub& Session::analytics() {
  if (!analytics_) analytics_ = coupon::v1::AnalyticsService::NewStub(Channel(settings.analytics));
  return *analytics_;
}

void Session::Prepare(grpc::ClientContext* context) {
  if (!token_) token_ = ReadToken(settings.token_file);
  load::PrepareContext(*token_, std::chrono::milliseconds(static_cast<int64_t>(settings.timeout_s * 1000)),
                       context);
}

std::string Session::RequestIdOf(const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
  return field == nullptr ? "" : request.GetReflection()->GetString(request, field);
}

void Session::Show(const google::protobuf::Message& answer, const std::function<std::string()>& table) const {
  switch (settings.format) {
    case Format::kTable:
      std::fputs(table().c_str(), stdout);
      return;
    case Format::kJson:
      std::fputs(ToJson(answer).c_str(), stdout);
      return;
    case Format::kYaml:
      std::fputs(ToYaml(answer).c_str(), stdout);
      return;
  }
}

}  // namespace tessera::couponctl
