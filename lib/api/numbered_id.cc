#include "api/numbered_id.h"

#include <charconv>

namespace tessera::api {
namespace {

// What the store's packed numbers hold, times the partitions.
constexpr uint64_t kNumberMax = (uint64_t{1} << 50) - 1;

std::string IdOf(char letter, uint64_t number) { return std::string{letter, '-'} + std::to_string(number); }

uint64_t ParseId(FieldChecker& check, const FieldPath& path, const std::string& id, char letter) {
  uint64_t number = 0;
  const char* end = id.data() + id.size();
  if (id.size() > 2) std::from_chars(id.data() + 2, end, number);
  // One spelling only.
  if (number == 0 || number > kNumberMax || id != IdOf(letter, number)) {
    check.Fail(path, std::string("must be an id that a call answered, such as \"") + letter + "-4711\"");
  }
  return number;
}

}  // namespace

std::string BatchId(uint64_t batch) { return IdOf('b', batch); }
std::string JobId(uint64_t job) { return IdOf('j', job); }

uint64_t ParseBatchId(FieldChecker& check, const FieldPath& path, const std::string& id) {
  return ParseId(check, path, id, 'b');
}

uint64_t ParseJobId(FieldChecker& check, const FieldPath& path, const std::string& id) {
  return ParseId(check, path, id, 'j');
}

}  // namespace tessera::api
