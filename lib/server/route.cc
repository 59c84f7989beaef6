#include "server/route.h"

#include <exception>
#include <string>

namespace tessera::server {

core::Error CaughtException() {
  std::string cause;
  try {
    throw;
  } catch (const std::exception& e) {
    cause = e.what();
  } catch (...) {
    cause = "an exception of unknown type";
  }
  return core::Error(core::Reason::kInternal, "internal error").Because(std::move(cause));
}

}  // namespace tessera::server
