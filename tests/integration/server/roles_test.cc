// Who may call what: every role against every method of the test service, as their protos say.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "coupon/v1/options.pb.h"
#include "tests/integration/server/probe_server.h"

namespace tessera::testing {
namespace {

using google::protobuf::DescriptorPool;

std::string Sha256Hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    char pair[3];
    std::snprintf(pair, sizeof(pair), "%02x", digest[i]);
    hex += pair;
  }
  return hex;
}

std::vector<std::string> RoleNames() {
  std::vector<std::string> names;
  const auto* roles = coupon::v1::Role_descriptor();
  for (int i = 1; i < roles->value_count(); ++i) names.push_back(roles->value(i)->name().substr(5));
  return names;
}

// The token of role R is "token-of-R".
ProbeServer::Options WithATokenPerRole() {
  auto options = ProbeServer::Defaults();
  options.tokens = "tokens:\n";
  for (const std::string& role : RoleNames()) {
    options.tokens += "  - {name: a-" + role + ", sha256: \"" + Sha256Hex("token-of-" + role) +
                      "\", roles: [" + role + "]}\n";
  }
  return options;
}

bool OptionNames(const google::protobuf::MethodDescriptor& method, const std::string& role) {
  for (const int required : method.options().GetRepeatedExtension(coupon::v1::required_roles)) {
    if (coupon::v1::Role_Name(static_cast<coupon::v1::Role>(required)) == "ROLE_" + role) return true;
  }
  return false;
}

// A stream of one message and a unary call are the same bytes, so one way to call does for all methods.
TEST(RolesTest, OpenAMethodToItsRolesAndToAdminAlone) {
  ProbeServer server(WithATokenPerRole());
  const auto channel = server.Channel();
  int allowed = 0;
  int refused = 0;
  for (const char* service : {"tessera.probe.v1.ProbeService", "tessera.probe.v1.OtherService"}) {
    const auto* descriptor = DescriptorPool::generated_pool()->FindServiceByName(service);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      for (const std::string& role : RoleNames()) {
        const std::string path = "/" + std::string(service) + "/" + descriptor->method(i)->name();
        const grpc::Status status = CallRaw(channel, path, "", "token-of-" + role);
        if (role == "ADMIN" || OptionNames(*descriptor->method(i), role)) {
          EXPECT_TRUE(status.ok()) << role << " " << path;
          ++allowed;
        } else {
          EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << role << " " << path;
          EXPECT_EQ(ReasonOf(status), "ROLE_MISSING");
          ++refused;
        }
      }
    }
  }
  EXPECT_EQ(allowed, 14);
  EXPECT_EQ(refused, 22);
  EXPECT_EQ(server.handlers.begun, 14) << "a refused call reached its handler";
}

TEST(RolesTest, RefuseCallersThatNobodyKnows) {
  ProbeServer server(WithATokenPerRole());
  for (const char* method : {"Issue", "Stream", "Collect"}) {
    const std::string path = "/tessera.probe.v1.ProbeService/" + std::string(method);
    for (const char* token : {"", "token-of-ISSUER2", "TOKEN-OF-ISSUER", "token-of-"}) {
      const grpc::Status status = CallRaw(server.Channel(), path, "", token);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << path << " " << token;
      EXPECT_EQ(ReasonOf(status), "CALLER_UNKNOWN");
    }
  }
  const auto context = Context();
  context->AddMetadata("authorization", "Basic token-of-ISSUER");
  probe::v1::ProbeResponse response;
  EXPECT_EQ(server.Stub()->Issue(context.get(), {}, &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(server.handlers.begun, 0);
}

TEST(RolesTest, NameTheCallerForTheHandler) {
  ProbeServer server(WithATokenPerRole());
  probe::v1::ProbeResponse response;
  ASSERT_TRUE(server.Stub()->Issue(Context("token-of-MARKETER").get(), {}, &response).ok());
  EXPECT_EQ(response.caller(), "a-MARKETER");
  EXPECT_EQ(server.Log().find("token-of"), std::string::npos);
}

std::string Mistakes(const std::function<void(server::Router&, ProbeHandlers&)>& fill) {
  server::Router router;
  ProbeHandlers handlers;
  fill(router, handlers);
  const core::Status status = router.Check();
  return status.ok() ? "" : status.error().message;
}

TEST(RouterTest, FindsEveryMistakeBeforeThePortOpens) {
  const auto handle = &ProbeHandlers::Handle;
  EXPECT_EQ(Mistakes([](auto& router, auto& handlers) { handlers.Register(router); }), "");
  EXPECT_EQ(Mistakes([](auto&, auto&) {}), "no service is served");
  EXPECT_EQ(Mistakes([](auto& router, auto&) { router.Serve("tessera.probe.v1.OtherService"); }),
            "tessera.probe.v1.OtherService/Read has no handler");
  EXPECT_EQ(Mistakes([&](auto& router, auto& handlers) {
              router.Serve("tessera.probe.v1.BareService");
              router.Handle("tessera.probe.v1.BareService/Call", &handlers, handle);
            }),
            "tessera.probe.v1.BareService/Call has no required_roles option: nobody could call it");
  EXPECT_EQ(Mistakes([&](auto& router, auto& handlers) {
              handlers.Register(router);
              router.Handle("tessera.probe.v1.OtherService/Read", &handlers, handle);
            }),
            "tessera.probe.v1.OtherService/Read has two handlers");
  EXPECT_EQ(Mistakes([&](auto& router, auto& handlers) {
              handlers.Register(router);
              router.Handle("tessera.probe.v1.OtherService/Write", &handlers, handle);
            }),
            "tessera.probe.v1.OtherService/Write belongs to no service that is served");
  EXPECT_EQ(Mistakes([&](auto& router, auto& handlers) {
              router.Serve("tessera.probe.v1.TalkService");
              router.Handle("tessera.probe.v1.TalkService/Talk", &handlers, handle);
            }),
            "tessera.probe.v1.TalkService/Talk streams in both directions, which cannot be routed");
  const std::string wrong_types = Mistakes([](auto& router, auto&) {
    router.Serve("tessera.probe.v1.OtherService");
    using Request = probe::v1::ProbeResponse;
    router.template Handle<Request, Request>(
        "tessera.probe.v1.OtherService/Read",
        [](const server::CallContext&, const Request& request) -> async::Task<core::Result<Request>> {
          co_return request;
        });
  });
  EXPECT_NE(wrong_types.find("takes tessera.probe.v1.ProbeRequest"), std::string::npos) << wrong_types;
  EXPECT_NE(Mistakes([](auto& router, auto& handlers) {
              handlers.Register(router);
              router.Serve("nobody.Knows");
            }).find("nobody.Knows is no service that is linked in"),
            std::string::npos);
}

// Every kind of method with every kind of handler.
TEST(RouterTest, FindsAHandlerOfAnotherKind) {
  const std::string service = "tessera.probe.v1.ProbeService";
  const auto handle_all_by = [&](auto member) {
    return Mistakes([&](server::Router& router, ProbeHandlers& handlers) {
      router.Serve(service);
      for (const char* method : {"Issue", "Redeem", "Administer", "Stream", "Collect"}) {
        router.Handle(service + "/" + method, &handlers, member);
      }
    });
  };
  const auto mistake = [&](const std::string& method, const std::string& kind, const std::string& handler) {
    return service + "/" + method + " is a " + kind + ", its handler is one of a " + handler;
  };
  const std::string unary = "unary call";
  const std::string server_stream = "server stream";
  const std::string client_stream = "client stream";
  EXPECT_EQ(handle_all_by(&ProbeHandlers::Handle),
            mistake("Stream", server_stream, unary) + "; " + mistake("Collect", client_stream, unary));
  EXPECT_EQ(handle_all_by(&ProbeHandlers::Stream), mistake("Issue", unary, server_stream) + "; " +
                                                       mistake("Redeem", unary, server_stream) + "; " +
                                                       mistake("Administer", unary, server_stream) + "; " +
                                                       mistake("Collect", client_stream, server_stream));
  EXPECT_EQ(handle_all_by(&ProbeHandlers::Collect), mistake("Issue", unary, client_stream) + "; " +
                                                        mistake("Redeem", unary, client_stream) + "; " +
                                                        mistake("Administer", unary, client_stream) + "; " +
                                                        mistake("Stream", server_stream, client_stream));
}

}  // namespace
}  // namespace tessera::testing
