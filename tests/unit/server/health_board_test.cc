#include "server/health_board.h"

#include <gtest/gtest.h>

namespace tessera::server {
namespace {

TEST(HealthBoardTest, ServesWhenEveryComponentIsHealthy) {
  HealthBoard board;
  EXPECT_TRUE(board.serving()) << "nothing is needed";
  HealthComponent* redis = board.Add("redis");
  HealthComponent* keys = board.Add("keys");
  EXPECT_FALSE(board.serving()) << "components begin unhealthy";
  redis->Set(true, "connected");
  EXPECT_FALSE(board.serving());
  keys->Set(true, "read");
  EXPECT_TRUE(board.serving());
  redis->Set(false, "connection lost");
  EXPECT_FALSE(board.serving());
  EXPECT_EQ(board.components().at(0).detail, "connection lost");
  EXPECT_FALSE(board.components().at(0).healthy);
  EXPECT_TRUE(board.components().at(1).healthy);
}

TEST(HealthBoardTest, TellsChangesOfTheWholeOnce) {
  HealthBoard board;
  HealthComponent* redis = board.Add("redis");
  HealthComponent* keys = board.Add("keys");
  std::vector<bool> heard;
  board.OnChange([&heard](bool serving) { heard.push_back(serving); });
  redis->Set(true, "a");
  redis->Set(true, "b");
  keys->Set(true, "a");
  keys->Set(true, "b");
  redis->Set(false, "c");
  keys->Set(false, "c");
  redis->Set(true, "d");
  keys->Set(true, "d");
  EXPECT_EQ(heard, (std::vector<bool>{false, true, false, true}));
}

TEST(HealthBoardTest, TellsTheFirstChangeToo) {
  HealthBoard board;
  std::vector<bool> heard;
  board.OnChange([&heard](bool serving) { heard.push_back(serving); });
  board.Add("redis");
  EXPECT_EQ(heard, (std::vector<bool>{true, false}));
}

TEST(HealthBoardTest, DoesNotComeBackFromDraining) {
  HealthBoard board;
  HealthComponent* redis = board.Add("redis");
  redis->Set(true, "connected");
  board.StartDrain();
  EXPECT_FALSE(board.serving());
  redis->Set(false, "away");
  redis->Set(true, "connected");
  EXPECT_FALSE(board.serving());
}

}  // namespace
}  // namespace tessera::server
