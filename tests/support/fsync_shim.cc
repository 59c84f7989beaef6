// A library to be preloaded into redis-server. It notes how long each file was when a sync of it began, so
// that a test can cut the file to that after a kill: what a kill -9 leaves in the page cache would be gone
// after a loss of power.
//
// Each line of the file named by TESSERA_FSYNC_LOG is "inode size". Async-signal and thread safe: one write
// per line.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

using SyncFunction = int (*)(int);

int LogFile() {
  static const int fd = [] {
    const char* path = std::getenv("TESSERA_FSYNC_LOG");
    return path == nullptr ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }();
  return fd;
}

int SyncAndNote(SyncFunction sync, int fd) {
  // The size is taken before the sync: what is appended while it runs may not be covered by it.
  struct stat status{};
  const bool known = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  const int result = sync(fd);
  if (result == 0 && known && LogFile() >= 0) {
    char line[64];
    const int size =
        std::snprintf(line, sizeof(line), "%llu %llu\n", static_cast<unsigned long long>(status.st_ino),
                      static_cast<unsigned long long>(status.st_size));
    if (write(LogFile(), line, static_cast<size_t>(size)) != size) return result;
  }
  return result;
}

SyncFunction Next(const char* name) { return reinterpret_cast<SyncFunction>(dlsym(RTLD_NEXT, name)); }

}  // namespace

extern "C" int fsync(int fd) {
  static const SyncFunction next = Next("fsync");
  return SyncAndNote(next, fd);
}

extern "C" int fdatasync(int fd) {
  static const SyncFunction next = Next("fdatasync");
  return SyncAndNote(next, fd);
}
