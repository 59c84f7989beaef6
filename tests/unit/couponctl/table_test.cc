#include "tools/couponctl/table.h"

#include <gtest/gtest.h>

namespace tessera::couponctl {
namespace {

TEST(TableTest, ColumnsAreAsWideAsWhatIsInThem) {
  Table table({"A", "B"});
  table.Add({"one", ""});
  table.Add({"M\xC3\xBC", "2"});
  EXPECT_EQ(table.Text(),
            "A    B\n"
            "one  -\n"
            "M\xC3\xBC   2\n");
}

TEST(TableTest, FactsWithoutAValueAreLeftOut) {
  EXPECT_EQ(Lines({{"name", "x"}, {"a long name", ""}, {"state", "y"}}), "name   x\nstate  y\n");
}

}  // namespace
}  // namespace tessera::couponctl
