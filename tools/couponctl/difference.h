#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace tessera::couponctl {

// A field in which two messages of one type differ.
struct Difference {
  std::string path;  // as a field mask spells it: "limits.stock_total"
  std::string from;  // in one line; empty where it is not set
  std::string to;
};

// Where `to` differs from `from`, in the order of the fields. It goes into messages that both have, but not
// into those of other packages, such as instants, nor into lists, which differ as a whole.
std::vector<Difference> Differences(const google::protobuf::Message& from,
                                    const google::protobuf::Message& to);

// "~ limits.stock_total: 100 -> 200", "+ ..." and "- ...", a line each.
std::string DifferencesText(const std::vector<Difference>& differences);

}  // namespace tessera::couponctl
