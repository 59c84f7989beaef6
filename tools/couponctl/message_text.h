#pragma once

#include <google/protobuf/generated_enum_reflection.h>
#include <google/protobuf/message.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tessera::couponctl {

// Messages as text, by the names of the protos. JSON is the canonical one of Protocol Buffers, with fields
// that have their default value; YAML is the same, with 64-bit numbers as numbers.
std::string ToJson(const google::protobuf::Message& message);
std::string ToYaml(const google::protobuf::Message& message);

// The same for a document that is made of several messages, by their canonical JSON.
std::string ToYaml(const nlohmann::ordered_json& document);

// What the names of all values of an enum begin with, which is what the first one's shows: "CAMPAIGN_STATE_".
std::string PrefixOf(const google::protobuf::EnumDescriptor& type);

// The value without that: "ACTIVE". Empty where this version knows none of that number.
std::string Word(const google::protobuf::EnumDescriptor& type, int number);
template <class Enum>
std::string Word(Enum value) {
  return Word(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

// One value in one line, for tables: "{sku: teapot, quantity: 1}" of a message.
std::string FieldText(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor& field);

// Reads YAML, and so JSON, into messages of `prototype`'s type, one for each document. Fields that the type
// doesn't have are mistakes. `source` names the text in them. Throws Mistake, with the line or the path of
// the field.
template <class Message>
std::vector<Message> ReadYaml(const std::string& text, const std::string& source);

// The same, with the type known at run time: fills copies of `prototype`.
std::vector<std::unique_ptr<google::protobuf::Message>> ReadYamlAs(const google::protobuf::Message& prototype,
                                                                   const std::string& text,
                                                                   const std::string& source);

template <class Message>
std::vector<Message> ReadYaml(const std::string& text, const std::string& source) {
  std::vector<Message> messages;
  for (const auto& message : ReadYamlAs(Message::default_instance(), text, source)) {
    messages.push_back(static_cast<const Message&>(*message));
  }
  return messages;
}

}  // namespace tessera::couponctl
