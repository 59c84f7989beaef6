#include "tools/couponctl/message_text.h"

#include <google/protobuf/util/json_util.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tools/couponctl/failure.h"

namespace tessera::couponctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::ordered_json;

// Messages of coupon.v1 are far flatter.
constexpr int kDepthMax = 50;

std::string Canonical(const Message& message, bool with_defaults) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = with_defaults;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return json;
}

bool IsWide(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
}

// Calls `change` with each field of the message of this type that the object holds, and with each of its
// values, lists and messages within gone through.
template <class Change>
void EachValue(const Descriptor& type, Json& object, const Change& change) {
  for (auto& [name, value] : object.items()) {
    const FieldDescriptor* field = type.FindFieldByName(name);
    if (field == nullptr) continue;
    std::vector<Json*> values;
    if (value.is_array()) {
      for (Json& element : value) values.push_back(&element);
    } else {
      values.push_back(&value);
    }
    for (Json* each : values) {
      change(*field, *each);
      if (each->is_object() && field->message_type() != nullptr)
        EachValue(*field->message_type(), *each, change);
    }
  }
}

// Canonical JSON quotes 64-bit numbers, for readers that know none.
void UnquoteNumbers(const Descriptor& type, Json& object) {
  EachValue(type, object, [](const FieldDescriptor& field, Json& value) {
    if (IsWide(field) && value.is_string()) value = std::stoll(value.get<std::string>());
  });
}

// "ACTIVE" is CAMPAIGN_STATE_ACTIVE.
void SpellEnums(const Descriptor& type, Json& object) {
  EachValue(type, object, [](const FieldDescriptor& field, Json& value) {
    if (field.enum_type() == nullptr || !value.is_string()) return;
    const std::string whole = PrefixOf(*field.enum_type()) + value.get<std::string>();
    if (field.enum_type()->FindValueByName(whole) != nullptr) value = whole;
  });
}

// Whether every reader of YAML, also of 1.1, takes the text for a string without quotes.
bool IsPlainWord(const std::string& text) {
  static const std::set<std::string> kReserved = {"y",   "n",    "yes",   "no",  "on",
                                                  "off", "true", "false", "null"};
  static const std::regex kWord("[A-Za-z][A-Za-z0-9_./-]*");
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::regex_match(text, kWord) && !kReserved.contains(lower);
}

void Emit(const Json& value, YAML::Emitter& out) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, element] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      Emit(element, out);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::BeginSeq;
    for (const Json& element : value) Emit(element, out);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const auto text = value.get<std::string>();
    if (!IsPlainWord(text)) out << YAML::DoubleQuoted;
    out << text;
  } else {
    out << value.dump();
  }
}

std::string InOneLine(const Json& value) {
  YAML::Emitter out;
  out << YAML::Flow;
  Emit(value, out);
  return out.c_str();
}

// Every scalar but null becomes a string: Protocol Buffers read numbers, booleans, enums and instants out of
// strings by the type of the field, so that `display_name: 2026` is a name.
Json JsonOf(const YAML::Node& node, int depth = 0) {
  if (depth > kDepthMax) throw YAML::Exception(node.Mark(), "too deep, or within itself");
  switch (node.Type()) {
    case YAML::NodeType::Map: {
      Json object = Json::object();
      for (const auto& entry : node) {
        const auto key = entry.first.as<std::string>();
        if (object.contains(key)) throw YAML::Exception(entry.first.Mark(), key + " stands here twice");
        object[key] = JsonOf(entry.second, depth + 1);
      }
      return object;
    }
    case YAML::NodeType::Sequence: {
      Json array = Json::array();
      for (const YAML::Node& element : node) array.push_back(JsonOf(element, depth + 1));
      return array;
    }
    case YAML::NodeType::Scalar:
      return node.Scalar();
    default:
      return nullptr;
  }
}

}  // namespace

std::string ToJson(const Message& message) { return Json::parse(Canonical(message, true)).dump(2) + "\n"; }

std::string ToYaml(const Json& document) {
  YAML::Emitter out;
  Emit(document, out);
  return std::string(out.c_str()) + "\n";
}

std::string ToYaml(const Message& message) {
  Json object = Json::parse(Canonical(message, true));
  UnquoteNumbers(*message.GetDescriptor(), object);
  return ToYaml(object);
}

std::string PrefixOf(const EnumDescriptor& type) {
  const std::string& first = type.value(0)->name();
  return first.substr(0, first.rfind('_') + 1);
}

std::string Word(const EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  return value == nullptr ? "" : value->name().substr(PrefixOf(type).size());
}

std::string FieldText(const Message& message, const FieldDescriptor& field) {
  Json object = Json::parse(Canonical(message, false));
  const auto value = object.find(field.name());
  if (value == object.end()) return "";
  UnquoteNumbers(*message.GetDescriptor(), object);
  return value->is_string() ? value->get<std::string>() : InOneLine(*value);
}

std::vector<std::unique_ptr<Message>> ReadYamlAs(const Message& prototype, const std::string& text,
                                                 const std::string& source) {
  std::vector<std::unique_ptr<Message>> messages;
  try {
    for (const YAML::Node& document : YAML::LoadAll(text)) {
      if (document.IsNull()) continue;
      std::unique_ptr<Message> message(prototype.New());
      Json object = JsonOf(document);
      if (object.is_object()) SpellEnums(*prototype.GetDescriptor(), object);
      const auto status = google::protobuf::util::JsonStringToMessage(object.dump(), message.get());
      if (!status.ok()) throw Mistake(source + ": " + std::string(status.message()));
      messages.push_back(std::move(message));
    }
  } catch (const YAML::Exception& e) {
    throw Mistake(source + ": " + e.what());
  } catch (const nlohmann::json::exception&) {
    throw Mistake(source + ": it is not UTF-8");
  }
  if (messages.empty()) throw Mistake(source + ": there is nothing in it");
  return messages;
}

}  // namespace tessera::couponctl
