// Services die or are told to go while they are at work.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <random>

#include "tests/e2e/background_load.h"
#include "tests/e2e/trials.h"
#include "tests/support/wait_until.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"

namespace tessera::e2e {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

testing::DeploymentOptions Quiet() {
  testing::DeploymentOptions options;
  options.buckets = kFewBuckets;
  options.log_level = "warning";
  return options;
}

class DeathTest : public ::testing::Test {
 protected:
  DeathTest() : deployment_(Quiet()), client_(deployment_) {
    client_.Open("load", load::PlainDefinition("Load"));
  }

  // Kills the service at random moments under load, again and again.
  void KillAgainAndAgain(testing::ServiceProcess& service, const char* name) {
    const int64_t kills = Trials(2, 50);
    std::mt19937 random(static_cast<unsigned>(kills) + 7);
    BackgroundLoad load(deployment_, "load", 16);
    load.Start();
    for (int64_t i = 0; i < kills; ++i) {
      load.WaitForMore(20);
      std::this_thread::sleep_for(milliseconds(random() % 200));
      service.Kill9();
      service.Start();
    }
    load.Stop();
    load.ExpectNothingLost(client_);
    PrintTrials((std::string("kill -9 of the ") + name + " under load").c_str(), kills);
  }

  testing::Deployment deployment_;
  TesseraClient client_;
};

TEST_F(DeathTest, LosesNothingWhenTheIssuerIsKilled) { KillAgainAndAgain(deployment_.issuer(), "issuer"); }

TEST_F(DeathTest, LosesNothingWhenTheRedeemerIsKilled) {
  KillAgainAndAgain(deployment_.redeemer(), "redeemer");
}

TEST_F(DeathTest, CountsExactlyWhenAnalyticsIsKilled) {
  KillAgainAndAgain(deployment_.analytics(), "analytics service");
}

// What one caller without patience saw around the SIGTERM.
struct Seen {
  std::atomic<int64_t> answered{0};
  std::atomic<int64_t> draining{0};
  std::atomic<int64_t> gone{0};
  std::mutex mutex;
  std::vector<std::string> lost;
};

TEST_F(DeathTest, AnswersWhatIsInFlightAtSigterm) {
  const int64_t rounds = Trials(2, 20);
  for (int64_t round = 0; round < rounds; ++round) {
    Seen seen;
    std::atomic<bool> stop{false};
    std::atomic<int64_t> signalled_at{INT64_MAX};
    const auto now = [] { return Clock::now().time_since_epoch().count(); };
    std::vector<std::thread> threads;
    for (int i = 0; i < 32; ++i) {
      threads.emplace_back([&, i] {
        TesseraClient client(deployment_);
        client.caller.tries_max = 1;
        for (int64_t number = 0; !stop; ++number) {
          pb::ClaimCouponResponse response;
          const std::string user =
              std::to_string(round) + "-" + std::to_string(i) + "-" + std::to_string(number);
          const int64_t began = now();
          const grpc::Status status = client.Call(client.ClaimOf("load", user), &response);
          if (status.ok()) {
            ++seen.answered;
          } else if (load::RefusalOf(status).reason == "DRAINING") {
            ++seen.draining;
          } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE && began > signalled_at) {
            ++seen.gone;
          } else {
            const std::lock_guard lock(seen.mutex);
            seen.lost.push_back(load::RefusalLabel(status) + " " + status.error_message() +
                                (began > signalled_at ? ", begun after SIGTERM" : ", begun before SIGTERM"));
          }
        }
      });
    }
    testing::WaitUntil("calls are answered", [&] { return seen.answered > 200; }, std::chrono::seconds(60));
    signalled_at = now();
    const auto began = Clock::now();
    const int exit_status = deployment_.issuer().Terminate();
    const auto took = Clock::now() - began;
    stop = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(exit_status, 0);
    EXPECT_LT(took, std::chrono::seconds(10));
    EXPECT_EQ(seen.lost, std::vector<std::string>());
    deployment_.issuer().Start();
  }
  EXPECT_EQ(client_.Differences(), "");
  PrintTrials("SIGTERM under load", rounds);
}

// Callers that do not wait for answers have calls on the way at every instant of the end.
TEST_F(DeathTest, TellsWhoeverCallsOnAfterSigtermToTryElsewhere) {
  const int64_t rounds = Trials(3, 20);
  for (int64_t round = 0; round < rounds; ++round) {
    load::LoadPlan plan;
    plan.rate = 2000;
    plan.duration = std::chrono::seconds(2);
    plan.token = deployment_.token("ADMIN");
    load::ClaimTraffic traffic("load", 1000 + static_cast<uint64_t>(round));
    load::LoadResult result;
    std::thread caller([&] {
      result = load::RunLoad(load::Connect(deployment_.issuer().grpc_address(), 8), traffic, plan);
    });
    std::this_thread::sleep_for(milliseconds(1000));
    EXPECT_EQ(deployment_.issuer().Terminate(), 0);
    caller.join();
    EXPECT_GT(result.succeeded, 0);
    EXPECT_GT(result.refused, 0);
    for (const auto& [label, count] : result.refusals) {
      EXPECT_TRUE(label.starts_with("UNAVAILABLE")) << count << " x " << label;
      std::printf("%lld x %s\n", static_cast<long long>(count), label.c_str());
    }
    deployment_.issuer().Start();
  }
  PrintTrials("SIGTERM under an open loop", rounds);
}

TEST_F(DeathTest, EndsEveryCallByItsDeadlineWhileRedisIsStopped) {
  constexpr milliseconds kDeadline{1000};
  constexpr milliseconds kSlack{500};
  std::atomic<bool> stop{false};
  std::atomic<int64_t> refused{0};
  std::atomic<int64_t> last_answer{0};
  std::mutex mutex;
  std::vector<std::string> wrong;
  // The fate of the impatient calls is not followed up, so they have a campaign of their own.
  client_.Open("stalled", load::PlainDefinition("Stalled"));
  BackgroundLoad load(deployment_, "load", 8);
  load.Start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      TesseraClient client(deployment_);
      client.caller.tries_max = 1;
      client.caller.try_timeout = kDeadline;
      for (int64_t number = 0; !stop; ++number) {
        pb::ClaimCouponResponse response;
        const auto began = Clock::now();
        const auto status = client.Call(
            client.ClaimOf("stalled", std::to_string(i) + "-" + std::to_string(number)), &response);
        const auto took = Clock::now() - began;
        const bool fair = status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                          status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
        if (status.ok()) {
          last_answer = Clock::now().time_since_epoch().count();
        } else {
          ++refused;
          std::this_thread::sleep_for(milliseconds(5));
        }
        if (fair && took <= kDeadline + kSlack) continue;
        const std::lock_guard lock(mutex);
        wrong.push_back(load::RefusalLabel(status) + " after " +
                        std::to_string(std::chrono::duration_cast<milliseconds>(took).count()) + " ms");
      }
    });
  }
  const int64_t rounds = Trials(1, 5);
  for (int64_t round = 0; round < rounds; ++round) {
    testing::WaitUntil("calls are answered", [&] { return last_answer > 0; });
    deployment_.redis().Stop();
    std::this_thread::sleep_for(std::chrono::seconds(5));
    last_answer = 0;
    const auto resumed = Clock::now();
    deployment_.redis().Cont();
    testing::WaitUntil("calls are answered again", [&] { return last_answer > 0; });
    EXPECT_LT(Clock::now() - resumed, std::chrono::seconds(1)) << "recovery";
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  load.Stop();
  EXPECT_GT(refused, 0);
  EXPECT_EQ(wrong, std::vector<std::string>());
  load.ExpectNothingLost(client_);
  PrintTrials("Redis stopped for 5 s", rounds);
}

}  // namespace
}  // namespace tessera::e2e
