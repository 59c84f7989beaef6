// FreePort finds a TCP port on 127.0.0.1 that nobody listens on, for servers that cannot be told to take any.
#pragma once

#include <cstdint>

namespace tessera::testing {

// Another process may take the port before it is used; that is rare, and whoever starts a server notices.
uint16_t FreePort();

}  // namespace tessera::testing
