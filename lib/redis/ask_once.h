// AskOnce puts one question to a server that is not a node of ours (a Sentinel, the seed of a cluster, a
// candidate for the primary) on a connection of its own. Loop thread only.
#pragma once

#include <memory>
#include <string>

#include "async/task.h"
#include "redis/command.h"
#include "redis/endpoint.h"
#include "redis/reply.h"
#include "redis/surroundings.h"

namespace tessera::redis {

// Connects, sends AUTH unless `password` is empty, asks, and disconnects: all until `deadline`.
async::Task<Result<Reply>> AskOnce(std::shared_ptr<Surroundings> surroundings, Endpoint endpoint,
                                   std::string user, std::string password, Command question,
                                   async::Deadline deadline);

// Sends AUTH unless `password` is empty.
async::Task<Result<void>> Authenticate(Session& session, std::string user, std::string password,
                                       async::Deadline deadline);

}  // namespace tessera::redis
