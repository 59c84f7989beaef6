#include "server/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "server/service_config.h"

namespace tessera::server {
namespace {

enum class Level { kMemory, kFsync };

struct Sample {
  bool enabled = true;
  int retries = 3;
  int64_t bytes = 100;
  double ratio = 0.5;
  std::chrono::milliseconds timeout{250};
  std::string address = "127.0.0.1:6379";
  std::string password;
  std::vector<std::string> nodes = {"a:1"};
  Level level = Level::kMemory;
  int replicas = 0;
  int inner = 1;
};

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    ConfigSection section = binder_.Section("redis", "The store.");
    section.Field("enabled", &sample_.enabled, "Whether.");
    section.Field("retries_max", &sample_.retries, {0, 10}, "How often.");
    section.Field("bytes_max", &sample_.bytes, {1}, "How much.");
    section.Field("ratio", &sample_.ratio, 0, 1, "What part.");
    section.Field("timeout_ms", &sample_.timeout, {1, 60'000}, "How long.");
    section.Field("address", &sample_.address, "Where.");
    section.Secret("password", &sample_.password, "A secret.");
    section.Field("nodes", &sample_.nodes, "Who.");
    section.Choice("level", &sample_.level, {{"memory", Level::kMemory}, {"fsync", Level::kFsync}},
                   "How sure.");
    section.Text(
        "durability",
        [this](const std::string& text) -> std::string {
          if (text.rfind("replicated:", 0) != 0) return "must be replicated:<n>";
          sample_.replicas = std::atoi(text.c_str() + 11);
          return "";
        },
        [this] { return "replicated:" + std::to_string(sample_.replicas); }, "A grammar of its own.");
    ConfigSection inner = section.Section("tls", "A section in a section.");
    inner.Field("depth", &sample_.inner, {0, 5}, "How deep.");
  }

  ~ConfigTest() override { std::remove(SecretPath().c_str()); }

  // Where a test may write a secret; there is no file at first.
  static std::string SecretPath() {
    return ::testing::TempDir() + "tessera-secret-" + std::to_string(getpid());
  }

  // "" or the complaint.
  std::string Load(const std::string& yaml, const ConfigBinder::Environment& environment = {}) {
    const core::Status status = binder_.Load(yaml, "t.yaml", environment);
    return status.ok() ? "" : status.error().message;
  }

  Sample sample_;
  ConfigBinder binder_;
};

TEST_F(ConfigTest, NothingGivenLeavesTheDefaults) {
  EXPECT_EQ(Load(""), "");
  EXPECT_EQ(Load("redis:\n"), "");
  EXPECT_EQ(sample_.retries, 3);
  EXPECT_EQ(sample_.timeout.count(), 250);
}

TEST_F(ConfigTest, ReadsEveryKindOfField) {
  EXPECT_EQ(Load(R"(redis:
  enabled: false
  retries_max: 10
  bytes_max: 9000000000
  ratio: 0.25
  timeout_ms: 1
  address: "unix:/run/redis.sock"
  password: "p: #w"
  nodes: [a:1, "b:2"]
  level: fsync
  durability: replicated:2
  tls: {depth: 4}
)"),
            "");
  EXPECT_FALSE(sample_.enabled);
  EXPECT_EQ(sample_.retries, 10);
  EXPECT_EQ(sample_.bytes, 9'000'000'000);
  EXPECT_EQ(sample_.ratio, 0.25);
  EXPECT_EQ(sample_.timeout.count(), 1);
  EXPECT_EQ(sample_.address, "unix:/run/redis.sock");
  EXPECT_EQ(sample_.password, "p: #w");
  EXPECT_EQ(sample_.nodes, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(sample_.level, Level::kFsync);
  EXPECT_EQ(sample_.replicas, 2);
  EXPECT_EQ(sample_.inner, 4);
}

TEST_F(ConfigTest, NamesWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"redis:\n  adress: x\n", "t.yaml:2: redis.adress: unknown key"},
      {"radis: {}\n", "t.yaml:1: radis: unknown key"},
      {"redis: 5\n", "t.yaml:1: redis: must be a section of keys"},
      {"[1, 2]\n", "t.yaml: must consist of sections of keys"},
      {"redis: {retries_max: 11}\n", "t.yaml:1: redis.retries_max: must be a whole number from 0 to 10"},
      {"redis: {retries_max: -1}\n", "t.yaml:1: redis.retries_max: must be a whole number from 0 to 10"},
      {"redis: {retries_max: 3.5}\n", "t.yaml:1: redis.retries_max: must be a whole number from 0 to 10"},
      {"redis: {retries_max: 3 }\n", ""},
      {"redis: {retries_max: 3x}\n", "t.yaml:1: redis.retries_max: must be a whole number from 0 to 10"},
      {"redis: {bytes_max: 99999999999999999999}\n",
       "t.yaml:1: redis.bytes_max: must be a whole number of at least 1"},
      {"redis: {timeout_ms: 1s}\n", "t.yaml:1: redis.timeout_ms: must be a whole number from 1 to 60000"},
      {"redis: {ratio: 1.5}\n", "t.yaml:1: redis.ratio: must be a number from 0.0 to 1.0"},
      {"redis: {ratio: nan}\n", "t.yaml:1: redis.ratio: must be a number from 0.0 to 1.0"},
      {"redis: {enabled: yes}\n", "t.yaml:1: redis.enabled: must be true or false"},
      {"redis:\n  address:\n", "t.yaml:2: redis.address: has no value"},
      {"redis: {address: [a]}\n", "t.yaml:1: redis.address: must be one plain value"},
      {"redis: {nodes: a}\n", "t.yaml:1: redis.nodes: must be a list"},
      {"redis: {nodes: [[a]]}\n", "t.yaml:1: redis.nodes: must be a list of plain values"},
      {"redis: {level: never}\n", "t.yaml:1: redis.level: must be one of memory, fsync"},
      {"redis: {durability: much}\n", "t.yaml:1: redis.durability: must be replicated:<n>"},
      {"redis: {tls: {deep: 1}}\n", "t.yaml:1: redis.tls.deep: unknown key"},
      {"redis:\n  ratio: 1\n  ratio: 1\n", "t.yaml:3: redis.ratio: is given twice"},
  };
  for (const auto& [yaml, complaint] : cases) EXPECT_EQ(Load(yaml), complaint) << yaml;
  EXPECT_EQ(Load("redis: {a").rfind("t.yaml:1: is not YAML", 0), 0U);
}

TEST_F(ConfigTest, TheEnvironmentOverridesTheFile) {
  EXPECT_EQ(Load("redis: {timeout_ms: 100, retries_max: 1}\n", {{"TESSERA_REDIS_TIMEOUT_MS", "7"},
                                                                {"TESSERA_REDIS_NODES", "x:1,y:2"},
                                                                {"TESSERA_REDIS_TLS_DEPTH", "2"}}),
            "");
  EXPECT_EQ(sample_.timeout.count(), 7);
  EXPECT_EQ(sample_.retries, 1);
  EXPECT_EQ(sample_.nodes, (std::vector<std::string>{"x:1", "y:2"}));
  EXPECT_EQ(sample_.inner, 2);
  EXPECT_EQ(Load("", {{"TESSERA_REDIS_RATIO", "much"}}),
            "environment variable TESSERA_REDIS_RATIO: redis.ratio: must be a number from 0.0 to 1.0");
}

TEST_F(ConfigTest, RemembersVariablesThatNameNoField) {
  EXPECT_EQ(Load("", {{"TESSERA_REDIS_SERVICE_HOST", "10.0.0.1"}}), "");
  EXPECT_EQ(binder_.unknown_variables(), (std::vector<std::string>{"TESSERA_REDIS_SERVICE_HOST"}));
}

TEST_F(ConfigTest, AsksTheRulesLast) {
  binder_.Check([this] {
    return sample_.retries > sample_.inner ? "redis.retries_max must not be above redis.tls.depth" : "";
  });
  EXPECT_EQ(Load("redis: {retries_max: 2, tls: {depth: 1}}\n"),
            "t.yaml: redis.retries_max must not be above redis.tls.depth");
  EXPECT_EQ(Load("redis: {retries_max: 2, tls: {depth: 2}}\n"), "");
}

TEST_F(ConfigTest, PrintsWhatLoadsToTheSame) {
  ASSERT_EQ(Load("redis: {address: \"a: #b\", nodes: [\"c,d\", e], level: fsync, durability: replicated:3, "
                 "ratio: 0.125}\n"),
            "");
  const std::string printed = binder_.Print();
  EXPECT_NE(printed.find("  # How long. 1 to 60000.\n  timeout_ms: 250\n"), std::string::npos) << printed;
  sample_ = Sample();
  ASSERT_EQ(Load(printed), "") << printed;
  EXPECT_EQ(sample_.address, "a: #b");
  EXPECT_EQ(sample_.nodes, (std::vector<std::string>{"c,d", "e"}));
  EXPECT_EQ(sample_.level, Level::kFsync);
  EXPECT_EQ(sample_.replicas, 3);
  EXPECT_EQ(sample_.ratio, 0.125);
  EXPECT_EQ(binder_.Print(), printed);
}

TEST_F(ConfigTest, NeverPrintsASecret) {
  ASSERT_EQ(Load("redis: {password: hunter2}\n"), "");
  EXPECT_EQ(binder_.Print().find("hunter2"), std::string::npos);
  EXPECT_NE(binder_.Print().find("password: \"<redacted>\""), std::string::npos);
}

TEST_F(ConfigTest, ASecretMayLieInAFile) {
  const std::string path = SecretPath();
  std::ofstream(path) << "hunter2\n";
  ASSERT_EQ(Load("redis: {password_file: " + path + "}\n"), "");
  EXPECT_EQ(sample_.password, "hunter2");
  EXPECT_EQ(binder_.Print().find("hunter2"), std::string::npos);
  // What is printed loads again, so it has the file and no value.
  const std::string printed = binder_.Print();
  sample_.password.clear();
  ASSERT_EQ(Load(printed), "");
  EXPECT_EQ(sample_.password, "hunter2");
}

TEST_F(ConfigTest, RefusesASecretsFileThatSaysNothing) {
  const std::string path = SecretPath();
  EXPECT_EQ(Load("", {{"TESSERA_REDIS_PASSWORD_FILE", path}}),
            "t.yaml: redis.password_file: cannot read " + path);
  std::ofstream(path) << "\n";
  EXPECT_EQ(Load("", {{"TESSERA_REDIS_PASSWORD_FILE", path}}),
            "t.yaml: redis.password_file: " + path + " is empty");
  EXPECT_EQ(Load("redis: {password: hunter2, password_file: " + path + "}\n"),
            "t.yaml: redis.password_file excludes the value itself");
}

TEST(ServiceConfigTest, EveryFieldIsDocumentedAndItsDefaultIsValid) {
  ServiceConfig config;
  ConfigBinder binder;
  Bind(binder, config);
  const std::string printed = binder.Print();
  const core::Status status = binder.Load(printed, "defaults", {});
  EXPECT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(printed.find("# \n"), std::string::npos);
}

TEST(ServiceConfigTest, RulesOverSeveralFields) {
  ServiceConfig config;
  ConfigBinder binder;
  Bind(binder, config);
  EXPECT_FALSE(binder.Load("grpc: {deadline_default_ms: 5000, deadline_max_ms: 4000}\n", "t.yaml", {}).ok());
}

}  // namespace
}  // namespace tessera::server
