// NoteRefusal writes into the running test's result that a service or a store refused something, and why.
// tools/reasons reads the results: each reason of the public enum must have been met by a test. Any thread.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tessera {

inline void NoteRefusal(std::string_view reason) {
  if (!reason.empty()) ::testing::Test::RecordProperty("refused." + std::string(reason), 1);
}

}  // namespace tessera
