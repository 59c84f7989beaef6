// Config says where Redis is and how long to be patient with it. A plain value, read once at start.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tessera::redis {

enum class TopologyKind {
  kSingle,    // one Redis at the first address
  kSentinel,  // the addresses are Sentinels, which know the primary of `sentinel_master`
  kCluster,   // the addresses are some nodes of a Redis Cluster
};

struct Config {
  // How the Redis nodes are arranged.
  TopologyKind topology = TopologyKind::kSingle;
  // "host:port", "[v6]:port" or "unix:/path/to.sock" (single only); several for Sentinel and Cluster.
  std::vector<std::string> addresses = {"127.0.0.1:6379"};
  // The name under which the Sentinels know the primary.
  std::string sentinel_master = "mymaster";

  // The ACL user; empty with a password means the default user.
  std::string user;
  // The password; empty means that no AUTH is sent.
  std::string password;
  // The user and password for the Sentinels themselves; empty means that no AUTH is sent to them.
  std::string sentinel_user;
  std::string sentinel_password;
  // The database number for SELECT; only 0 exists on a Cluster.
  int database = 0;

  // Connections to each node. One is best until a single connection's order or bandwidth is the limit.
  int connections_per_node = 1;
  // Milliseconds until an attempt to connect is given up.
  int connect_timeout_ms = 1000;
  // Milliseconds for AUTH, SELECT, PING and the on-connect hook together.
  int handshake_timeout_ms = 2000;
  // Milliseconds between attempts to connect: doubled from min to max after each failure, less up to a half
  // at random.
  int backoff_min_ms = 20;
  int backoff_max_ms = 500;
  // Milliseconds without any answer, while some are owed, after which a connection is dropped as dead. It is
  // far above any deadline of a call, so that a Redis which stalls for seconds is found again on the same
  // connection.
  int stall_timeout_ms = 15'000;
  // Seconds of silence before TCP keepalive probes an idle connection.
  int tcp_keepalive_s = 15;
  // Milliseconds for which calls wait for a node that has just gone away or is loading, before they are
  // refused at once.
  int unavailable_grace_ms = 500;

  // Commands per connection that may wait for their answer; more are refused with kOverloaded.
  size_t commands_in_flight_max = 16'384;
  // Bytes of commands per connection that may wait for their answer; more are refused with kOverloaded.
  size_t bytes_in_flight_max = 64u << 20;
  // Bytes of one reply; a longer one is taken as nonsense and ends the connection.
  size_t reply_bytes_max = 256u << 20;

  // Replicas that must have a write before it is answered (one WAIT per batch); 0 means no WAIT.
  int wait_replicas = 0;
  // Milliseconds for which WAIT waits for them.
  int wait_timeout_ms = 1000;

  // Milliseconds between routine looks at the topology (Sentinel, Cluster); errors cause a look at once.
  int topology_refresh_ms = 2000;
  // Milliseconds between repetitions of a command that Redis certainly did not execute: doubled from min to
  // max.
  int retry_backoff_min_ms = 2;
  int retry_backoff_max_ms = 100;
};

}  // namespace tessera::redis
