#include "server/config.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>

#include "core/reason.h"

namespace tessera::server {
namespace {

constexpr std::string_view kEnvironmentPrefix = "TESSERA_";

// "redis.timeout_ms" -> "TESSERA_REDIS_TIMEOUT_MS".
std::string VariableName(std::string_view path) {
  std::string name(kEnvironmentPrefix);
  for (const char c : path) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

template <class Number>
std::optional<Number> ReadNumber(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string MustBeWhole(ConfigRange range) {
  if (range.max == std::numeric_limits<int64_t>::max()) {
    return "must be a whole number of at least " + std::to_string(range.min);
  }
  return "must be a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max);
}

// Reads one whole number within `range` and hands it to `set`.
std::function<std::string(const std::vector<std::string>&)> WholeNumber(ConfigRange range,
                                                                        std::function<void(int64_t)> set) {
  return [range, set = std::move(set)](const std::vector<std::string>& texts) -> std::string {
    const std::optional<int64_t> value = ReadNumber<int64_t>(texts.front());
    if (!value || *value < range.min || *value > range.max) return MustBeWhole(range);
    set(*value);
    return "";
  };
}

std::string RangeDoc(std::string_view doc, ConfigRange range) {
  std::string text(doc);
  if (range.max == std::numeric_limits<int64_t>::max())
    return text + " At least " + std::to_string(range.min) + ".";
  return text + " " + std::to_string(range.min) + " to " + std::to_string(range.max) + ".";
}

// Plain where YAML reads the plain text back as it is, else quoted as JSON, which YAML reads too.
std::string YamlScalar(const std::string& text) {
  const bool plain = !text.empty() && text != "null" && text != "Null" && text != "NULL" &&
                     text.front() != '-' && text.back() != ':' &&
                     std::all_of(text.begin(), text.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 ||
                              std::string_view("_./:-").find(static_cast<char>(c)) != std::string_view::npos;
                     });
  return plain ? text : nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

core::Error Wrong(const std::string& where, const std::string& what) {
  return {core::Reason::kInvalidField, where + ": " + what};
}

// Puts what the file `name`, the value of the field `path`, holds into `target`, and answers what is wrong.
std::string ReadSecret(const std::string& path, const std::string& name, std::string& target) {
  if (!target.empty()) return path + " excludes the value itself";
  std::ifstream file(name);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) return path + ": cannot read " + name;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return path + ": " + name + " is empty";
  target = std::move(text);
  return "";
}

std::string At(const std::string& source, const YAML::Mark& mark) {
  return mark.is_null() ? source : source + ":" + std::to_string(mark.line + 1);
}

}  // namespace

void ConfigSection::Add(std::string_view name, ConfigField field) {
  field.path = path_ + "." + std::string(name);
  ConfigBinder::Entry entry{field.path, field.doc, std::make_unique<ConfigField>(std::move(field))};
  binder_->Declare(std::move(entry));
}

ConfigSection ConfigSection::Section(std::string_view name, std::string_view doc) {
  const std::string path = path_ + "." + std::string(name);
  binder_->Declare({path, std::string(doc), nullptr});
  return {binder_, path};
}

void ConfigSection::Field(std::string_view name, bool* target, std::string_view doc) {
  Text(
      name,
      [target](const std::string& text) -> std::string {
        if (text != "true" && text != "false") return "must be true or false";
        *target = text == "true";
        return "";
      },
      [target] { return std::string(*target ? "true" : "false"); }, doc);
}

void ConfigSection::Field(std::string_view name, int* target, ConfigRange range, std::string_view doc) {
  range.max = std::min<int64_t>(range.max, std::numeric_limits<int>::max());
  Add(name, {.doc = RangeDoc(doc, range),
             .parse = WholeNumber(range, [target](int64_t value) { *target = static_cast<int>(value); }),
             .print = [target] { return std::vector{std::to_string(*target)}; }});
}

void ConfigSection::Field(std::string_view name, int64_t* target, ConfigRange range, std::string_view doc) {
  Add(name, {.doc = RangeDoc(doc, range),
             .parse = WholeNumber(range, [target](int64_t value) { *target = value; }),
             .print = [target] { return std::vector{std::to_string(*target)}; }});
}

void ConfigSection::Field(std::string_view name, std::chrono::milliseconds* target, ConfigRange range,
                          std::string_view doc) {
  Add(name,
      {.doc = RangeDoc(doc, range),
       .parse = WholeNumber(range, [target](int64_t value) { *target = std::chrono::milliseconds(value); }),
       .print = [target] { return std::vector{std::to_string(target->count())}; }});
}

void ConfigSection::Field(std::string_view name, double* target, double min, double max,
                          std::string_view doc) {
  const std::string must =
      "must be a number from " + nlohmann::json(min).dump() + " to " + nlohmann::json(max).dump();
  Text(
      name,
      [=](const std::string& text) -> std::string {
        const std::optional<double> value = ReadNumber<double>(text);
        if (!value || !(*value >= min && *value <= max)) return must;
        *target = *value;
        return "";
      },
      [target] { return nlohmann::json(*target).dump(); }, doc);
}

void ConfigSection::Field(std::string_view name, std::string* target, std::string_view doc) {
  Text(
      name,
      [target](const std::string& text) -> std::string {
        *target = text;
        return "";
      },
      [target] { return *target; }, doc);
}

void ConfigSection::Secret(std::string_view name, std::string* target, std::string_view doc) {
  auto file = std::make_shared<std::string>();
  Add(name, {.doc = std::string(doc),
             .secret = true,
             .parse = [target](const std::vector<std::string>& texts) -> std::string {
               *target = texts.front();
               return "";
             },
             .print = [target, file] { return std::vector{file->empty() ? *target : ""}; }});
  const std::string file_name = std::string(name) + "_file";
  Field(file_name, file.get(), "The file that holds it instead.");
  binder_->Check([target, file, path = path_ + "." + file_name] {
    return file->empty() ? "" : ReadSecret(path, *file, *target);
  });
}

void ConfigSection::Field(std::string_view name, std::vector<std::string>* target, std::string_view doc) {
  Add(name, {.doc = std::string(doc),
             .is_list = true,
             .parse = [target](const std::vector<std::string>& texts) -> std::string {
               *target = texts;
               return "";
             },
             .print = [target] { return *target; }});
}

void ConfigSection::Text(std::string_view name, std::function<std::string(const std::string&)> parse,
                         std::function<std::string()> print, std::string_view doc) {
  Add(name, {.doc = std::string(doc),
             .parse = [parse = std::move(parse)](
                          const std::vector<std::string>& texts) { return parse(texts.front()); },
             .print = [print = std::move(print)] { return std::vector{print()}; }});
}

ConfigSection ConfigBinder::Section(std::string_view name, std::string_view doc) {
  Declare({std::string(name), std::string(doc), nullptr});
  return {this, std::string(name)};
}

void ConfigBinder::Declare(Entry entry) {
  const bool fresh = by_path_.emplace(entry.path, entries_.size()).second;
  assert(fresh && "a section or field is declared once");
  (void)fresh;
  entries_.push_back(std::move(entry));
}

namespace {

// Reads `node`, the value of the field, and answers what is wrong with it.
std::string SetField(const ConfigField& field, const YAML::Node& node) {
  std::vector<std::string> texts;
  if (field.is_list) {
    if (!node.IsSequence()) return "must be a list";
    for (const YAML::Node& element : node) {
      if (!element.IsScalar()) return "must be a list of plain values";
      texts.push_back(element.Scalar());
    }
  } else {
    if (!node.IsScalar()) return node.IsNull() ? "has no value" : "must be one plain value";
    texts.push_back(node.Scalar());
  }
  return field.parse(texts);
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

core::Status ConfigBinder::Load(const std::string& yaml, const std::string& source,
                                const Environment& environment) {
  std::function<core::Status(const YAML::Node&, const std::string&)> read = [&](const YAML::Node& map,
                                                                                const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& item : map) {
      const std::string where = At(source, item.first.Mark());
      if (!item.first.IsScalar()) return core::Status(Wrong(where, "a key must be plain text"));
      const std::string path = prefix + item.first.Scalar();
      if (!seen.insert(path).second) return core::Status(Wrong(where, path + ": is given twice"));
      const auto found = by_path_.find(path);
      if (found == by_path_.end()) return core::Status(Wrong(where, path + ": unknown key"));
      const Entry& entry = entries_[found->second];
      if (entry.field != nullptr) {
        const std::string complaint = SetField(*entry.field, item.second);
        if (!complaint.empty()) return core::Status(Wrong(where, path + ": " + complaint));
      } else if (item.second.IsMap()) {
        core::Status inner = read(item.second, path + ".");
        if (!inner.ok()) return inner;
      } else if (!item.second.IsNull()) {
        return core::Status(Wrong(where, path + ": must be a section of keys"));
      }
    }
    return core::Ok();
  };
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap() && !root.IsNull()) return Wrong(source, "must consist of sections of keys");
    if (root.IsMap()) {
      core::Status status = read(root, "");
      if (!status.ok()) return status;
    }
  } catch (const YAML::Exception& e) {
    return Wrong(At(source, e.mark), "is not YAML: " + e.msg);
  }

  std::map<std::string, const ConfigField*> variables;
  for (const Entry& entry : entries_) {
    if (entry.field != nullptr) variables.emplace(VariableName(entry.path), entry.field.get());
  }
  for (const auto& [name, value] : environment) {
    const auto found = variables.find(name);
    if (found == variables.end()) {
      unknown_variables_.push_back(name);
      continue;
    }
    const ConfigField& field = *found->second;
    const std::string complaint = field.parse(field.is_list ? SplitAtCommas(value) : std::vector{value});
    if (!complaint.empty()) return Wrong("environment variable " + name, field.path + ": " + complaint);
  }

  for (const auto& rule : rules_) {
    const std::string complaint = rule();
    if (!complaint.empty()) return Wrong(source, complaint);
  }
  return core::Ok();
}

std::string ConfigBinder::Print() const {
  std::string out;
  for (const Entry& entry : entries_) {
    const auto depth = static_cast<size_t>(std::count(entry.path.begin(), entry.path.end(), '.'));
    const std::string indent(depth * 2, ' ');
    if (depth == 0 && !out.empty()) out += "\n";
    if (!entry.doc.empty()) out += indent + "# " + entry.doc + "\n";
    out += indent + entry.path.substr(entry.path.rfind('.') + 1) + ":";
    if (entry.field != nullptr) {
      std::vector<std::string> values = entry.field->print();
      if (entry.field->secret && !values.front().empty()) values.front() = "<redacted>";
      std::string text;
      for (const std::string& value : values) text += (text.empty() ? "" : ", ") + YamlScalar(value);
      out += entry.field->is_list ? " [" + text + "]" : " " + text;
    }
    out += "\n";
  }
  return out;
}

ConfigBinder::Environment ConfigBinder::ProcessEnvironment() {
  Environment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || text.substr(0, kEnvironmentPrefix.size()) != kEnvironmentPrefix)
      continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace tessera::server
