#pragma once

#include <cstdint>
#include <string>

#include "api/field_checker.h"
#include "api/field_path.h"

// Ids of what the store numbers: a letter and the number. Pure, any thread.
namespace tessera::api {

std::string BatchId(uint64_t batch);
std::string JobId(uint64_t job);

// The number; INVALID_FIELD for what is no such id.
uint64_t ParseBatchId(FieldChecker& check, const FieldPath& path, const std::string& id);
uint64_t ParseJobId(FieldChecker& check, const FieldPath& path, const std::string& id);

}  // namespace tessera::api
