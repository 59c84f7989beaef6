#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/field_path.h"
#include "core/ids.h"
#include "core/money.h"
#include "core/result.h"

namespace tessera::api {

// The last instant that a caller may name: the end of the year 9998.
inline constexpr core::InstantMs kInstantMsMax = 253'370'764'799'999;

// Takes the fields of one request one by one and remembers the first that is wrong; the parser reads like a
// list of assignments and asks once, at its end. What it returns for a wrong field is of no use. One request,
// one thread.
class FieldChecker {
 public:
  bool ok() const { return !error_.has_value(); }
  // `value`, or the first thing that was wrong.
  template <class T>
  core::Result<T> Answer(T value) {
    if (!ok()) return *std::move(error_);
    return value;
  }

  // INVALID_FIELD: `path` and what it must be.
  void Fail(const FieldPath& path, const std::string& must);
  void Fail(core::Error error);
  // The value, or the error of a parser that has a Result.
  template <class T>
  T Take(core::Result<T> result) {
    if (result.ok()) return *std::move(result);
    Fail(std::move(result).error());
    return T();
  }

  // 1 to `characters_max` characters of UTF-8, none of them a control character.
  std::string Text(const FieldPath& path, const std::string& value, size_t characters_max);
  // The same, counted in bytes: a name that another system gave.
  std::string Name(const FieldPath& path, const std::string& value, size_t bytes_max);
  // Not empty, and UTF-8 without control characters; how long it may be is for others to say.
  bool Printable(const FieldPath& path, const std::string& value);
  // The same for each text of a list.
  template <class Texts>
  void PrintableAll(const FieldPath& path, const Texts& texts) {
    for (int i = 0; ok() && i < texts.size(); ++i) Printable(path.At(i), texts[i]);
  }
  std::string CampaignId(const FieldPath& path, const std::string& value);
  core::RequestId RequestId(const std::string& value);

  int64_t Number(const FieldPath& path, int64_t value, int64_t min, int64_t max = core::kAmountMax);
  // 0 stands for the default.
  int32_t PageSize(int32_t value);
  // A value of a generated enum that this version knows and that is not 0.
  template <class Enum>
  Enum Choice(const FieldPath& path, Enum value, bool (*known)(int)) {
    if (value == Enum{} || !known(value)) Fail(path, "must be one of its enum's values");
    return value;
  }
  // The same, or 0 for `fallback`.
  template <class Enum>
  Enum ChoiceOr(const FieldPath& path, Enum value, bool (*known)(int), Enum fallback) {
    return value == Enum{} ? fallback : Choice(path, value, known);
  }

  // Whole milliseconds from 1970 up to and with the year 9998.
  core::InstantMs Instant(const FieldPath& path, bool set, const google::protobuf::Timestamp& value);
  // Whole milliseconds.
  int64_t DurationMs(const FieldPath& path, bool set, const google::protobuf::Duration& value, int64_t min,
                     int64_t max);

 private:
  std::optional<core::Error> error_;
};

// Characters of a valid UTF-8 text, or nothing when it is not UTF-8 or has control characters (C0, DEL, C1,
// line and paragraph separators).
std::optional<size_t> PrintableLength(std::string_view text);

// Whether `text` is 1 to 63 of a-z, 0-9 and "-", beginning with a letter and not ending with "-".
bool IsCampaignId(std::string_view text);

}  // namespace tessera::api
