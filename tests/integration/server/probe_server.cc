#include "tests/integration/server/probe_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <stdexcept>

#include "tests/support/refusals.h"

namespace tessera::testing {

ProbeServer::Options ProbeServer::Defaults() {
  Options options;
  options.grpc.listen = "127.0.0.1:0";
  options.log.level = server::LogLevel::kDebug;
  return options;
}

ProbeServer::ProbeServer(Options options)
    : sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_)),
      log_(std::make_unique<server::Log>("probe", options.log.level,
                                         std::make_shared<spdlog::logger>("probe", sink_))) {
  if (options.tokens.empty()) {
    authenticator_ = std::make_unique<server::Anyone>();
  } else {
    auto tokens = server::StaticTokens::Parse(options.tokens, "tokens.yaml");
    if (!tokens.ok()) throw std::runtime_error(tokens.error().message);
    authenticator_ = std::move(*tokens);
  }
  handlers.Register(router_);
  if (const auto checked = router_.Check(); !checked.ok()) throw std::runtime_error(checked.error().message);
  dependency->Set(true, "connected");
  grpc = std::make_unique<server::GrpcServer>(
      options.grpc, options.log,
      server::GrpcServer::Parts{loop, router_, *authenticator_, health, registry, *log_});
  loop_thread_ = std::thread([this] { loop.Run(); });
  if (const auto started = grpc->Start(); !started.ok()) {
    loop.Stop();
    loop_thread_.join();
    throw std::runtime_error(started.error().message);
  }
}

ProbeServer::~ProbeServer() {
  EXPECT_TRUE(grpc->Drain(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
  grpc.reset();
  loop.Stop();
  loop_thread_.join();
}

std::shared_ptr<grpc::Channel> ProbeServer::Channel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(grpc->address(), grpc::InsecureChannelCredentials(), arguments);
}

std::string ProbeServer::Log() const {
  sink_->flush();
  return log_text_.str();
}

std::string ProbeServer::Metrics() const {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

std::string ReasonOf(const grpc::Status& status) {
  // ErrorInfo begins with its reason: field 1, one byte of length.
  const std::string type = "google.rpc.ErrorInfo";
  const std::string details = status.error_details();
  size_t at = details.find(type);
  if (at == std::string::npos) return "";
  at = details.find('\n', at + type.size());
  if (at == std::string::npos) return "";
  const std::string reason = details.substr(at + 2, static_cast<unsigned char>(details[at + 1]));
  NoteRefusal(reason);
  return reason;
}

bool HasRetryInfo(const grpc::Status& status) {
  return status.error_details().find("google.rpc.RetryInfo") != std::string::npos;
}

std::unique_ptr<grpc::ClientContext> Context(const std::string& token) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                     const std::string& bytes, const std::string& token, std::string* answer) {
  grpc::GenericStub stub(channel);
  const auto context = Context(token);
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(context.get(), path, request, &queue);
  grpc::Status status;
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  std::vector<grpc::Slice> slices;
  if (answer != nullptr && status.ok() && response.Dump(&slices).ok()) {
    answer->clear();
    for (const grpc::Slice& part : slices) answer->append(part.begin(), part.end());
  }
  return status;
}

}  // namespace tessera::testing
