#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/ids.h"

namespace tessera::core {
namespace {

OpRef RandomRef(std::mt19937_64& random) {
  OpRef ref;
  ref.partition = static_cast<uint32_t>(random() % 1024);
  ref.retention = random() % 2 != 0 ? Retention::kLong : Retention::kShort;
  ref.period = static_cast<uint32_t>(random() & 0x7fffffff);
  for (uint8_t& byte : ref.field) byte = static_cast<uint8_t>(random());
  return ref;
}

OpRef ExtremeRef() {
  OpRef ref{.partition = 1023, .retention = Retention::kLong, .period = 0x7fffffff};
  ref.field.fill(0xff);
  return ref;
}

TEST(OpRefTest, IdsRoundTrip) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const OpRef ref = RandomRef(random);
    const char prefix = i % 2 != 0 ? 'r' : 'h';
    const std::string id = ref.ToId(prefix);
    ASSERT_EQ(id.size(), 30u);
    ASSERT_EQ(id.substr(0, 2), (std::string{prefix, '-'}));
    ASSERT_EQ(OpRef::FromId(prefix, id), ref) << id;
  }
  for (const OpRef& ref : {OpRef{}, ExtremeRef()}) EXPECT_EQ(OpRef::FromId('r', ref.ToId('r')), ref);
}

TEST(OpRefTest, GoldenIds) {
  EXPECT_EQ(OpRef{}.ToId('r'), "r-0000000000000000000000000000");
  EXPECT_EQ(ExtremeRef().ToId('h'), "h-7zzzzzzzzzzzzzzzzzzzzzzzzzzz");
  OpRef ref{.partition = 5, .retention = Retention::kShort, .period = 1};
  ref.field[11] = 1;
  // Partition 5 ends at bit 12 of 140, the period at bit 44, the field at bit 140.
  EXPECT_EQ(ref.ToId('r'), "r-0180000020000000000000000001");
}

TEST(OpRefTest, RefusesForgedShapes) {
  std::mt19937_64 random(6);
  const std::string id = RandomRef(random).ToId('r');
  EXPECT_FALSE(OpRef::FromId('h', id)) << "a redemption is no reservation";
  EXPECT_FALSE(OpRef::FromId('r', id.substr(0, 29)));
  EXPECT_FALSE(OpRef::FromId('r', id + "0"));
  EXPECT_FALSE(OpRef::FromId('r', ""));
  EXPECT_FALSE(OpRef::FromId('r', "r-"));
  for (const char bad : {'i', 'l', 'o', 'u', 'A', 'Z', ' ', '-', '\0', '\xff'}) {
    for (size_t place = 2; place < id.size(); ++place) {
      std::string forged = id;
      forged[place] = bad;
      ASSERT_FALSE(OpRef::FromId('r', forged)) << place << " " << bad;
    }
  }
  for (const char first : std::string("89abcdefghjkmnpqrstvwxyz")) {
    std::string forged = id;
    forged[2] = first;
    EXPECT_FALSE(OpRef::FromId('r', forged)) << "the top two bits are zero";
  }
  std::string other = id;
  other[1] = '_';
  EXPECT_FALSE(OpRef::FromId('r', other));
}

TEST(OpRefTest, EveryLetterCounts) {
  std::mt19937_64 random(8);
  const OpRef ref = RandomRef(random);
  const std::string id = ref.ToId('r');
  for (size_t place = 3; place < id.size(); ++place) {
    std::string forged = id;
    forged[place] = id[place] == '0' ? '1' : '0';
    const auto read = OpRef::FromId('r', forged);
    ASSERT_TRUE(read.has_value());
    ASSERT_NE(*read, ref) << place;
  }
}

TEST(OpRefTest, PackIsSixteenBytesWithoutThePartition) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 1'000; ++i) {
    const OpRef ref = RandomRef(random);
    const std::string packed = ref.Pack();
    ASSERT_EQ(packed.size(), 16u);
    ASSERT_EQ(OpRef::Unpack(ref.partition, packed), ref);
  }
  OpRef ref{.partition = 3, .retention = Retention::kLong, .period = 0x01020304};
  ref.field = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
  EXPECT_EQ(ref.Pack(), "\x81\x02\x03\x04\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15");
  EXPECT_EQ(ref.field_view().size(), 12u);
  for (const size_t size : {0u, 15u, 17u}) EXPECT_FALSE(OpRef::Unpack(0, std::string(size, 'x')).has_value());
}

}  // namespace
}  // namespace tessera::core
