#include "tools/couponctl/message_text.h"

#include <google/protobuf/util/json_util.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "tools/couponctl/failure.h"

namespace tessera::couponctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::ordered_json;

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

// Canonical JSON quotes 64-bit numbers, for readers that know none.
void UnquoteNumbers(const Descriptor& type, Json& object) {
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
      if (IsWide(*field) && each->is_string()) *each = std::stoll(each->get<std::string>());
      if (each->is_object()) UnquoteNumbers(*field->message_type(), *each);
    }
  }
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
    // What a reader would take for something else than a string is quoted.
    const bool ambiguous = text.empty() || text.find_first_not_of("0123456789.+-eExX") == std::string::npos ||
                           text == "true" || text == "false" || text == "null" || text == "~";
    if (ambiguous) out << YAML::DoubleQuoted;
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
Json JsonOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map: {
      Json object = Json::object();
      for (const auto& entry : node) {
        const auto key = entry.first.as<std::string>();
        if (object.contains(key)) throw YAML::Exception(entry.first.Mark(), key + " stands here twice");
        object[key] = JsonOf(entry.second);
      }
      return object;
    }
    case YAML::NodeType::Sequence: {
      Json array = Json::array();
      for (const YAML::Node& element : node) array.push_back(JsonOf(element));
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

std::string FieldText(const Message& message, const FieldDescriptor& field) {
  const std::unique_ptr<Message> alone(message.New());
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.is_repeated() ? reflection.FieldSize(message, &field) == 0
                          : !reflection.HasField(message, &field))
    return "";
  alone->CopyFrom(message);
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* other : set) {
    if (other != &field) alone->GetReflection()->ClearField(alone.get(), other);
  }
  Json object = Json::parse(Canonical(*alone, false));
  UnquoteNumbers(*message.GetDescriptor(), object);
  return InOneLine(object.at(field.name()));
}

std::vector<std::unique_ptr<Message>> ReadYamlAs(const Message& prototype, const std::string& text,
                                                 const std::string& source) {
  std::vector<std::unique_ptr<Message>> messages;
  try {
    for (const YAML::Node& document : YAML::LoadAll(text)) {
      if (document.IsNull()) continue;
      std::unique_ptr<Message> message(prototype.New());
      const auto status = google::protobuf::util::JsonStringToMessage(JsonOf(document).dump(), message.get());
      if (!status.ok()) throw Mistake(source + ": " + std::string(status.message()));
      messages.push_back(std::move(message));
    }
  } catch (const YAML::Exception& e) {
    throw Mistake(source + ": " + e.what());
  }
  if (messages.empty()) throw Mistake(source + ": there is nothing in it");
  return messages;
}

}  // namespace tessera::couponctl
