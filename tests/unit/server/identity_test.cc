#include "server/identity.h"

#include <gtest/gtest.h>

#include "coupon/v1/options.pb.h"

namespace tessera::server {
namespace {

// The digests of "secret-1" and "secret-2".
constexpr char kFirst[] = "f7e7c36e458e80e6b6a2c67d0a9ec09bd718dadd7bfa8d6bf6e7ad526e46c2f7";
constexpr char kSecond[] = "f4b6bb6548129dacf11c1a9c4dffffefd4aa6b21fcf4e9754cc03b731cbe7c25";

std::string Row(const std::string& name, const std::string& digest, const std::string& roles) {
  return "  - {name: " + name + ", sha256: \"" + digest + "\", roles: " + roles + "}\n";
}

std::string Complaint(const std::string& yaml) {
  const auto tokens = StaticTokens::Parse(yaml, "t.yaml");
  return tokens.ok() ? "" : tokens.error().message;
}

class StaticTokensTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto tokens = StaticTokens::Parse(
        "tokens:\n" + Row("checkout", kFirst, "[REDEEMER]") + Row("office", kSecond, "[MARKETER, ISSUER]"),
        "t.yaml");
    ASSERT_TRUE(tokens.ok()) << tokens.error().message;
    tokens_ = std::move(*tokens);
  }

  // The caller's name, or the reason.
  std::string Ask(const std::string& authorization) const {
    const auto caller = tokens_->Authenticate({authorization});
    return caller.ok() ? (*caller)->name : std::string(core::ReasonName(caller.error().reason));
  }

  std::unique_ptr<StaticTokens> tokens_;
};

TEST_F(StaticTokensTest, KnowsItsCallersByTheirTokens) {
  EXPECT_EQ(Ask("Bearer secret-1"), "checkout");
  EXPECT_EQ(Ask("bearer secret-2"), "office");
  EXPECT_EQ(Ask("BEARER secret-2"), "office");
  const auto office = tokens_->Authenticate({"Bearer secret-2"});
  EXPECT_TRUE((*office)->roles.Has(coupon::v1::ROLE_MARKETER));
  EXPECT_TRUE((*office)->roles.Has(coupon::v1::ROLE_ISSUER));
  EXPECT_FALSE((*office)->roles.Has(coupon::v1::ROLE_ADMIN));
}

TEST_F(StaticTokensTest, KnowsNobodyElse) {
  for (const std::string text : {"", "Bearer", "Bearer ", "secret-1", "Basic secret-1", "Bearer secret-1 ",
                                 "Bearer  secret-1", "Bearer secret-3", "Bearer Secret-1"}) {
    EXPECT_EQ(Ask(text), "CALLER_UNKNOWN") << text;
  }
  EXPECT_EQ(Ask("Bearer " + std::string(100'000, 'x')), "CALLER_UNKNOWN");
  EXPECT_EQ(Ask("Bearer " + std::string(kFirst)), "CALLER_UNKNOWN") << "the digest is not the token";
}

TEST_F(StaticTokensTest, TakesTwoTokensOfOneCallerWhileTheyChange) {
  const auto tokens = StaticTokens::Parse(
      "tokens:\n" + Row("checkout", kFirst, "[REDEEMER]") + Row("checkout", kSecond, "[REDEEMER]"), "t.yaml");
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ((*tokens)->size(), 2U);
}

TEST(StaticTokensFileTest, NamesWhatIsWrongAndWhere) {
  const std::string header = "tokens:\n";
  EXPECT_EQ(Complaint(header + Row("a", kFirst, "[REDEEMER]")), "");
  EXPECT_EQ(Complaint(header + Row("a", "abc", "[REDEEMER]")),
            "t.yaml:2: sha256 must be 64 lower-case hex digits");
  EXPECT_EQ(Complaint(header + Row("a", kFirst, "[WIZARD]")), "t.yaml:2: there is no role WIZARD");
  EXPECT_EQ(Complaint(header + Row("a", kFirst, "[UNSPECIFIED]")), "t.yaml:2: there is no role UNSPECIFIED");
  EXPECT_EQ(Complaint(header + Row("a", kFirst, "[]")), "t.yaml:2: a has no roles");
  EXPECT_EQ(Complaint(header + Row("a", kFirst, "[ADMIN]") + Row("b", kFirst, "[ADMIN]")),
            "t.yaml:3: the sha256 of b is there twice");
  EXPECT_EQ(Complaint(header + "  - {name: a, roles: [ADMIN]}\n"), "t.yaml:2: the token of a has no sha256");
  EXPECT_EQ(Complaint(header + "  - {name: a, token: x}\n"), "t.yaml:2: unknown key token");
  EXPECT_EQ(Complaint("tokens: []\n"), "t.yaml: names no token");
  EXPECT_EQ(Complaint("tokenz: []\n"), "t.yaml:1: must consist of one list called tokens");
  EXPECT_NE(Complaint("tokens: {"), "");
  EXPECT_FALSE(StaticTokens::ReadFile("/nowhere/tokens.yaml").ok());
}

TEST(AnyoneTest, IsAnonymousWithEveryRole) {
  const Anyone anyone;
  const auto caller = anyone.Authenticate({""});
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ((*caller)->name, "anonymous");
  EXPECT_EQ((*caller)->roles, RoleSet::All());
  EXPECT_EQ(RoleSet::All().ToString(), "ADMIN, MARKETER, ISSUER, REDEEMER, ANALYST, AUDITOR");
}

}  // namespace
}  // namespace tessera::server
