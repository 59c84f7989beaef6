#include "tools/couponctl/files.h"

#include <fstream>
#include <iostream>
#include <sstream>

#include "tools/couponctl/failure.h"

namespace tessera::couponctl {

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream file(path);
  text << file.rdbuf();
  if (file.fail()) throw Mistake("can't read " + path);
  return text.str();
}

}  // namespace tessera::couponctl
