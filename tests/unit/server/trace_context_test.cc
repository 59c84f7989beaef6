#include "server/trace_context.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace tessera::server {
namespace {

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kSpan[] = "b7ad6b7169203331";
const std::string kHeader = std::string("00-") + kTrace + "-" + kSpan + "-01";

TEST(TraceparentTest, ReadsWhatTheStandardGives) {
  const auto context = ParseTraceparent(kHeader);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->TraceIdHex(), kTrace);
  EXPECT_EQ(context->SpanIdHex(), kSpan);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->Traceparent(), kHeader);
}

TEST(TraceparentTest, ReadsOnlyTheFlagItKnows) {
  const std::string base = kHeader.substr(0, 53);
  EXPECT_FALSE(ParseTraceparent(base + "00")->sampled);
  EXPECT_FALSE(ParseTraceparent(base + "fe")->sampled);
  EXPECT_TRUE(ParseTraceparent(base + "ff")->sampled);
}

TEST(TraceparentTest, ReadsLaterVersionsAsFarAsItCan) {
  const std::string later = "cc" + kHeader.substr(2);
  EXPECT_TRUE(ParseTraceparent(later).has_value());
  EXPECT_TRUE(ParseTraceparent(later + "-what-the-future-brings").has_value());
  EXPECT_FALSE(ParseTraceparent(later + ".what-the-future-brings").has_value());
}

TEST(TraceparentTest, RefusesWhatIsMalformed) {
  const std::string zero_trace = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
  const std::string zero_span = "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01";
  std::string upper = kHeader;
  upper[4] = 'A';
  std::string no_dash = kHeader;
  no_dash[35] = '_';
  for (const std::string& header :
       {std::string(), std::string("00"), zero_trace, zero_span, upper, no_dash, "ff" + kHeader.substr(2),
        "0x" + kHeader.substr(2), kHeader + "-more", kHeader.substr(0, 54), kHeader + " "}) {
    EXPECT_FALSE(ParseTraceparent(header).has_value()) << header;
  }
}

TEST(BeginSpanTest, ContinuesTheTraceOfTheSender) {
  const TraceContext context = BeginSpan(kHeader);
  EXPECT_EQ(context.TraceIdHex(), kTrace);
  EXPECT_NE(context.SpanIdHex(), kSpan);
  EXPECT_EQ(context.parent_id, ParseTraceparent(kHeader)->span_id);
  EXPECT_TRUE(context.sampled);
}

TEST(BeginSpanTest, BeginsATraceOfItsOwnOtherwise) {
  std::set<std::string> traces;
  const auto add = [&traces](const std::string& header) {
    const TraceContext context = BeginSpan(header);
    EXPECT_TRUE(ParseTraceparent(context.Traceparent()).has_value());
    EXPECT_TRUE(traces.insert(context.TraceIdHex()).second);
  };
  for (int i = 0; i < 1000; ++i) add("");
  for (int i = 0; i < 1000; ++i) add("garbage");
  std::thread([&] { add(""); }).join();
}

TEST(TraceContextTest, AChildIsOfTheSameTrace) {
  const TraceContext parent = BeginSpan("");
  const TraceContext child = parent.Child();
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_EQ(child.parent_id, parent.span_id);
  EXPECT_NE(child.span_id, parent.span_id);
}

}  // namespace
}  // namespace tessera::server
