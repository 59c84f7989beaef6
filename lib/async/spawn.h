#pragma once

#include "async/task.h"

namespace tessera::async {

// Starts `task` on `executor`'s loop; nobody waits for it. Any thread. An exception that escapes it ends the
// process: nobody could handle it.
void Spawn(const Executor& executor, Task<void> task);

}  // namespace tessera::async
