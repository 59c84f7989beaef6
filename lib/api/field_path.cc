#include "api/field_path.h"

namespace tessera::api {

std::string FieldPath::ToString() const {
  if (parent_ == nullptr) return std::string(name_);
  std::string text = parent_->ToString();
  if (index_ >= 0) return text.append("[").append(std::to_string(index_)).append("]");
  return text.append(".").append(name_);
}

}  // namespace tessera::api
