#pragma once

#include "server/log.h"

namespace tessera::server {

// Sends what gRPC and protobuf write about themselves through a log, so that stderr holds JSON lines only;
// what they write after this object has gone is dropped. protobuf writes a line for every text that is not
// UTF-8, which a caller could send without end: those lines are debug. One per process, made before gRPC is
// used; the log must outlive it.
class LibraryLogs {
 public:
  explicit LibraryLogs(const Log& log);
  ~LibraryLogs();
  LibraryLogs(const LibraryLogs&) = delete;
  LibraryLogs& operator=(const LibraryLogs&) = delete;
};

}  // namespace tessera::server
