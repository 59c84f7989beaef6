#pragma once

#include <cstddef>
#include <cstdint>

// Every bound on what a caller may send, by name. api checks them; the protos' comments state them.
namespace tessera::core::limits {

inline constexpr size_t kCampaignIdLengthMax = 63;
inline constexpr size_t kDisplayNameLengthMax = 200;
inline constexpr size_t kUserIdLengthMax = 128;
inline constexpr size_t kOrderIdLengthMax = 64;
inline constexpr size_t kLineIdLengthMax = 64;
inline constexpr size_t kSkuLengthMax = 64;
inline constexpr size_t kOrderLinesMax = 500;
inline constexpr int64_t kQuantityMax = 1'000'000;
inline constexpr size_t kReturnsMax = 100;  // parts of one redemption that are taken back
inline constexpr size_t kBatchItemsMax = 1'000;
inline constexpr int32_t kCodesPerCallMax = 10'000;
inline constexpr int64_t kCodesPerJobMax = 100'000'000;
inline constexpr int32_t kCodesPerImportMax = 100'000;
inline constexpr int32_t kCodesPerPartMax = 1'000;  // of an import
inline constexpr int32_t kUsesMax = 1'000'000;
inline constexpr int32_t kPageSizeMax = 1'000;
inline constexpr int32_t kPageSizeDefault = 100;
inline constexpr size_t kReasonTextLengthMax = 200;
inline constexpr size_t kCodeTextLengthMax = 64;
inline constexpr int64_t kReservationTtlMsMin = 1'000;
inline constexpr int64_t kReservationTtlMsMax = int64_t{7} * 24 * 3600 * 1000;
inline constexpr int64_t kValidityMsMax =
    int64_t{3'660} * 24 * 3600 * 1000;  // a coupon's wait, and its duration
inline constexpr size_t kMessageBytesMax = 4 * 1024 * 1024;

}  // namespace tessera::core::limits
