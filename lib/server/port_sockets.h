#pragma once

#include <cstdint>

namespace tessera::server {

// The TCP sockets that this process has at one of its ports, ended underneath the library that owns them, for
// lack of a way to ask it: gRPC can only stop taking calls and close its connections in one step. Any thread;
// the sockets stay open as files, and whoever owns them closes them.

// From now on the port is silent to whoever wants to connect. Its owner notices nothing.
void IgnoreNewConnections(uint16_t port);

// Sends what was written to the port's connections, and then their end. Returns how many connections there
// are.
int EndConnections(uint16_t port);

}  // namespace tessera::server
