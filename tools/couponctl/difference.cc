#include "tools/couponctl/difference.h"

#include "tools/couponctl/message_text.h"

namespace tessera::couponctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

void Compare(const Message& from, const Message& to, const std::string& prefix,
             std::vector<Difference>* differences) {
  const auto& type = *from.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool both = IsSet(from, field) && IsSet(to, field);
    const bool ours =
        field.message_type() != nullptr && field.message_type()->file()->package() == type.file()->package();
    if (both && ours && !field.is_repeated()) {
      Compare(from.GetReflection()->GetMessage(from, &field), to.GetReflection()->GetMessage(to, &field),
              prefix + field.name() + ".", differences);
      continue;
    }
    std::string before = FieldText(from, field);
    std::string after = FieldText(to, field);
    if (before != after) differences->push_back({prefix + field.name(), std::move(before), std::move(after)});
  }
}

}  // namespace

std::vector<Difference> Differences(const Message& from, const Message& to) {
  std::vector<Difference> differences;
  Compare(from, to, "", &differences);
  return differences;
}

std::string DifferencesText(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& difference : differences) {
    if (difference.from.empty()) {
      text += "  + " + difference.path + ": " + difference.to;
    } else if (difference.to.empty()) {
      text += "  - " + difference.path + ": " + difference.from;
    } else {
      text += "  ~ " + difference.path + ": " + difference.from + " -> " + difference.to;
    }
    text += "\n";
  }
  return text;
}

}  // namespace tessera::couponctl
