// TempFolder is a new folder under /tmp that goes away with everything in it. The path is short, as a Unix
// socket's path has at most 107 bytes.
#pragma once

#include <filesystem>
#include <string_view>

namespace tessera::testing {

class TempFolder {
 public:
  explicit TempFolder(std::string_view name = "tessera");
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tessera::testing
