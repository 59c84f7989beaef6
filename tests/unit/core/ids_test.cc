#include "core/ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace tessera::core {
namespace {

std::vector<Shape> Shapes() {
  std::vector<Shape> shapes;
  for (const uint32_t partitions : {1u, 2u, 16u, 64u, 1024u}) {
    for (const uint32_t buckets : {1u, 2u, 2048u, 65'536u})
      shapes.push_back({.partitions = partitions, .buckets = buckets});
  }
  return shapes;
}

TEST(WindowTest, IsHalfOpen) {
  const Window window{.start_ms = 10, .end_ms = 20};
  EXPECT_FALSE(window.Contains(9));
  EXPECT_TRUE(window.Contains(10));
  EXPECT_TRUE(window.Contains(19));
  EXPECT_FALSE(window.Contains(20));
  EXPECT_FALSE((Window{.start_ms = 5, .end_ms = 5}.Contains(5)));
}

TEST(UserKeyTest, PlaceComesFromTheDigestAndNotFromTheKeyId) {
  UserKey user{{3, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 9, 10, 11}};
  const Shape shape{.partitions = 64, .buckets = 2048};
  EXPECT_EQ(user.partition(shape), 0x01020304u % 64);
  EXPECT_EQ(user.bucket(shape), 0x05060708u % 2048);
  const uint32_t partition = user.partition(shape);
  user.bytes[0] = 4;
  EXPECT_EQ(user.partition(shape), partition);
  user.bytes.fill(0xff);
  EXPECT_EQ(user.partition({.partitions = 1024, .buckets = 65'536}), 1023u);
  EXPECT_EQ(user.bucket({.partitions = 1024, .buckets = 65'536}), 65'535u);
  EXPECT_EQ(user.partition({.partitions = 1, .buckets = 1}), 0u);
  EXPECT_EQ(user.bucket({.partitions = 1, .buckets = 1}), 0u);
}

TEST(UserKeyTest, ViewIsTheTwelveBytes) {
  const UserKey user{{'k', 'e', 'y', 0, 1, 2, 3, 4, 5, 6, 7, 8}};
  EXPECT_EQ(user.view(), std::string_view("key\0\1\2\3\4\5\6\7\x8", 12));
}

TEST(CouponNumberTest, RoundTripsOverShapes) {
  std::mt19937_64 random(3);
  for (const Shape& shape : Shapes()) {
    const uint64_t index_end = (uint64_t{1} << CouponNumber::kBits) / shape.partitions / shape.buckets;
    ASSERT_GE(index_end, 512u);
    for (int i = 0; i < 2'000; ++i) {
      const auto partition = static_cast<uint32_t>(random() % shape.partitions);
      const auto bucket = static_cast<uint32_t>(random() % shape.buckets);
      const uint64_t index = i == 0 ? 0 : i == 1 ? index_end - 1 : random() % index_end;
      const CouponNumber number = CouponNumber::Of(shape, partition, bucket, index);
      ASSERT_EQ(number.partition(shape), partition);
      ASSERT_EQ(number.bucket(shape), bucket);
      ASSERT_EQ(number.index(shape), index);
      ASSERT_EQ(CouponNumber::FromId(number.ToId()), number);
    }
  }
}

TEST(CouponNumberTest, DistinctPlacesGiveDistinctNumbers) {
  const Shape shape{.partitions = 4, .buckets = 8};
  std::set<uint64_t> seen;
  for (uint32_t partition = 0; partition < 4; ++partition) {
    for (uint32_t bucket = 0; bucket < 8; ++bucket) {
      for (uint64_t index = 0; index < 16; ++index)
        seen.insert(CouponNumber::Of(shape, partition, bucket, index).value);
    }
  }
  EXPECT_EQ(seen.size(), 4u * 8 * 16);
  EXPECT_EQ(*seen.rbegin(), 4u * 8 * 16 - 1) << "numbers leave no gap";
}

TEST(CodeNumberTest, HasAHomeAndAPlaceOfItsOwn) {
  for (const Shape& shape : {Shape{1, 1}, Shape{4, 8}, Shape{64, 2048}, Shape{1024, 65'536}}) {
    std::set<std::tuple<uint32_t, uint32_t, uint64_t>> places;
    std::set<UserKey> bearers;
    for (uint32_t home = 0; home < std::min(shape.partitions, 3u); ++home) {
      for (uint64_t index = 0; index < 300; ++index) {
        const CodeNumber code = CodeNumber::Of(shape, home, index);
        EXPECT_EQ(code.home(shape), home);
        EXPECT_EQ(code.index(shape), index);
        EXPECT_LT(code.partition(shape), shape.partitions);
        EXPECT_TRUE(places.emplace(home, code.partition(shape), code.place(shape)).second);
        const UserKey bearer = code.Bearer(shape);
        EXPECT_EQ(bearer.partition(shape), code.partition(shape)) << "a bearer's call stays in one slot";
        EXPECT_TRUE(bearers.insert(bearer).second);
      }
    }
  }
  const CodeNumber last{(uint64_t{1} << CodeNumber::kBits) - 1};
  const Shape shape;
  EXPECT_EQ(CodeNumber::Of(shape, last.home(shape), last.index(shape)), last);
}

TEST(CouponNumberTest, IdsHaveOneSpelling) {
  EXPECT_EQ(CouponNumber{0}.ToId(), "c-0");
  EXPECT_EQ(CouponNumber::FromId("c-0"), CouponNumber{0});
  EXPECT_EQ(CouponNumber::FromId("c-34359738367"), CouponNumber{(uint64_t{1} << 35) - 1});
  for (const char* id :
       {"", "c", "c-", "c--1", "c-+1", "c-01", "c-00", "c-1 ", " c-1", "C-1", "c-1x", "c-0x1",
        "c-34359738368", "c-99999999999", "c-100000000000", "c-18446744073709551617", "r-1", "1", "c-1\n"}) {
    EXPECT_FALSE(CouponNumber::FromId(id).has_value()) << id;
  }
  EXPECT_FALSE(CouponNumber::FromId(std::string_view("c-1\0", 4)).has_value());
}

}  // namespace
}  // namespace tessera::core
