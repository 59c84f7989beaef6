#include "crypto/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "unit/crypto/test_keys.h"

namespace tessera::crypto {
namespace {

using testing::HasSubstr;
using testing::Not;

class KeyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/tessera-keys-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }
  std::string Write(const std::string& text, mode_t mode) const {
    const std::string path = PathOf("keys");
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }

  std::string folder_;
};

TEST_F(KeyFileTest, ReadsKeysIdsAndCurrent) {
  const KeyFile keys =
      TestKeys("\n# the next one\nuser 255 " + HexKey('a') + "\n\tcode  7  " + HexKey('B') + "\r\n");
  EXPECT_EQ(keys.ring(KeyPurpose::kUser).current, 1);
  EXPECT_EQ(keys.ring(KeyPurpose::kUser).keys.size(), 2u);
  EXPECT_EQ(keys.ring(KeyPurpose::kUser).keys.at(255).bytes()[31], 0xaa);
  EXPECT_EQ(keys.ring(KeyPurpose::kCode).current, 0);
  EXPECT_EQ(keys.ring(KeyPurpose::kCode).keys.at(7).bytes()[0], 0xbb);
  EXPECT_EQ(keys.ring(KeyPurpose::kRequest).keys.at(0).bytes()[5], 0x33);
  EXPECT_EQ(keys.ring(KeyPurpose::kToken).keys.at(0).bytes()[5], 0x44);
}

TEST_F(KeyFileTest, ErrorsNameTheLineAndNeverTheKey) {
  struct Row {
    std::string line, must;
  };
  const std::string secret = "deadbeef" + std::string(56, '7');
  const Row rows[] = {
      {"user 2", "must be <purpose>"},
      {"user 2 " + secret + " current now", "must be <purpose>"},
      {secret, "must be <purpose>"},
      {"users 2 " + secret, "must begin with"},
      {"USER 2 " + secret, "must begin with"},
      {"user x " + secret, "key id"},
      {"user -1 " + secret, "key id"},
      {"user 256 " + secret, "key id"},
      {"user 1x " + secret, "key id"},
      {"code 8 " + secret, "key id"},
      {"user 2 " + secret.substr(1), "64 hexadecimal"},
      {"user 2 " + secret + "0", "64 hexadecimal"},
      {"user 2 g" + secret.substr(1), "64 hexadecimal"},
      {"user 2 " + secret + " old", "'current'"},
      {"user 1 " + secret, "repeat a key id"},
      {"user 2 " + secret + " current", "second current"},
  };
  for (const Row& row : rows) {
    const auto keys = KeyFile::Parse(KeyText(row.line + "\n# and more\n"), "keys.txt");
    ASSERT_FALSE(keys.ok()) << row.line;
    EXPECT_THAT(keys.error().message, HasSubstr("keys.txt:5 ")) << row.line;
    EXPECT_THAT(keys.error().message, HasSubstr(row.must));
    for (const std::string& told : {keys.error().message, keys.error().cause}) {
      EXPECT_THAT(told, Not(HasSubstr("deadbeef")));
      EXPECT_THAT(told, Not(HasSubstr("7777")));
    }
    for (const auto& [key, value] : keys.error().metadata) EXPECT_THAT(value, Not(HasSubstr("7777"))) << key;
  }
}

TEST_F(KeyFileTest, EveryPurposeNeedsACurrentKey) {
  EXPECT_THAT(KeyFile::Parse("", "k").error().message, HasSubstr("current key for user"));
  EXPECT_THAT(KeyFile::Parse("# nothing\n\n", "k").error().message, HasSubstr("current key for user"));
  std::string text = KeyText();
  text.resize(text.rfind("token"));
  EXPECT_THAT(KeyFile::Parse(text, "k").error().message, HasSubstr("current key for token"));
  EXPECT_THAT(KeyFile::Parse(text + "token 0 " + HexKey('4') + "\n", "k").error().message,
              HasSubstr("current key for token"));
  EXPECT_TRUE(KeyFile::Parse(text + "token 0 " + HexKey('4') + " current", "k").ok())
      << "the last line needs no end";
}

TEST_F(KeyFileTest, LoadsAFileThatOnlyItsOwnerReads) {
  for (const mode_t mode : {0600, 0400}) EXPECT_TRUE(KeyFile::Load(Write(KeyText(), mode)).ok()) << mode;
}

TEST_F(KeyFileTest, RefusesAFileThatOthersCanRead) {
  for (const mode_t mode : {0640, 0604, 0644, 0620, 0602, 0610, 0601, 0666}) {
    const auto keys = KeyFile::Load(Write(KeyText(), mode));
    ASSERT_FALSE(keys.ok()) << std::oct << mode;
    EXPECT_THAT(keys.error().message, HasSubstr("owner only"));
    EXPECT_THAT(keys.error().message, HasSubstr(PathOf("keys")));
    std::filesystem::remove(PathOf("keys"));
  }
}

TEST_F(KeyFileTest, RefusesWhatIsNoFile) {
  EXPECT_THAT(KeyFile::Load(PathOf("none")).error().message, HasSubstr("No such file"));
  EXPECT_THAT(KeyFile::Load(folder_).error().message, HasSubstr("regular file"));
  ASSERT_EQ(mkfifo(PathOf("pipe").c_str(), 0600), 0);
  EXPECT_THAT(KeyFile::Load(PathOf("pipe")).error().message, HasSubstr("regular file"));
  EXPECT_THAT(KeyFile::Load(Write(std::string(KeyFile::kFileBytesMax + 1, '#'), 0600)).error().message,
              HasSubstr("64 KiB"));
}

TEST_F(KeyFileTest, GeneratesAFileThatLoads) {
  const std::string path = PathOf("fresh");
  ASSERT_TRUE(GenerateKeyFile(path).ok());
  struct stat about;
  ASSERT_EQ(stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  const auto keys = KeyFile::Load(path);
  ASSERT_TRUE(keys.ok()) << keys.error().message;
  ASSERT_TRUE(GenerateKeyFile(PathOf("other")).ok());
  const auto other = KeyFile::Load(PathOf("other"));
  ASSERT_TRUE(other.ok());
  for (const KeyPurpose purpose :
       {KeyPurpose::kUser, KeyPurpose::kCode, KeyPurpose::kRequest, KeyPurpose::kToken}) {
    const auto key = keys->ring(purpose).keys.at(0).bytes();
    const auto fresh = other->ring(purpose).keys.at(0).bytes();
    EXPECT_FALSE(std::equal(key.begin(), key.end(), fresh.begin()));
  }
}

TEST_F(KeyFileTest, NeverReplacesAFile) {
  const std::string path = Write(KeyText(), 0600);
  const auto status = GenerateKeyFile(path);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("must be a new file"));
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  EXPECT_EQ(content.str(), KeyText());
  EXPECT_FALSE(GenerateKeyFile(PathOf("no/such/folder/keys")).ok());
}

}  // namespace
}  // namespace tessera::crypto
