#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coupon/v1/status_service.pb.h"
#include "tools/couponctl/session.h"

namespace tessera::couponctl {

// A service that was asked how it is.
struct Patient {
  std::string name;
  std::string address;
  std::optional<coupon::v1::ServiceStatus> status;  // what it answered
  std::string failure;                              // why it did not
};

struct Diagnosis {
  std::vector<Patient> patients;
  // What is wrong, a sentence each.
  std::vector<std::string> findings;
  // What is worth knowing, and not wrong.
  std::vector<std::string> notes;
};

// Asks the issuer, the redeemer and analytics, and compares what they say.
Diagnosis Diagnose(Session& session);

std::string TextOf(const Diagnosis& diagnosis, Format format);

}  // namespace tessera::couponctl
