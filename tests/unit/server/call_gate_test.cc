#include "server/call_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "coupon/v1/options.pb.h"

namespace tessera::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Whoever says a role's number has that role; "" is nobody.
class NumberedRoles final : public Authenticator {
 public:
  core::Result<const Caller*> Authenticate(const Credentials& credentials) const override {
    if (credentials.authorization.empty()) return core::Error(core::Reason::kCallerUnknown, "nobody");
    caller_ = Caller{"caller", {}};
    caller_.roles.Add(std::stoi(std::string(credentials.authorization)));
    return &caller_;
  }

 private:
  mutable Caller caller_;
};

class CallGateTest : public ::testing::Test {
 protected:
  const NumberedRoles roles_;
  CallGate gate_{{2, milliseconds(2000), seconds(30), seconds(600)}, roles_};
  const std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
};

TEST_F(CallGateTest, HasRoomForSoManyAndNoMore) {
  EXPECT_FALSE(gate_.Enter().has_value());
  EXPECT_FALSE(gate_.Enter().has_value());
  for (int i = 0; i < 3; ++i) {
    const auto refused = gate_.Enter();
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->reason, core::Reason::kOverloaded);
  }
  EXPECT_EQ(gate_.in_flight(), 2) << "who was refused does not count";
  gate_.Leave();
  EXPECT_FALSE(gate_.Enter().has_value());
}

TEST_F(CallGateTest, RefusesEverybodyOnceClosed) {
  EXPECT_FALSE(gate_.Enter().has_value());
  gate_.Close();
  EXPECT_EQ(gate_.Enter()->reason, core::Reason::kDraining);
  EXPECT_EQ(gate_.in_flight(), 1);
  gate_.Leave();
  EXPECT_EQ(gate_.in_flight(), 0);
}

TEST_F(CallGateTest, NobodySlipsInBehindTheOneWhoCloses) {
  for (int round = 0; round < 200; ++round) {
    CallGate gate({1000, milliseconds(1), milliseconds(1), milliseconds(1)}, roles_);
    std::atomic<bool> emptied{false};
    std::atomic<int> late{0};
    std::thread caller([&] {
      while (!gate.Enter().has_value()) {
        if (emptied) ++late;
        gate.Leave();
      }
    });
    gate.Close();
    while (gate.in_flight() != 0) std::this_thread::yield();
    emptied = true;
    caller.join();
    EXPECT_EQ(late, 0);
  }
}

TEST_F(CallGateTest, LetsInWhoHasARoleAndAdmin) {
  MethodInfo method;
  method.required_roles.Add(coupon::v1::ROLE_ISSUER);
  method.required_roles.Add(coupon::v1::ROLE_MARKETER);
  const auto ask = [&](int role) { return gate_.Admit(method, {std::to_string(role)}); };
  EXPECT_TRUE(ask(coupon::v1::ROLE_ISSUER).ok());
  EXPECT_TRUE(ask(coupon::v1::ROLE_MARKETER).ok());
  EXPECT_TRUE(ask(coupon::v1::ROLE_ADMIN).ok());
  const auto refused = ask(coupon::v1::ROLE_REDEEMER);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kRoleMissing);
  ASSERT_EQ(refused.error().metadata.size(), 1U);
  EXPECT_EQ(refused.error().metadata[0].second, "MARKETER, ISSUER");
  EXPECT_EQ(gate_.Admit(method, {""}).error().reason, core::Reason::kCallerUnknown);
}

TEST_F(CallGateTest, GivesEveryCallADeadline) {
  for (const MethodKind kind : {MethodKind::kUnary, MethodKind::kServerStream, MethodKind::kClientStream}) {
    EXPECT_EQ(gate_.Deadline(kind, now_, std::nullopt), now_ + milliseconds(2000));
    EXPECT_EQ(gate_.Deadline(kind, now_, now_ + seconds(5)), now_ + seconds(5));
    EXPECT_EQ(gate_.Deadline(kind, now_, now_ - seconds(1)), now_ - seconds(1));
  }
}

TEST_F(CallGateTest, LetsStreamsLastLonger) {
  EXPECT_EQ(gate_.Deadline(MethodKind::kUnary, now_, now_ + seconds(5000)), now_ + seconds(30));
  EXPECT_EQ(gate_.Deadline(MethodKind::kServerStream, now_, now_ + seconds(500)), now_ + seconds(500));
  EXPECT_EQ(gate_.Deadline(MethodKind::kServerStream, now_, now_ + seconds(5000)), now_ + seconds(600));
  EXPECT_EQ(gate_.Deadline(MethodKind::kClientStream, now_, now_ + seconds(5000)), now_ + seconds(600));
}

}  // namespace
}  // namespace tessera::server
