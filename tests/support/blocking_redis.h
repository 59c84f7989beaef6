// BlockingRedis talks to a Redis the simplest way, for what tests set up and assert. It waits for each
// answer.
//
// One thread at a time. A lost connection is made anew by the next command.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct redisContext;
struct redisReply;

namespace tessera::testing {

class BlockingRedis {
 public:
  // "unix:/path" or "host:port"; user and password may be empty.
  explicit BlockingRedis(std::string address, std::string user = "", std::string password = "");
  ~BlockingRedis();
  BlockingRedis(const BlockingRedis&) = delete;
  BlockingRedis& operator=(const BlockingRedis&) = delete;

  // The answer as text: an integer in decimal, an error as it is ("ERR ..."), a nil as "(nil)", the elements
  // of an array (nested ones flat) each on a line. Throws when there is no connection.
  std::string Command(const std::vector<std::string>& argv);

  // The elements of an array, nested ones flat; any other answer is one element.
  std::vector<std::string> List(const std::vector<std::string>& argv);

  // One field of INFO, such as Info("used_cpu_user"); "" when there is none.
  std::string Info(const std::string& field);

  // Whether a PING is answered with PONG now; never throws.
  bool Ping();

 private:
  void Connect();

  const std::string address_;
  const std::string user_;
  const std::string password_;
  redisContext* context_ = nullptr;
};

}  // namespace tessera::testing
