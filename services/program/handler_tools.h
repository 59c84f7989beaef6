#pragma once

#include <string_view>

#include "api/operation_maker.h"
#include "core/code.h"
#include "core/ids.h"
#include "crypto/code_keys.h"
#include "crypto/digest.h"
#include "crypto/key_file.h"
#include "crypto/page_token.h"
#include "crypto/stored_codes.h"
#include "crypto/user_keys.h"
#include "server/call_context.h"

namespace tessera::program {

// What handlers turn the callers' words into the store's with: everything that is made with the deployment's
// keys. Immutable; any thread. It stays where it is made, because its parts refer to each other.
struct HandlerTools {
  HandlerTools(const crypto::KeyFile& keys, const core::Shape& the_shape,
               api::OperationMaker::CampaignHome home)
      : shape(the_shape),
        digests(keys),
        users(keys),
        codes(crypto::MakeCodeBook(keys)),
        stored_codes(keys),
        tokens(keys),
        operations(digests, the_shape, std::move(home)) {}
  HandlerTools(const HandlerTools&) = delete;
  HandlerTools& operator=(const HandlerTools&) = delete;

  const core::Shape shape;
  const crypto::RequestDigests digests;
  const crypto::UserKeyMaker users;
  const core::CodeBook codes;
  const crypto::StoredCodes stored_codes;
  const crypto::PageTokens tokens;
  const api::OperationMaker operations;
};

// Who asks, and until when, as operations know it.
inline api::Asker AskerOf(const server::CallContext& context) {
  api::Asker asker;
  asker.caller = context.caller.name;
  asker.deadline = context.deadline;
  return asker;
}

}  // namespace tessera::program
