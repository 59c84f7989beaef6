#pragma once

#include <string>

#include "tools/load/generator.h"

namespace tessera::load {

// What a run gave, for people and for programs. `name` says what was sent.
std::string LoadTable(const std::string& name, const LoadPlan& plan, const LoadResult& result);
std::string LoadJson(const std::string& name, const LoadPlan& plan, const LoadResult& result);

// Processor, number of cores, memory and kernel of this machine in one line: figures mean nothing without it.
std::string MachineLine();

}  // namespace tessera::load
