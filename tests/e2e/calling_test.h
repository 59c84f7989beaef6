// CallingTest is the fixture of tests that call a deployment of their own and look at each answer.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/tessera_client.h"
#include "tools/load/patient_call.h"

namespace tessera::e2e {

class CallingTest : public ::testing::Test {
 protected:
  explicit CallingTest(testing::DeploymentOptions options = {})
      : deployment_(std::move(options)), client_(deployment_) {}

  // The test fails when it is refused.
  template <class Response, class Request>
  Response Must(const Request& request) {
    Response response;
    const grpc::Status status = client_.Call(request, &response);
    EXPECT_TRUE(status.ok()) << Request::descriptor()->name() << ": " << load::RefusalLabel(status) << " "
                             << status.error_message();
    return response;
  }
  // "OK", or why it was refused.
  template <class Response, class Request>
  std::string ReasonOf(const Request& request) {
    Response response;
    const grpc::Status status = client_.Call(request, &response);
    return status.ok() ? "OK" : load::RefusalOf(status).reason;
  }

  testing::Deployment deployment_;
  TesseraClient client_;
};

}  // namespace tessera::e2e
