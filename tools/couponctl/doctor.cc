#include "tools/couponctl/doctor.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <set>

#include "coupon/v1/status_service.grpc.pb.h"
#include "tools/couponctl/message_text.h"
#include "tools/couponctl/table.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

namespace {

using Json = nlohmann::ordered_json;

Patient Ask(Session& session, const std::string& name, const std::string& address) {
  Patient patient{.name = name, .address = address, .status = std::nullopt, .failure = ""};
  const auto stub = pb::StatusService::NewStub(session.Channel(address));
  try {
    patient.status =
        session.Call(*stub, &pb::StatusService::Stub::GetServiceStatus, pb::GetServiceStatusRequest())
            .status();
  } catch (const CallFailed& failure) {
    patient.failure = (failure.reason().empty() ? "no answer: " : "refuses: ") + failure.Summary();
  }
  return patient;
}

void Examine(const Patient& patient, Diagnosis* diagnosis) {
  const auto find = [&](const std::string& what) {
    diagnosis->findings.push_back(patient.name + ": " + what);
  };
  if (!patient.status) return find(patient.failure);
  if (patient.status->service() != patient.name) find("at its address answers " + patient.status->service());
  for (const pb::ServiceComponent& component : patient.status->components()) {
    if (!component.healthy()) find(component.name() + ": " + component.detail());
  }
  if (!patient.status->serving()) find("does not serve");
  if (!patient.status->store().reachable()) find("Redis does not answer it");
  if (patient.status->store().durability() == "memory") {
    diagnosis->notes.push_back(patient.name + ": what it acknowledges survives nothing (durability memory)");
  }
}

// One finding where the services that answered differ in what must be one.
template <class Read>
void MustAgree(const std::string& what, const Read& read, Diagnosis* diagnosis) {
  std::set<std::string> values;
  std::string each;
  for (const Patient& patient : diagnosis->patients) {
    if (!patient.status) continue;
    values.insert(read(*patient.status));
    each += fmt::format("{}{} {}", each.empty() ? "" : ", ", patient.name, read(*patient.status));
  }
  if (values.size() > 1) diagnosis->findings.push_back(what + " differ: " + each);
}

std::string StoreText(const pb::StoreStatus& store) {
  return fmt::format("{}, {} partitions, {}", store.namespace_(), store.partitions(), store.topology());
}

Json JsonOf(const Diagnosis& diagnosis) {
  Json services = Json::array();
  for (const Patient& patient : diagnosis.patients) {
    Json service = {{"name", patient.name}, {"address", patient.address}};
    if (patient.status) {
      service["status"] = Json::parse(ToJson(*patient.status));
    } else {
      service["failure"] = patient.failure;
    }
    services.push_back(std::move(service));
  }
  return {{"services", services}, {"findings", diagnosis.findings}, {"notes", diagnosis.notes}};
}

std::string TableOf(const Diagnosis& diagnosis) {
  Table table({"SERVICE", "ADDRESS", "SERVES", "VERSION", "REDIS", "DURABILITY", "STORE", "SINCE"});
  for (const Patient& patient : diagnosis.patients) {
    if (!patient.status) {
      table.Add({patient.name, patient.address, "?", "", "", "", "", ""});
      continue;
    }
    const pb::ServiceStatus& status = *patient.status;
    table.Add({patient.name, patient.address, status.serving() ? "yes" : "no", status.version(),
               status.store().redis_version(), status.store().durability(), StoreText(status.store()),
               google::protobuf::util::TimeUtil::ToString(status.start_time())});
  }
  std::string text = table.Text();
  for (const std::string& finding : diagnosis.findings) text += "WRONG  " + finding + "\n";
  for (const std::string& note : diagnosis.notes) text += "note   " + note + "\n";
  return text;
}

}  // namespace

Diagnosis Diagnose(Session& session) {
  Diagnosis diagnosis;
  diagnosis.patients = {Ask(session, "issuer", session.settings.issuer),
                        Ask(session, "redeemer", session.settings.redeemer),
                        Ask(session, "analytics", session.settings.analytics)};
  for (const Patient& patient : diagnosis.patients) Examine(patient, &diagnosis);
  MustAgree("versions", [](const pb::ServiceStatus& status) { return status.version(); }, &diagnosis);
  MustAgree("stores", [](const pb::ServiceStatus& status) { return StoreText(status.store()); }, &diagnosis);
  MustAgree(
      "durabilities", [](const pb::ServiceStatus& status) { return status.store().durability(); },
      &diagnosis);
  return diagnosis;
}

std::string TextOf(const Diagnosis& diagnosis, Format format) {
  switch (format) {
    case Format::kTable:
      return TableOf(diagnosis);
    case Format::kJson:
      return JsonOf(diagnosis).dump(2) + "\n";
    case Format::kYaml:
      return ToYaml(JsonOf(diagnosis));
  }
  return "";
}

}  // namespace tessera::couponctl
