#pragma once

#include <optional>

#include "api/coupon_ref.h"
#include "api/operation_maker.h"
#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/operation.pb.h"
#include "crypto/user_keys.h"
#include "storage/operation.h"

namespace tessera::api {

// A changing call that somebody asks about.
struct OperationKey {
  core::RequestId request_id;
  storage::Method method = storage::Method::kCreateCampaign;
  Subject subject;
  // The code that names the subject, which is still to be read.
  std::optional<TypedCode> code;
};

// What turns the subjects' names into what the store knows. It refers to objects that must outlive it.
struct SubjectReader {
  const crypto::UserKeyMaker& users;
  const core::Shape& shape;
};

// INVALID_FIELD names the field, as when the subject is not of the kind that the method has. A CreateCampaign
// without a subject has a CampaignSubject without an id: it is to be derived. Pure, any thread.
core::Result<OperationKey> Parse(const coupon::v1::OperationKey& key, const SubjectReader& reader);

coupon::v1::Method ToProto(storage::Method method);

}  // namespace tessera::api
