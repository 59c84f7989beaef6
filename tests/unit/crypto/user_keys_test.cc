#include "crypto/user_keys.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "unit/crypto/test_keys.h"

namespace tessera::crypto {
namespace {

TEST(UserKeysTest, CarryTheKeyIdAndDifferByUser) {
  const UserKeyMaker maker(TestKeys());
  std::set<core::UserKey> seen;
  for (int i = 0; i < 10'000; ++i) {
    const core::UserKey user = maker.MakeUserKey("user-" + std::to_string(i));
    EXPECT_EQ(user.bytes[0], 1);
    EXPECT_TRUE(seen.insert(user).second);
  }
  EXPECT_EQ(maker.MakeUserKey("user-1"), maker.MakeUserKey("user-1"));
  EXPECT_NE(maker.MakeUserKey("user-1"), maker.MakeUserKey("User-1"));
  EXPECT_NE(maker.MakeUserKey("user-1"), maker.MakeUserKey("user-1 "));
}

TEST(UserKeysTest, ACallerIsNoUserOfItsName) {
  const UserKeyMaker maker(TestKeys());
  EXPECT_EQ(maker.MakeCallerKey("shop"), maker.MakeCallerKey("shop"));
  EXPECT_NE(maker.MakeCallerKey("shop"), maker.MakeCallerKey("crm"));
  EXPECT_NE(maker.MakeCallerKey("shop"), maker.MakeUserKey("shop"));
  EXPECT_EQ(maker.MakeCallerKey("shop").bytes[0], maker.current_key_id());
}

// What is in Redis was written under these bytes: the same file must give the same user for ever.
TEST(UserKeysTest, GoldenUserKey) {
  const core::UserKey user = UserKeyMaker(TestKeys()).MakeUserKey("alice");
  EXPECT_EQ(user.bytes,
            (std::array<uint8_t, 12>{1, 0xf1, 0x73, 0x61, 0x9b, 0xb4, 0x1f, 0x26, 0x45, 0x44, 0x05, 0xf0}));
}

TEST(UserKeysTest, OlderKeysStillNameTheirUsers) {
  const UserKeyMaker before(TestKeys());
  std::string rotated = KeyText();
  rotated.replace(rotated.find(" current"), 8, "");
  const UserKeyMaker after(*KeyFile::Parse(rotated + "user 2 " + HexKey('9') + " current\n", "keys"));
  EXPECT_EQ(after.current_key_id(), 2);
  EXPECT_EQ(after.MakeUserKey("alice").bytes[0], 2);
  EXPECT_NE(after.MakeUserKey("alice"), before.MakeUserKey("alice"));
  EXPECT_EQ(after.MakeUserKeyUnder(1, "alice"), before.MakeUserKey("alice"));
  EXPECT_FALSE(after.MakeUserKeyUnder(3, "alice").has_value());
}

TEST(UserKeysTest, UsersSpreadOverPartitionsAndBuckets) {
  const UserKeyMaker maker(TestKeys());
  constexpr int kUsers = 64'000;
  const core::Shape shape{.partitions = 64, .buckets = 32};
  std::vector<int> partitions(64);
  std::vector<int> places(64 * 32);
  for (int i = 0; i < kUsers; ++i) {
    const core::UserKey user = maker.MakeUserKey(std::to_string(i));
    ++partitions[user.partition(shape)];
    ++places[user.partition(shape) * 32 + user.bucket(shape)];
  }
  const auto chi_square = [](const std::vector<int>& counts) {
    const double expected = static_cast<double>(kUsers) / static_cast<double>(counts.size());
    double sum = 0;
    for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
  };
  EXPECT_LT(chi_square(partitions), 63 + 5 * 11.3);  // mean and five standard deviations
  EXPECT_LT(chi_square(places), 2'047 + 5 * 64.0) << "partition and bucket do not hang on each other";
}

}  // namespace
}  // namespace tessera::crypto
