#include "server/library_logs.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "coupon/v1/issuer_service.pb.h"

namespace tessera::server {
namespace {

TEST(LibraryLogsTest, TurnsWhatTheLibrariesWriteIntoLinesOfTheLog) {
  grpc_init();  // before this, nothing is worth a line to gRPC
  std::ostringstream text;
  const Log log(
      "issuer", LogLevel::kDebug,
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  {
    const LibraryLogs redirected(log);
    gpr_log(GPR_ERROR, "a \"quoted\" complaint");
    EXPECT_FALSE(coupon::v1::ClaimCouponRequest().ParseFromString("\x0a\x01\xff"));
  }
  gpr_log(GPR_ERROR, "nobody hears");
  grpc_shutdown();
  std::vector<nlohmann::json> lines;
  std::istringstream in(text.str());
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("library"), "grpc");
  EXPECT_EQ(lines[0].at("level"), "warning");
  EXPECT_EQ(lines[0].at("msg"), "a \"quoted\" complaint");
  EXPECT_EQ(lines[1].at("library"), "protobuf");
  EXPECT_EQ(lines[1].at("level"), "debug");
}

}  // namespace
}  // namespace tessera::server
