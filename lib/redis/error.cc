#include "redis/error.h"

#include <array>
#include <utility>

namespace tessera::redis {
namespace {

constexpr std::array kWords = {
    std::pair<std::string_view, ErrorKind>{"OOM", ErrorKind::kOom},
    std::pair<std::string_view, ErrorKind>{"MISCONF", ErrorKind::kMisconf},
    std::pair<std::string_view, ErrorKind>{"READONLY", ErrorKind::kReadOnly},
    std::pair<std::string_view, ErrorKind>{"LOADING", ErrorKind::kLoading},
    std::pair<std::string_view, ErrorKind>{"BUSY", ErrorKind::kBusy},
    std::pair<std::string_view, ErrorKind>{"NOREPLICAS", ErrorKind::kNoReplicas},
    std::pair<std::string_view, ErrorKind>{"NOSCRIPT", ErrorKind::kNoScript},
    std::pair<std::string_view, ErrorKind>{"MOVED", ErrorKind::kMoved},
    std::pair<std::string_view, ErrorKind>{"ASK", ErrorKind::kAsk},
    std::pair<std::string_view, ErrorKind>{"TRYAGAIN", ErrorKind::kTryAgain},
    std::pair<std::string_view, ErrorKind>{"CLUSTERDOWN", ErrorKind::kClusterDown},
    std::pair<std::string_view, ErrorKind>{"CROSSSLOT", ErrorKind::kCrossSlot},
    std::pair<std::string_view, ErrorKind>{"MASTERDOWN", ErrorKind::kMasterDown},
    std::pair<std::string_view, ErrorKind>{"NOAUTH", ErrorKind::kNoAuth},
    std::pair<std::string_view, ErrorKind>{"WRONGPASS", ErrorKind::kWrongPass},
    std::pair<std::string_view, ErrorKind>{"NOPERM", ErrorKind::kNoPerm},
    std::pair<std::string_view, ErrorKind>{"WRONGTYPE", ErrorKind::kWrongType},
};

}  // namespace

std::string_view Name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kDisconnected:
      return "disconnected";
    case ErrorKind::kOverloaded:
      return "overloaded";
    case ErrorKind::kProtocol:
      return "protocol";
    case ErrorKind::kOom:
      return "oom";
    case ErrorKind::kMisconf:
      return "misconf";
    case ErrorKind::kReadOnly:
      return "read_only";
    case ErrorKind::kLoading:
      return "loading";
    case ErrorKind::kBusy:
      return "busy";
    case ErrorKind::kNoReplicas:
      return "no_replicas";
    case ErrorKind::kNoScript:
      return "no_script";
    case ErrorKind::kMoved:
      return "moved";
    case ErrorKind::kAsk:
      return "ask";
    case ErrorKind::kTryAgain:
      return "try_again";
    case ErrorKind::kClusterDown:
      return "cluster_down";
    case ErrorKind::kCrossSlot:
      return "cross_slot";
    case ErrorKind::kMasterDown:
      return "master_down";
    case ErrorKind::kNoAuth:
      return "no_auth";
    case ErrorKind::kWrongPass:
      return "wrong_pass";
    case ErrorKind::kNoPerm:
      return "no_perm";
    case ErrorKind::kWrongType:
      return "wrong_type";
    case ErrorKind::kOther:
      return "other";
  }
  return "other";
}

Error Error::FromReply(std::string_view reply_text) {
  const std::string_view word = reply_text.substr(0, reply_text.find(' '));
  for (const auto& [name, kind] : kWords) {
    if (word == name) return Error(kind, true, std::string(reply_text));
  }
  return Error(ErrorKind::kOther, true, std::string(reply_text));
}

bool Error::OutcomeUnknown() const {
  if (lost_before) return true;
  if (!sent) return false;
  switch (kind) {
    case ErrorKind::kTimeout:
    case ErrorKind::kDisconnected:
    case ErrorKind::kProtocol:
      return true;
    case ErrorKind::kNoReplicas:
      // Redis refuses a write with NOREPLICAS before it starts; our own words mean that WAIT came back short.
      return !text.starts_with("NOREPLICAS");
    case ErrorKind::kOverloaded:
    case ErrorKind::kOom:
    case ErrorKind::kMisconf:
    case ErrorKind::kReadOnly:
    case ErrorKind::kLoading:
    case ErrorKind::kBusy:
    case ErrorKind::kNoScript:
    case ErrorKind::kMoved:
    case ErrorKind::kAsk:
    case ErrorKind::kTryAgain:
    case ErrorKind::kClusterDown:
    case ErrorKind::kCrossSlot:
    case ErrorKind::kMasterDown:
    case ErrorKind::kNoAuth:
    case ErrorKind::kWrongPass:
    case ErrorKind::kNoPerm:
    case ErrorKind::kWrongType:
    case ErrorKind::kOther:
      return false;
  }
  return false;
}

}  // namespace tessera::redis
