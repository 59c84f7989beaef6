#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/event.h"
#include "async/event_loop.h"
#include "async/one_shot.h"
#include "async/single_flight.h"
#include "async/timer.h"

namespace tessera::async {
namespace {

using std::chrono::milliseconds;

TEST(EventLoop, RunsWhatOtherThreadsPostAndSpawn) {
  EventLoop loop;
  std::thread runner([&] { loop.Run(); });
  int posted = 0;
  int spawned = 0;
  bool outside = false;
  auto task = [](EventLoop* own, int* count, bool* elsewhere) -> Task<void> {
    ++*count;
    *elsewhere = *elsewhere || !own->InLoopThread();
    co_return;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        loop.Post([&posted] { ++posted; });
        loop.Spawn(task(&loop, &spawned, &outside));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  loop.Post([&loop] { loop.Post([&loop] { loop.Stop(); }); });
  runner.join();
  EXPECT_EQ(posted, 4000);
  EXPECT_EQ(spawned, 4000);
  EXPECT_FALSE(outside);
  EXPECT_FALSE(loop.InLoopThread());
}

TEST(EventLoop, RunUntilDoneReturnsValuesAndExceptions) {
  EventLoop loop;
  auto value = []() -> Task<std::string> { co_return "value"; };
  EXPECT_EQ(loop.RunUntilDone(value()), "value");
  auto failure = []() -> Task<int> {
    co_await Sleep(milliseconds(1));
    throw std::runtime_error("failure");
  };
  EXPECT_THROW(loop.RunUntilDone(failure()), std::runtime_error);
}

TEST(EventLoopDeathTest, AnExceptionThatEscapesASpawnedTaskEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        EventLoop loop;
        auto task = []() -> Task<void> {
          throw std::runtime_error("nobody's business");
          co_return;
        };
        loop.Spawn(task());
        loop.Run();
      },
      "an exception escaped a task: nobody's business");
}

TEST(OneShot, CarriesAValueThatComesEarlyOrLate) {
  EventLoop loop;
  auto task = [](EventLoop* own) -> Task<std::string> {
    OneShot<std::string> early;
    early.Complete("early");
    co_await early.Ready();
    OneShot<std::string> late;
    own->Post([&late] { late.Complete("late"); });
    EXPECT_FALSE(late.completed());
    co_await late.Ready();
    const std::string both = early.Take() + late.Take();
    // It may be used again.
    own->Post([&late] { late.Complete("again"); });
    co_await late.Ready();
    co_return both + late.Take();
  };
  EXPECT_EQ(loop.RunUntilDone(task(&loop)), "earlylateagain");
}

TEST(OneShot, ResumesBeforeCompleteReturns) {
  EventLoop loop;
  std::string order;
  OneShot<int> value;
  auto waiter = [](OneShot<int>* own, std::string* log) -> Task<void> {
    co_await own->Ready();
    log->append("resumed ");
  };
  loop.Spawn(waiter(&value, &order));
  auto completer = [](OneShot<int>* own, std::string* log) -> Task<void> {
    co_await Sleep(milliseconds(1));
    own->Complete(1);
    log->append("completed");
  };
  loop.RunUntilDone(completer(&value, &order));
  EXPECT_EQ(order, "resumed completed");
}

TEST(Timer, EndsAtItsTimeOrWhenItIsCancelled) {
  EventLoop loop;
  auto task = [](EventLoop* own) -> Task<void> {
    Timer timer(own->executor());
    const Deadline begin = Clock::now();
    EXPECT_TRUE(co_await timer.WaitFor(milliseconds(20)));
    EXPECT_GE(Clock::now() - begin, milliseconds(20));
    own->Post([&timer] { timer.Cancel(); });
    EXPECT_FALSE(co_await timer.WaitFor(milliseconds(10'000)));
    EXPECT_LT(Clock::now() - begin, milliseconds(5'000));
  };
  loop.RunUntilDone(task(&loop));
}

TEST(Event, WakesAllWhoWait) {
  EventLoop loop;
  Event event;
  int woken = 0;
  int timed_out = 0;
  auto waiter = [](Event* own, milliseconds limit, int* yes, int* no) -> Task<void> {
    ++*(co_await own->WaitUntil(After(limit)) ? yes : no);
  };
  for (int i = 0; i < 5; ++i) loop.Spawn(waiter(&event, milliseconds(10'000), &woken, &timed_out));
  for (int i = 0; i < 3; ++i) loop.Spawn(waiter(&event, milliseconds(1), &woken, &timed_out));
  auto setter = [](Event* own, int* yes, int* no) -> Task<void> {
    co_await Sleep(milliseconds(30));
    EXPECT_EQ(*no, 3);
    own->Pulse();
    EXPECT_FALSE(own->is_set());
    co_await Sleep(milliseconds(1));
    EXPECT_EQ(*yes, 5);
    own->Set();
    EXPECT_TRUE(co_await own->WaitUntil(After(milliseconds(0))));
    own->Reset();
    EXPECT_FALSE(co_await own->WaitUntil(After(milliseconds(1))));
  };
  loop.RunUntilDone(setter(&event, &woken, &timed_out));
}

constexpr milliseconds kLong{10'000};

// A read that takes as long as the test likes and answers the number of reads begun before it.
struct Reads {
  int begun = 0;
  Event go;
};

Task<int> Read(Reads* reads) {
  const int number = ++reads->begun;
  co_await reads->go.Wait();
  co_return number;
}

struct Asker {
  SingleFlight<std::string, int> flight;
  Reads reads;
  std::vector<int> answers;
};

Task<void> AskShared(Asker* asker) {
  std::function<Task<int>()> read = [reads = &asker->reads] { return Read(reads); };
  const std::optional<int> answer = co_await asker->flight.Share("key", std::move(read), After(kLong));
  asker->answers.push_back(answer.value_or(0));
}

Task<void> AskFresh(Asker* asker) {
  std::function<Task<int>()> read = [reads = &asker->reads] { return Read(reads); };
  const std::optional<int> answer = co_await asker->flight.ShareFresh("key", std::move(read), After(kLong));
  asker->answers.push_back(answer.value_or(0));
}

TEST(SingleFlight, SharesTheReadUnderWay) {
  EventLoop loop;
  Asker asker;
  for (int i = 0; i < 4; ++i) loop.Spawn(AskShared(&asker));
  auto end = [](Reads* own) -> Task<void> {
    co_await Sleep(milliseconds(5));
    own->go.Set();
    co_await Sleep(milliseconds(5));
  };
  loop.RunUntilDone(end(&asker.reads));
  EXPECT_EQ(asker.answers, (std::vector<int>{1, 1, 1, 1}));
  EXPECT_EQ(asker.flight.size(), 0u);
}

TEST(SingleFlight, WhoeverGivesUpTakesNobodyAlong) {
  EventLoop loop;
  Asker asker;
  auto script = [](EventLoop* own, Asker* all) -> Task<void> {
    std::function<Task<int>()> read = [reads = &all->reads] { return Read(reads); };
    std::function<Task<int>()> same = read;
    own->Spawn(AskShared(all));
    EXPECT_EQ(co_await all->flight.Share("key", std::move(read), After(milliseconds(5))), std::nullopt);
    // The first to ask gives up: the read is not its own.
    EXPECT_EQ(co_await all->flight.Share("other", std::move(same), After(milliseconds(5))), std::nullopt);
    EXPECT_EQ(all->flight.size(), 2u);
    all->reads.go.Set();
    co_await Sleep(milliseconds(5));
  };
  loop.RunUntilDone(script(&loop, &asker));
  EXPECT_EQ(asker.answers, std::vector<int>{1});
  EXPECT_EQ(asker.flight.size(), 0u);
}

TEST(SingleFlight, AFreshAnswerIsNeverFromAReadThatBeganBefore) {
  EventLoop loop;
  Asker asker;
  auto script = [](EventLoop* own, Asker* all) -> Task<void> {
    own->Spawn(AskFresh(all));  // begins read 1
    co_await Sleep(milliseconds(2));
    for (int i = 0; i < 3; ++i) own->Spawn(AskFresh(all));  // all share read 2
    co_await Sleep(milliseconds(2));
    EXPECT_EQ(all->reads.begun, 1);
    all->reads.go.Pulse();
    co_await Sleep(milliseconds(2));
    EXPECT_EQ(all->reads.begun, 2);
    own->Spawn(AskFresh(all));   // read 2 has begun: this one needs read 3
    own->Spawn(AskShared(all));  // this one does not
    co_await Sleep(milliseconds(2));
    all->reads.go.Pulse();
    co_await Sleep(milliseconds(2));
    all->reads.go.Pulse();
    co_await Sleep(milliseconds(2));
  };
  loop.RunUntilDone(script(&loop, &asker));
  std::sort(asker.answers.begin(), asker.answers.end());
  EXPECT_EQ(asker.answers, (std::vector<int>{1, 2, 2, 2, 2, 3}));
  EXPECT_EQ(asker.flight.size(), 0u);
}

}  // namespace
}  // namespace tessera::async
