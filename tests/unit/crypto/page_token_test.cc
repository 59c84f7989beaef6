#include "crypto/page_token.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "crypto/base64url.h"
#include "unit/crypto/test_keys.h"

namespace tessera::crypto {
namespace {

TEST(Base64UrlTest, Golden) {
  // RFC 4648, section 10, without the padding, and the two symbols that differ.
  const std::pair<std::string, std::string> rows[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(EncodeBase64Url(bytes), text);
    EXPECT_EQ(DecodeBase64Url(text), bytes);
  }
}

TEST(Base64UrlTest, RoundTripsAndHasOneSpelling) {
  std::mt19937_64 random(41);
  for (size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes);
  }
  for (const char* text : {"Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm9vY", "Zm 9", "Zm9+", "Zm9/", "Zm\n"}) {
    EXPECT_FALSE(DecodeBase64Url(text).has_value()) << text;
  }
}

TEST(PageTokenTest, RoundTrips) {
  const PageTokens tokens(TestKeys());
  std::mt19937_64 random(42);
  for (size_t size = 0; size <= 1'500; size += 75) {
    std::string payload(size, '\0');
    for (char& byte : payload) byte = static_cast<char>(random());
    const std::string token = tokens.Seal("ListCampaigns|", payload);
    ASSERT_LE(token.size(), PageTokens::kTokenLengthMax);
    ASSERT_EQ(tokens.Open("ListCampaigns|", token), payload);
  }
}

TEST(PageTokenTest, IsBoundToItsContext) {
  const PageTokens tokens(TestKeys());
  const std::string token = tokens.Seal("ListCampaigns", "page 2");
  EXPECT_FALSE(tokens.Open("ListCoupons", token).has_value());
  EXPECT_FALSE(tokens.Open("", token).has_value());
  EXPECT_FALSE(tokens.Open("ListCampaignsp", tokens.Seal("ListCampaigns", "page 2")).has_value());
  EXPECT_FALSE(tokens.Open("ab", tokens.Seal("a", "bc")).has_value()) << "context and payload are framed";
}

TEST(PageTokenTest, EveryChangeIsRefused) {
  const PageTokens tokens(TestKeys("token 1 " + HexKey('5') + "\n"));
  const std::string token = tokens.Seal("context", "payload");
  for (size_t place = 0; place < token.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string forged = token;
      if (forged[place] == static_cast<char>(byte)) continue;
      forged[place] = static_cast<char>(byte);
      ASSERT_FALSE(tokens.Open("context", forged).has_value()) << place << " " << byte;
    }
  }
  for (size_t size = 0; size < token.size(); ++size)
    EXPECT_FALSE(tokens.Open("context", token.substr(0, size)).has_value());
  for (const char* tail : {"A", "AA", "AAAA", "="})
    EXPECT_FALSE(tokens.Open("context", token + tail).has_value());
  EXPECT_FALSE(tokens.Open("context", std::string(10'000'000, 'A')).has_value());
}

TEST(PageTokenTest, OlderKeysOpenUntilTheyAreRetired) {
  const std::string token = PageTokens(TestKeys()).Seal("context", "payload");
  std::string rotated = KeyText();
  rotated.replace(rotated.rfind(" current"), 8, "");
  rotated += "token 1 " + HexKey('5') + " current\n";
  const PageTokens after(*KeyFile::Parse(rotated, "keys"));
  EXPECT_EQ(after.Open("context", token), "payload");
  EXPECT_NE(after.Seal("context", "payload"), token);
  std::string retired = rotated;
  const std::string old_line = "token 0 " + HexKey('4') + "\n";
  retired.replace(retired.find(old_line), old_line.size(), "");
  EXPECT_FALSE(PageTokens(*KeyFile::Parse(retired, "keys")).Open("context", token).has_value());
}

}  // namespace
}  // namespace tessera::crypto
