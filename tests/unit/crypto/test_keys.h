#pragma once

#include <string>

#include "crypto/key_file.h"

namespace tessera::crypto {

// 64 hexadecimal digits that are `digit` throughout.
inline std::string HexKey(char digit) { return std::string(64, digit); }

// A key file of one line per purpose, and `more` lines after them.
inline std::string KeyText(const std::string& more = "") {
  return "user 1 " + HexKey('1') + " current\ncode 0 " + HexKey('2') + " current\nrequest 0 " + HexKey('3') +
         " current\ntoken 0 " + HexKey('4') + " current\n" + more;
}

inline KeyFile TestKeys(const std::string& more = "") { return *KeyFile::Parse(KeyText(more), "keys"); }

}  // namespace tessera::crypto
