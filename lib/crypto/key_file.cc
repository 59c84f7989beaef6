#include "crypto/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <vector>

#include "core/code.h"
#include "crypto/random.h"

namespace tessera::crypto {
namespace {

constexpr std::array<std::string_view, kKeyPurposeCount> kPurposeNames = {"user", "code", "request", "token"};
constexpr mode_t kModeOwnerOnly = 0600;

// An open file descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// The text of a key file: overwritten when it goes out of scope.
struct FileText {
  std::string text;
  ~FileText() { OPENSSL_cleanse(text.data(), text.size()); }
};

std::string SystemError() { return std::generic_category().message(errno); }

bool OthersMayRead(const struct stat& file) {
  if (file.st_uid == geteuid()) return (file.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (file.st_uid == 0) return (file.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0;
  return true;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  size_t start = 0;
  while ((start = line.find_first_not_of(" \t\r", start)) != std::string_view::npos) {
    const size_t end = std::min(line.find_first_of(" \t\r", start), line.size());
    words.push_back(line.substr(start, end - start));
    start = end;
  }
  return words;
}

std::optional<KeyPurpose> PurposeOf(std::string_view word) {
  for (size_t i = 0; i < kPurposeNames.size(); ++i) {
    if (kPurposeNames[i] == word) return static_cast<KeyPurpose>(i);
  }
  return std::nullopt;
}

std::optional<uint8_t> KeyIdOf(std::string_view word, KeyPurpose purpose) {
  uint8_t id = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  if (purpose == KeyPurpose::kCode && id > core::CodeBook::kKeyIdMax) return std::nullopt;
  return id;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Secret> SecretOf(std::string_view word) {
  Secret secret;
  const auto bytes = secret.mutable_bytes();
  if (word.size() != 2 * bytes.size()) return std::nullopt;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexValue(word[2 * i]);
    const int low = HexValue(word[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return secret;
}

struct KeyLine {
  KeyPurpose purpose;
  uint8_t id;
  Secret secret;
  bool current;
};

core::Result<KeyLine> ParseLine(const std::vector<std::string_view>& words, const std::string& place) {
  if (words.size() < 3 || words.size() > 4) {
    return core::InvalidField(place, "must be <purpose> <key id> <64 hexadecimal digits> [current]");
  }
  const auto purpose = PurposeOf(words[0]);
  if (!purpose) return core::InvalidField(place, "must begin with user, code, request or token");
  const auto id = KeyIdOf(words[1], *purpose);
  if (!id) return core::InvalidField(place, "must have a key id of 0 to 255, for a code key 0 to 7");
  const auto secret = SecretOf(words[2]);
  if (!secret) return core::InvalidField(place, "must have a key of 64 hexadecimal digits");
  if (words.size() == 4 && words[3] != "current")
    return core::InvalidField(place, "must end with the key or with 'current'");
  return KeyLine{*purpose, *id, *secret, words.size() == 4};
}

}  // namespace

core::Result<KeyFile> KeyFile::Load(const std::string& path) {
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return core::InvalidField(path, "must be a readable key file: " + SystemError());
  struct stat about;
  if (fstat(file.get(), &about) != 0)
    return core::InvalidField(path, "must be a readable key file: " + SystemError());
  if (!S_ISREG(about.st_mode)) return core::InvalidField(path, "must be a regular file");
  if (OthersMayRead(about)) {
    return core::InvalidField(
        path, "must be readable by its owner only, and belong to this user or root: chmod 600");
  }
  FileText content;
  content.text.resize(kFileBytesMax + 1);
  size_t length = 0;
  while (length < content.text.size()) {
    const ssize_t got = read(file.get(), content.text.data() + length, content.text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return core::InvalidField(path, "must be a readable key file: " + SystemError());
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  if (length > kFileBytesMax) return core::InvalidField(path, "must be at most 64 KiB long");
  return Parse({content.text.data(), length}, path);
}

core::Result<KeyFile> KeyFile::Parse(std::string_view text, const std::string& name) {
  KeyFile file;
  std::array<bool, kKeyPurposeCount> has_current{};
  int number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto words = Words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (words.empty() || words[0].starts_with('#')) continue;

    const std::string place = name + ":" + std::to_string(number);
    const core::Result<KeyLine> line = ParseLine(words, place);
    if (!line) return line.error();
    KeyRing& ring = file.rings_[static_cast<size_t>(line->purpose)];
    if (!ring.keys.emplace(line->id, line->secret).second)
      return core::InvalidField(place, "must not repeat a key id");
    if (!line->current) continue;
    bool& current_seen = has_current[static_cast<size_t>(line->purpose)];
    if (current_seen) return core::InvalidField(place, "must not name a second current key of its purpose");
    current_seen = true;
    ring.current = line->id;
  }
  for (size_t i = 0; i < has_current.size(); ++i) {
    if (!has_current[i])
      return core::InvalidField(name, "must have a current key for " + std::string(kPurposeNames[i]));
  }
  return file;
}

core::Status GenerateKeyFile(const std::string& path) {
  static constexpr char kHex[] = "0123456789abcdef";
  FileText content;
  content.text.reserve(1024);  // one allocation, so that no copy of a key is left behind
  content.text +=
      "# Keys of a Tessera deployment: keep them secret and keep them; see key_file.h for the form.\n";
  for (const std::string_view purpose : kPurposeNames) {
    Secret secret;
    FillRandom(secret.mutable_bytes());
    content.text.append(purpose).append(" 0 ");
    for (const uint8_t byte : secret.bytes()) content.text.append({kHex[byte >> 4], kHex[byte & 15]});
    content.text.append(" current\n");
  }
  const OpenFile file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kModeOwnerOnly));
  if (file.get() < 0)
    return core::InvalidField(path, "must be a new file in a writable folder: " + SystemError());
  size_t written = 0;
  while (written < content.text.size()) {
    const ssize_t put = write(file.get(), content.text.data() + written, content.text.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return core::InvalidField(path, "must be on a writable disk: " + SystemError());
    written += static_cast<size_t>(put);
  }
  if (fsync(file.get()) != 0) return core::InvalidField(path, "must be on a writable disk: " + SystemError());
  return core::Ok();
}

}  // namespace tessera::crypto
