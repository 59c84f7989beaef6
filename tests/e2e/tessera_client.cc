#include "tests/e2e/tessera_client.h"

#include <stdexcept>

#include "tests/support/wait_until.h"
