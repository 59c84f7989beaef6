#include "tests/support/blocking_redis.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace tessera::testing {
namespace {

constexpr timeval kTimeout{10, 0};

// A Sentinel closes all clients' connections when it changes a server's role.
bool ClosedByServer(int fd) {
  char byte = 0;
  const ssize_t size = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

void Flatten(const redisReply& reply, std::vector<std::string>* out) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      out->push_back(std::to_string(reply.integer));
      return;
    case REDIS_REPLY_NIL:
      out->push_back("(nil)");
      return;
    case REDIS_REPLY_ARRAY:
      for (size_t i = 0; i < reply.elements; ++i) Flatten(*reply.element[i], out);
      return;
    default:
      out->emplace_back(reply.str, reply.len);
      return;
  }
}

}  // namespace

BlockingRedis::BlockingRedis(std::string address, std::string user, std::string password)
    : address_(std::move(address)), user_(std::move(user)), password_(std::move(password)) {
  // hiredis writes to a socket whose server was killed; that is an error to be told, not the end of the test.
  signal(SIGPIPE, SIG_IGN);
}

BlockingRedis::~BlockingRedis() {
  if (context_ != nullptr) redisFree(context_);
}

void BlockingRedis::Connect() {
  if (context_ != nullptr && context_->err == 0 && !ClosedByServer(context_->fd)) return;
  if (context_ != nullptr) redisFree(context_);
  if (address_.starts_with("unix:")) {
    context_ = redisConnectUnixWithTimeout(address_.substr(5).c_str(), kTimeout);
  } else {
    const size_t colon = address_.rfind(':');
    context_ = redisConnectWithTimeout(address_.substr(0, colon).c_str(),
                                       std::stoi(address_.substr(colon + 1)), kTimeout);
  }
  if (context_ == nullptr || context_->err != 0) {
    throw std::runtime_error(address_ + ": " + (context_ == nullptr ? "no memory" : context_->errstr));
  }
  redisSetTimeout(context_, kTimeout);
  if (password_.empty()) return;
  std::vector<std::string> auth = {"AUTH"};
  if (!user_.empty()) auth.push_back(user_);
  auth.push_back(password_);
  const std::string answer = Command(auth);
  if (answer != "OK") throw std::runtime_error(address_ + ": " + answer);
}

std::vector<std::string> BlockingRedis::List(const std::vector<std::string>& argv) {
  Connect();
  std::vector<const char*> arguments;
  std::vector<size_t> sizes;
  for (const std::string& argument : argv) {
    arguments.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  auto* reply = static_cast<redisReply*>(
      redisCommandArgv(context_, static_cast<int>(argv.size()), arguments.data(), sizes.data()));
  if (reply == nullptr) throw std::runtime_error(address_ + ": " + context_->errstr);
  std::vector<std::string> elements;
  Flatten(*reply, &elements);
  freeReplyObject(reply);
  return elements;
}

std::string BlockingRedis::Command(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& element : List(argv)) text.append(text.empty() ? "" : "\n").append(element);
  return text;
}

std::string BlockingRedis::Info(const std::string& field) {
  const std::string info = "\r\n" + Command({"INFO", "everything"});
  const size_t begin = info.find("\r\n" + field + ":");
  if (begin == std::string::npos) return "";
  const size_t value = begin + field.size() + 3;
  return info.substr(value, info.find("\r\n", value) - value);
}

bool BlockingRedis::Ping() {
  try {
    return Command({"PING"}) == "PONG";
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace tessera::testing
