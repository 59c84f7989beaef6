#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/crypto/test_keys.h"

namespace tessera::crypto {
namespace {

core::RequestId IdOf(uint8_t last) {
  core::RequestId id;
  id.bytes[15] = last;
  return id;
}

TEST(DigestTest, EveryPartOfTheNameCounts) {
  const RequestDigests digests(TestKeys());
  const OperationName name{.caller = "shop", .method = "Claim", .subject = "u1", .request_id = IdOf(1)};
  const OperationField field = digests.Operation(name);
  EXPECT_EQ(digests.Operation(name), field);
  std::set<OperationField> fields = {field};
  fields.insert(
      digests.Operation({.caller = "shop2", .method = "Claim", .subject = "u1", .request_id = IdOf(1)}));
  fields.insert(
      digests.Operation({.caller = "shop", .method = "Issue", .subject = "u1", .request_id = IdOf(1)}));
  fields.insert(
      digests.Operation({.caller = "shop", .method = "Claim", .subject = "u2", .request_id = IdOf(1)}));
  fields.insert(
      digests.Operation({.caller = "shop", .method = "Claim", .subject = "u1", .request_id = IdOf(2)}));
  EXPECT_EQ(fields.size(), 5u);
}

TEST(DigestTest, PartsCannotFlowIntoEachOther) {
  const RequestDigests digests(TestKeys());
  std::set<OperationField> fields;
  int names = 0;
  // All ways to cut one text into three, with separators that a careless joining would use.
  const std::string text = "a|b:c/d";
  for (size_t i = 0; i <= text.size(); ++i) {
    for (size_t j = i; j <= text.size(); ++j, ++names) {
      const std::string caller = text.substr(0, i);
      const std::string method = text.substr(i, j - i);
      const std::string subject = text.substr(j);
      fields.insert(
          digests.Operation({.caller = caller, .method = method, .subject = subject, .request_id = IdOf(1)}));
    }
  }
  EXPECT_EQ(fields.size(), static_cast<size_t>(names));
}

TEST(DigestTest, BodiesAndOperationsHaveTheirOwnDigests) {
  const RequestDigests digests(TestKeys());
  EXPECT_EQ(digests.Body("body"), digests.Body("body"));
  EXPECT_NE(digests.Body("body"), digests.Body("bodz"));
  EXPECT_NE(digests.Body(""), digests.Body(std::string(1, '\0')));
  static_assert(std::tuple_size_v<OperationField> == std::tuple_size_v<decltype(core::OpRef::field)>);
}

TEST(DigestTest, HangOnTheRequestKeyOnly) {
  const RequestDigests digests(TestKeys());
  std::string other_users = KeyText();
  other_users.replace(other_users.find(HexKey('1')), 64, HexKey('8'));
  EXPECT_EQ(RequestDigests(*KeyFile::Parse(other_users, "keys")).Body("b"), digests.Body("b"));
  std::string other_requests = KeyText();
  other_requests.replace(other_requests.find(HexKey('3')), 64, HexKey('8'));
  EXPECT_NE(RequestDigests(*KeyFile::Parse(other_requests, "keys")).Body("b"), digests.Body("b"));
}

}  // namespace
}  // namespace tessera::crypto
