#pragma once

namespace tessera::couponctl {

// How couponctl ends. Documented in its --help and in README.md; scripts rely on it.
enum ExitCode {
  kDone = 0,
  kRefused = 1,     // the services judged, and said no
  kMistaken = 2,    // the command line, a file or a field of the request is wrong
  kTryAgain = 3,    // nobody answered, or not now; a change may have taken effect, so keep its request id
  kNotAllowed = 4,  // the token is unknown, or its roles don't allow it
  kFault = 5,       // a fault of the services or of couponctl
};

}  // namespace tessera::couponctl
