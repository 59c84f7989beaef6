#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "storage/receipt.h"

// The stored form of a receipt: the bytes of a coupon.v1.Receipt, which evolves by the rules by which public
// messages do. Pure, any thread.
namespace tessera::api {

// The same receipt gives the same bytes. What the store's own records say is not in them: which
// coupons are applied, by whom and when something was returned, and which coupons that set free.
std::string EncodeReceipt(const storage::Receipt& receipt);
// The receipt as it was stored, also when today's rules for input would refuse its order; what is not in the
// bytes is left empty. STORE_NONSENSE unless the bytes are a receipt.
core::Result<storage::Receipt> DecodeReceipt(std::string_view bytes);

inline storage::ReceiptCodec MakeReceiptCodec() { return {EncodeReceipt, DecodeReceipt}; }

}  // namespace tessera::api
