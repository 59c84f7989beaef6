#pragma once

#include <optional>
#include <string>
#include <string_view>

// Base64 with the URL and file name safe alphabet, without padding (RFC 4648, section 5). Pure, any thread.
namespace tessera::crypto {

std::string EncodeBase64Url(std::string_view bytes);
// Nothing for any text that EncodeBase64Url does not give: each string of bytes has one spelling.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace tessera::crypto
