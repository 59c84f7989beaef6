#include "core/instant.h"

#include <gtest/gtest.h>

namespace tessera::core {
namespace {

TEST(InstantTextTest, IsRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(InstantText(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(InstantText(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(InstantText(951'782'400'007), "2000-02-29T00:00:00.007Z");
  EXPECT_EQ(InstantText(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace tessera::core
