// Commands, replies, addresses and slots: what goes over the wire and how it is read.
#include <gtest/gtest.h>

#include <random>

#include "redis/command.h"
#include "redis/endpoint.h"
#include "redis/hash_slot.h"
#include "redis/reply.h"
#include "redis/reply_parser.h"

namespace tessera::redis {
namespace {

TEST(Command, IsWrittenInResp) {
  EXPECT_EQ(Command("PING").Wire(), "*1\r\n$4\r\nPING\r\n");
  Command command("SET");
  command.Key("k").Arg(std::string_view("a\0\r\n", 4)).Arg(-5).Arg(uint64_t{18'446'744'073'709'551'615u});
  EXPECT_EQ(command.Wire(),
            std::string_view("*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\0\r\n\r\n$2\r\n-5\r\n$20\r\n"
                             "18446744073709551615\r\n",
                             65));
  EXPECT_EQ(command.first_key(), "k");
  // It may be read, extended and read again.
  command.Arg(std::string()).Arg(INT64_MIN);
  EXPECT_TRUE(command.Wire().starts_with("*7\r\n"));
  EXPECT_TRUE(command.Wire().ends_with("$0\r\n\r\n$20\r\n-9223372036854775808\r\n"));
}

TEST(Command, CallsAScriptByItsDigest) {
  const Script script{"name", "return 1", "0123456789012345678901234567890123456789", 1, true};
  const Command command = Command(script).Key("{t}a").Key("{t}b").Arg("x");
  EXPECT_EQ(command.Wire(),
            "*6\r\n$7\r\nEVALSHA\r\n$40\r\n0123456789012345678901234567890123456789\r\n$1\r\n2\r\n"
            "$4\r\n{t}a\r\n$4\r\n{t}b\r\n$1\r\nx\r\n");
  EXPECT_EQ(command.first_key(), "{t}a");
  EXPECT_EQ(command.key_count(), 2);
  EXPECT_TRUE(command.reads_only());
  Command many("MGET");
  for (int i = 0; i < 12'345; ++i) many.Key("k");
  EXPECT_TRUE(many.Wire().starts_with("*12346\r\n$4\r\nMGET\r\n$1\r\nk\r\n"));
}

Result<std::optional<Reply>> Parse(std::string_view bytes, size_t chunk = 1 << 20) {
  ReplyParser parser(1 << 20);
  Result<std::optional<Reply>> reply = std::optional<Reply>();
  for (size_t i = 0; i < bytes.size(); i += chunk) {
    const std::string_view part = bytes.substr(i, chunk);
    parser.Feed(part.data(), part.size());
    reply = parser.Next();
    if (!reply.ok() || reply->has_value()) break;
  }
  return reply;
}

TEST(Reply, HasEveryTypeAndAnyChunks) {
  const std::string bytes =
      "*7\r\n:42\r\n$5\r\nhe\r\nl\r\n+OK\r\n$-1\r\n*2\r\n*1\r\n:-7\r\n$0\r\n\r\n*0\r\n-ERR no\r\n";
  for (size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    const Result<std::optional<Reply>> parsed = Parse(bytes, chunk);
    ASSERT_TRUE(parsed.ok() && parsed->has_value()) << chunk;
    const Reply& reply = **parsed;
    ASSERT_EQ(reply.size(), 7u);
    EXPECT_EQ(reply[0].integer(), 42);
    EXPECT_EQ(reply[1].text(), "he\r\nl");
    EXPECT_EQ(reply[2].text(), "OK");
    EXPECT_TRUE(reply[3].is_nil());
    EXPECT_EQ(reply[4][0][0].integer(), -7);
    EXPECT_EQ(reply[4][1].type(), ReplyType::kString);
    EXPECT_EQ(reply[5].type(), ReplyType::kArray);
    EXPECT_EQ(reply[6].text(), "ERR no");
    EXPECT_EQ(reply.ToString(), "[42, \"he\r\nl\", \"OK\", nil, [[-7], \"\"], [], -ERR no]");
  }
  for (const auto& [text, shown] : {std::pair<std::string, std::string>{":7\r\n", "7"},
                                    {"$-1\r\n", "nil"},
                                    {"*-1\r\n", "nil"},
                                    {"$0\r\n\r\n", "\"\""},
                                    {"+\r\n", "\"\""},
                                    {"*0\r\n", "[]"}}) {
    const Result<std::optional<Reply>> parsed = Parse(text);
    ASSERT_TRUE(parsed.ok() && parsed->has_value()) << text;
    EXPECT_EQ((*parsed)->ToString(), shown);
  }
}

TEST(Reply, SurvivesBeingMovedAndOutlivesTheParser) {
  Reply kept;
  {
    Result<std::optional<Reply>> parsed = Parse("*2\r\n$3\r\nabc\r\n:1\r\n");
    kept = std::move(**parsed);
  }
  const std::string_view text = kept[0].text();
  const Reply moved = std::move(kept);
  EXPECT_EQ(text, "abc");
  EXPECT_EQ(moved[0].text().data(), text.data());
  EXPECT_EQ(moved[1].integer(), 1);
}

TEST(Reply, IsTotal) {
  const Result<std::optional<Reply>> parsed = Parse("*2\r\n$3\r\nabc\r\n:1\r\n");
  const Reply& reply = **parsed;
  EXPECT_EQ(reply[2].type(), ReplyType::kMissing);
  EXPECT_EQ(reply[2][5][1].integer(), 0);
  EXPECT_EQ(reply[0].integer(), 0);
  EXPECT_EQ(reply[1].text(), "");
  EXPECT_EQ(reply[0].Integer().error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(reply[1].Text().error().text, "expected a string, Redis answered an integer");
  EXPECT_EQ(reply[0].Number().error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(Reply().type(), ReplyType::kMissing);
  EXPECT_EQ(Reply(int64_t{5}).integer(), 5);
}

TEST(ReplyReader, FailsOnceAndForGood) {
  const Result<std::optional<Reply>> parsed = Parse("*5\r\n$2\r\n12\r\n:3\r\n$-1\r\n*1\r\n:9\r\n+end\r\n");
  ReplyReader good((*parsed)->value());
  bool present = true;
  EXPECT_EQ(good.Number(), 12);
  EXPECT_EQ(good.Integer(), 3);
  EXPECT_EQ(good.OptionalText(&present), "");
  EXPECT_FALSE(present);
  EXPECT_EQ(good.Array().Integer(), 9);
  EXPECT_EQ(good.Text(), "end");
  EXPECT_TRUE(good.status().ok());
  EXPECT_EQ(good.left(), 0u);
  good.Integer();
  EXPECT_FALSE(good.status().ok());
  ReplyReader bad((*parsed)->value());
  EXPECT_EQ(bad.Integer(), 0);
  EXPECT_EQ(bad.Text(), "");
  EXPECT_EQ(bad.status().error().kind, ErrorKind::kProtocol);
}

TEST(ReplyParser, RefusesNonsenseAndWhatIsTooLarge) {
  for (const std::string_view bytes :
       {"x", "$abc\r\n", "*-2\r\n", "*99999999999\r\n", "*5000000\r\n", ":1:\r\n", "*2\r\n*4000000\r\n"}) {
    const Result<std::optional<Reply>> parsed = Parse(bytes);
    if (parsed.ok()) {
      EXPECT_FALSE(parsed->has_value()) << bytes;
    } else {
      EXPECT_EQ(parsed.error().kind, ErrorKind::kProtocol);
    }
  }
  std::string large = "$3000000\r\n";
  large.append(2'000'000, 'x');
  EXPECT_FALSE(Parse(large).ok());
}

TEST(ReplyParser, NeverBreaksOnRandomBytes) {
  std::mt19937_64 random(7);
  const std::string_view alphabet = "*$:+-0123456789\r\n\r\nab";
  int whole = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    const size_t size = random() % 60;
    while (bytes.size() < size) {
      if (random() % 3 == 0) bytes.append("\r\n");
      bytes.push_back(alphabet[random() % alphabet.size()]);
    }
    // Large counts are a test of their own.
    const Result<std::optional<Reply>> parsed = Parse(bytes, 1 + random() % 20);
    if (parsed.ok() && parsed->has_value()) whole += (*parsed)->ToString().empty() ? 0 : 1;
  }
  EXPECT_GT(whole, 10);
}

TEST(Error, IsReadFromItsFirstWord) {
  EXPECT_EQ(Error::FromReply("OOM command not allowed").kind, ErrorKind::kOom);
  EXPECT_EQ(Error::FromReply("MOVED 7 127.0.0.1:7001").kind, ErrorKind::kMoved);
  EXPECT_EQ(Error::FromReply("NOSCRIPT No matching script.").kind, ErrorKind::kNoScript);
  EXPECT_EQ(Error::FromReply("BUSYGROUP name exists").kind, ErrorKind::kOther);
  EXPECT_EQ(Error::FromReply("").kind, ErrorKind::kOther);
  EXPECT_FALSE(Error::FromReply("NOREPLICAS Not enough good replicas").OutcomeUnknown());
  EXPECT_TRUE(Error(ErrorKind::kNoReplicas, true, "WAIT answered 0").OutcomeUnknown());
  Error refused_later(ErrorKind::kDisconnected, false, "nobody is there any more");
  EXPECT_FALSE(refused_later.OutcomeUnknown());
  refused_later.lost_before = true;
  EXPECT_TRUE(refused_later.OutcomeUnknown()) << "an earlier attempt may have taken effect";
  EXPECT_TRUE(Error(ErrorKind::kTimeout, true, "").OutcomeUnknown());
  EXPECT_FALSE(Error(ErrorKind::kTimeout, false, "").OutcomeUnknown());
}

TEST(Endpoint, ReadsItsThreeForms) {
  for (const char* text : {"localhost:6379", "[::1]:7000", "unix:/run/redis.sock"}) {
    ASSERT_TRUE(Endpoint::Parse(text).has_value()) << text;
    EXPECT_EQ(Endpoint::Parse(text)->ToString(), text);
  }
  EXPECT_EQ(Endpoint::Parse("::1:7000")->host, "::1");
  for (const char* text : {"", "localhost", "a:", "a:0", "a:65536", "a:1x", "unix:", "unix:relative"}) {
    EXPECT_FALSE(Endpoint::Parse(text).has_value()) << text;
  }
}

TEST(HashSlot, FollowsTheSpecification) {
  EXPECT_EQ(HashSlot("123456789"), 0x31C3 % kHashSlots);  // the check value of the specification
  EXPECT_EQ(HashSlot("foo"), 12182);
  EXPECT_EQ(HashSlot("{foo}.bar"), HashSlot("foo"));
  EXPECT_EQ(HashSlot("x{foo}{bar}"), HashSlot("foo"));
  EXPECT_NE(HashSlot("{}foo"), HashSlot("foo"));
  EXPECT_EQ(HashSlot("{{foo}}"), HashSlot("{foo"));
  EXPECT_EQ(HashSlot(""), 0);
}

}  // namespace
}  // namespace tessera::redis
