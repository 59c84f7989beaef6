// The books of one connection, without a socket.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "redis/pipeline.h"

namespace tessera::redis {
namespace {

using std::chrono::milliseconds;

const async::Deadline kStart = async::Clock::now();

async::Deadline At(int ms) { return kStart + milliseconds(ms); }

std::string Send(Pipeline& pipeline, size_t bytes_max = 1 << 20) {
  pipeline.SealBatch();
  const std::string sent(pipeline.Unsent().substr(0, bytes_max));
  pipeline.MarkSent(sent.size());
  return sent;
}

Result<void> Receive(Pipeline& pipeline, std::string_view bytes) {
  return pipeline.Receive(bytes.data(), bytes.size());
}

TEST(Pipeline, GivesAnswersInOrder) {
  const Config config;
  Pipeline pipeline(config);
  Pending first, second;
  pipeline.Append(Command("A"), At(100), &first);
  pipeline.Append(Command("B"), At(100), &second);
  EXPECT_EQ(Send(pipeline), "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n");
  ASSERT_TRUE(Receive(pipeline, ":1\r\n-OOM full\r").ok());
  EXPECT_TRUE(first.completed());
  EXPECT_FALSE(second.completed());
  ASSERT_TRUE(Receive(pipeline, "\n").ok());
  EXPECT_EQ(first.Take()->integer(), 1);
  EXPECT_EQ(second.Take().error().kind, ErrorKind::kOom);
  EXPECT_EQ(pipeline.in_flight(), 0u);
  EXPECT_EQ(pipeline.batches(), 1u);
}

TEST(Pipeline, AnAnswerToNothingIsAnError) {
  const Config config;
  Pipeline pipeline(config);
  EXPECT_FALSE(Receive(pipeline, ":1\r\n").ok());
  Pipeline other(config);
  Pending unsent;
  other.Append(Command("A"), At(100), &unsent);
  EXPECT_FALSE(Receive(other, ":1\r\n").ok());
  other.FailAll(Error(ErrorKind::kProtocol, false, "nonsense"));
  EXPECT_FALSE(unsent.Take().error().sent);
}

TEST(Pipeline, AbandonsWhatWasSentAndTakesBackWhatWasNot) {
  const Config config;
  Pipeline pipeline(config);
  Pending sent, late, partly, unsent, kept;
  pipeline.Append(Command("SENT"), At(10), &sent);
  pipeline.Append(Command("LATE"), At(30), &late);
  Send(pipeline);
  pipeline.Append(Command("PARTLY"), At(10), &partly);
  pipeline.Append(Command("UNSENT"), At(10), &unsent);
  pipeline.Append(Command("KEPT"), At(20), &kept);
  EXPECT_EQ(Send(pipeline, 6), "*1\r\n$6");
  EXPECT_EQ(pipeline.next_deadline(), At(10));
  pipeline.Expire(At(9));
  EXPECT_FALSE(sent.completed());
  pipeline.Expire(At(10));
  EXPECT_TRUE(sent.Take().error().sent);
  EXPECT_TRUE(partly.Take().error().sent);
  const Result<Reply> never = unsent.Take();
  EXPECT_EQ(never.error().kind, ErrorKind::kTimeout);
  EXPECT_FALSE(never.error().sent);
  EXPECT_FALSE(late.completed());
  EXPECT_FALSE(kept.completed());
  EXPECT_EQ(pipeline.next_deadline(), At(20));
  // What was taken back is never sent, and the answers still find their commands.
  EXPECT_EQ(Send(pipeline), "\r\nPARTLY\r\n*1\r\n$4\r\nKEPT\r\n");
  EXPECT_EQ(pipeline.in_flight(), 4u);
  ASSERT_TRUE(Receive(pipeline, ":1\r\n:2\r\n:3\r\n:4\r\n").ok());
  EXPECT_EQ(late.Take()->integer(), 2);
  EXPECT_EQ(kept.Take()->integer(), 4);
  EXPECT_EQ(pipeline.in_flight(), 0u);
  EXPECT_TRUE(pipeline.HasRoomFor(config.bytes_in_flight_max));
}

TEST(Pipeline, BoundsCommandsAndBytes) {
  Config config;
  config.commands_in_flight_max = 2;
  config.bytes_in_flight_max = 30;
  Pipeline pipeline(config);
  EXPECT_TRUE(pipeline.HasRoomFor(1000)) << "a single command may be larger than the bound";
  pipeline.Append(Command("AB"), At(10), nullptr);
  EXPECT_FALSE(pipeline.HasRoomFor(19));
  EXPECT_TRUE(pipeline.HasRoomFor(18));
  pipeline.Append(Command("AB"), At(10), nullptr);
  EXPECT_FALSE(pipeline.HasRoomFor(1));
  Send(pipeline);
  EXPECT_FALSE(pipeline.HasRoomFor(1));
  ASSERT_TRUE(Receive(pipeline, "+OK\r\n").ok());
  EXPECT_TRUE(pipeline.HasRoomFor(1));
}

TEST(Pipeline, HoldsABatchUntilItsWaitIsAnswered) {
  Config config;
  config.wait_replicas = 2;
  config.wait_timeout_ms = 50;
  Pipeline pipeline(config);
  Pending write, refused, read;
  pipeline.Append(Command("W"), At(100), &write);
  pipeline.Append(Command("X"), At(100), &refused);
  EXPECT_EQ(Send(pipeline), "*1\r\n$1\r\nW\r\n*1\r\n$1\r\nX\r\n*3\r\n$4\r\nWAIT\r\n$1\r\n2\r\n$2\r\n50\r\n");
  pipeline.Append(Command("R").ReadOnly(), At(100), &read);
  EXPECT_EQ(Send(pipeline), "*1\r\n$1\r\nR\r\n") << "no write, no WAIT";
  ASSERT_TRUE(Receive(pipeline, ":1\r\n-WRONGTYPE no\r\n").ok());
  EXPECT_FALSE(write.completed());
  EXPECT_EQ(refused.Take().error().kind, ErrorKind::kWrongType) << "a refusal wrote nothing";
  ASSERT_TRUE(Receive(pipeline, ":2\r\n:7\r\n").ok());
  EXPECT_EQ(write.Take()->integer(), 1);
  EXPECT_EQ(read.Take()->integer(), 7);

  Pending lonely, slow, next, after;
  pipeline.Append(Command("W"), At(100), &lonely);
  pipeline.Append(Command("W"), At(10), &slow);
  Send(pipeline);
  ASSERT_TRUE(Receive(pipeline, ":1\r\n:2\r\n").ok());
  pipeline.Expire(At(10));
  EXPECT_TRUE(slow.Take().error().OutcomeUnknown()) << "its deadline counts while it is held";
  pipeline.Append(Command("N"), At(100), &next);
  EXPECT_FALSE(Send(pipeline).empty());
  pipeline.Append(Command("A"), At(100), &after);
  EXPECT_TRUE(Send(pipeline).empty()) << "two batches wait already";
  ASSERT_TRUE(Receive(pipeline, ":1\r\n").ok());
  const Result<Reply> alone = lonely.Take();
  EXPECT_EQ(alone.error().kind, ErrorKind::kNoReplicas);
  EXPECT_TRUE(alone.error().OutcomeUnknown());
  EXPECT_TRUE(pipeline.has_unsealed());
  EXPECT_FALSE(Send(pipeline).empty());
  pipeline.FailAll(Error(ErrorKind::kDisconnected, false, "gone"));
  EXPECT_TRUE(next.Take().error().sent);
  EXPECT_TRUE(after.Take().error().sent);
}

// Random sends, partial writes, answers and deadlines: everybody is answered once, and only with the own
// answer.
TEST(Pipeline, KeepsItsBooksUnderRandomUse) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    Config config;
    config.wait_replicas = static_cast<int>(seed % 2);
    Pipeline pipeline(config);
    std::deque<Pending> pending;
    std::vector<bool> done;
    std::string stream;  // what "Redis" has received and not yet answered
    int now = 0;
    int executed_after_take_back = 0;
    std::vector<bool> taken_back;
    auto collect = [&] {
      for (size_t i = 0; i < pending.size(); ++i) {
        if (done[i] || !pending[i].completed()) continue;
        done[i] = true;
        const Result<Reply> reply = pending[i].Take();
        if (reply.ok()) {
          EXPECT_EQ(reply->text(), std::to_string(i));
        } else {
          EXPECT_EQ(reply.error().kind, ErrorKind::kTimeout);
          taken_back[i] = !reply.error().sent;
        }
      }
    };
    auto answer = [&](size_t commands_max) {
      // Commands are "*2 ECHO n" or WAIT; each is answered as Redis would.
      for (size_t i = 0; i < commands_max; ++i) {
        const size_t wait = stream.find("WAIT");
        const size_t echo = stream.find("ECHO\r\n");
        if (wait == std::string::npos && echo == std::string::npos) return;
        if (wait < echo) {
          const size_t end = stream.find("1000\r\n", wait);
          if (end == std::string::npos) return;
          stream.erase(0, end + 6);
          ASSERT_TRUE(Receive(pipeline, ":1\r\n").ok());
        } else {
          const size_t begin = stream.find("\r\n", echo + 6);
          const size_t end = begin == std::string::npos ? begin : stream.find("\r\n", begin + 2);
          if (end == std::string::npos) return;
          const std::string number = stream.substr(begin + 2, end - begin - 2);
          stream.erase(0, end + 2);
          executed_after_take_back += taken_back[std::stoul(number)] ? 1 : 0;
          const std::string reply = "$" + std::to_string(number.size()) + "\r\n" + number + "\r\n";
          ASSERT_TRUE(Receive(pipeline, reply).ok());
        }
        collect();
      }
    };
    for (int step = 0; step < 300; ++step) {
      switch (random() % 4) {
        case 0: {
          Command command("ECHO");
          command.Arg(pending.size());
          if (random() % 2 == 0) command.ReadOnly();
          done.push_back(false);
          taken_back.push_back(false);
          pipeline.Append(command, At(now + 1 + static_cast<int>(random() % 20)), &pending.emplace_back());
          break;
        }
        case 1:
          stream += Send(pipeline, random() % 60);
          break;
        case 2:
          answer(random() % 4);
          break;
        default:
          pipeline.Expire(At(now += static_cast<int>(random() % 3)));
          collect();
      }
    }
    for (int i = 0; i < 100 && pipeline.in_flight() > 0; ++i) {
      stream += Send(pipeline);
      answer(1000);
    }
    EXPECT_EQ(pipeline.in_flight(), 0u) << seed;
    EXPECT_EQ(executed_after_take_back, 0) << seed;
    for (size_t i = 0; i < done.size(); ++i) EXPECT_TRUE(done[i]) << seed << " " << i;
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tessera::redis
