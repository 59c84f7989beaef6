#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace tessera::server {

// Configuration: one plain struct per concern, bound field by field to a section of the YAML file.
//
//   struct Config { std::string address = "127.0.0.1:6379"; std::chrono::milliseconds timeout{500}; };
//   void Bind(server::ConfigSection section, Config& config) {
//     section.Field("address", &config.address, "Host and port of Redis.");
//     section.Field("timeout_ms", &config.timeout, {1, 60'000}, "How long one try may take.");
//   }
//   ConfigBinder binder;
//   Bind(binder.Section("redis", "The store."), config.redis);
//
// The value a field has when it is bound is its default. Values come from the file, then from the
// environment: TESSERA_REDIS_TIMEOUT_MS overrides redis.timeout_ms. A key that no one bound, a value out of
// range or of the wrong type is an error that names the key (and its line). Used once, in main, on one
// thread; bound structs must outlive the binder.

// Inclusive bounds of a number or, for durations, of the milliseconds.
struct ConfigRange {
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
};

struct ConfigField {
  std::string path;  // "redis.timeout_ms"
  std::string doc;
  bool secret = false;
  bool is_list = false;
  // Takes the text of one value (or of every list element); an empty answer means taken, else it says what
  // the value must be ("must be between 1 and 60000").
  std::function<std::string(const std::vector<std::string>&)> parse;
  std::function<std::vector<std::string>()> print;
};

class ConfigBinder;

// One mapping of the file. Copyable; valid as long as its binder.
class ConfigSection {
 public:
  void Field(std::string_view name, bool* target, std::string_view doc);
  void Field(std::string_view name, int* target, ConfigRange range, std::string_view doc);
  void Field(std::string_view name, int64_t* target, ConfigRange range, std::string_view doc);
  void Field(std::string_view name, double* target, double min, double max, std::string_view doc);
  // A duration in whole milliseconds; `name` ends in "_ms".
  void Field(std::string_view name, std::chrono::milliseconds* target, ConfigRange range,
             std::string_view doc);
  void Field(std::string_view name, std::string* target, std::string_view doc);
  // Shown as "<redacted>" wherever the configuration is printed. Declares `name`_file besides: the path of a
  // file that holds the value (a newline at its end is none of it), read once all is set. One of both at
  // most.
  void Secret(std::string_view name, std::string* target, std::string_view doc);
  // A list of texts; in the environment, separated by commas.
  void Field(std::string_view name, std::vector<std::string>* target, std::string_view doc);
  // One word of a closed set, such as {{"single", Topology::kSingle}, ...}.
  template <class Enum>
  void Choice(std::string_view name, Enum* target, std::vector<std::pair<std::string, Enum>> words,
              std::string_view doc);
  // A field with a grammar of its own. `parse` answers "" or what the value must be; `print` gives the text
  // that `parse` would take.
  void Text(std::string_view name, std::function<std::string(const std::string&)> parse,
            std::function<std::string()> print, std::string_view doc);

  ConfigSection Section(std::string_view name, std::string_view doc);

 private:
  friend class ConfigBinder;
  ConfigSection(ConfigBinder* binder, std::string path) : binder_(binder), path_(std::move(path)) {}
  void Add(std::string_view name, ConfigField field);

  ConfigBinder* binder_;
  std::string path_;
};

class ConfigBinder {
 public:
  // Environment overrides: name -> value, such as {"TESSERA_REDIS_TIMEOUT_MS", "100"}.
  using Environment = std::map<std::string, std::string>;

  // REQUIRES: each section and field is declared once.
  ConfigSection Section(std::string_view name, std::string_view doc);

  // A rule over several fields, asked after all values are set: "" or a sentence that names the fields.
  void Check(std::function<std::string()> rule) { rules_.push_back(std::move(rule)); }

  // Reads the text of a YAML file into the bound fields, then the environment, then asks the rules. `source`
  // names the file in errors. The error's message is for the operator: "tessera.yaml:7: redis.timeout_ms:
  // must be ...".
  core::Status Load(const std::string& yaml, const std::string& source, const Environment& environment);

  // The effective configuration as YAML with every field's sentence above it; loading it gives the same
  // values, but for redacted secrets.
  std::string Print() const;

  // TESSERA_ variables that name no field: worth a warning, not an error, because Kubernetes injects
  // TESSERA_<SERVICE>_PORT and the like for every Service (enableServiceLinks).
  const std::vector<std::string>& unknown_variables() const { return unknown_variables_; }

  // This process's TESSERA_ variables.
  static Environment ProcessEnvironment();

 private:
  friend class ConfigSection;
  struct Entry {  // a section's heading (no field) or a field, in order of declaration
    std::string path;
    std::string doc;
    std::unique_ptr<ConfigField> field;
  };
  void Declare(Entry entry);

  std::vector<Entry> entries_;
  std::map<std::string, size_t> by_path_;
  std::vector<std::function<std::string()>> rules_;
  std::vector<std::string> unknown_variables_;
};

template <class Enum>
void ConfigSection::Choice(std::string_view name, Enum* target,
                           std::vector<std::pair<std::string, Enum>> words, std::string_view doc) {
  auto parse = [target, words](const std::string& text) {
    std::string known;
    for (const auto& [word, value] : words) {
      if (word == text) {
        *target = value;
        return std::string();
      }
      known += (known.empty() ? "" : ", ") + word;
    }
    return "must be one of " + known;
  };
  auto print = [target, words] {
    for (const auto& [word, value] : words) {
      if (value == *target) return word;
    }
    return std::string();
  };
  Text(name, std::move(parse), std::move(print), doc);
}

}  // namespace tessera::server
