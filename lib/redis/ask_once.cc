#include "redis/ask_once.h"

#include <utility>

#include "async/timer.h"
#include "redis/session.h"

namespace tessera::redis {

async::Task<Result<void>> Authenticate(Session& session, std::string user, std::string password,
                                       async::Deadline deadline) {
  if (password.empty()) co_return Result<void>();
  Command auth("AUTH");
  auth.ReadOnly();
  if (!user.empty()) auth.Arg(user);
  auth.Arg(password);
  const Result<Reply> answer = co_await session.Call(std::move(auth), deadline);
  if (!answer.ok()) co_return answer.error();
  co_return Result<void>();
}

async::Task<Result<Reply>> AskOnce(std::shared_ptr<Surroundings> surroundings, Endpoint endpoint,
                                   std::string user, std::string password, Command question,
                                   async::Deadline deadline) {
  std::shared_ptr<const Config> config(surroundings, &surroundings->config);
  const auto session = std::make_shared<Session>(surroundings->loop, endpoint, std::move(config));
  async::SteadyTimer limit(surroundings->loop.executor(), deadline);
  limit.async_wait([session](const asio::error_code& stopped) {
    if (!stopped)
      session->Close(Error(ErrorKind::kTimeout, false, session->endpoint().ToString() + ": no answer"));
  });
  Result<void> ready = co_await session->Connect();
  if (ready.ok()) ready = co_await Authenticate(*session, std::move(user), std::move(password), deadline);
  if (!ready.ok()) {
    session->Close(ready.error());
    co_return ready.error();
  }
  Result<Reply> answer = co_await session->Call(std::move(question), deadline);
  session->Close(Error(ErrorKind::kDisconnected, false, "the question was answered"));
  co_return answer;
}

}  // namespace tessera::redis
