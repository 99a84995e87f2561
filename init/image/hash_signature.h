// Signatures of root hashes, checked against certificates that the administrator trusts. [os: files, dlopen]
#pragma once

#include <span>
#include <string>

namespace init {

/// Whether `signature` (PKCS#7, DER, detached) is one of `text` by a certificate that stands in a file *.crt (PEM) of these folders. Of
/// files of the same name that in the first folder counts; an empty one takes those in the others away. False where libcrypto is missing.
[[nodiscard]] bool is_signed_by_trusted(const std::string& text, const std::string& signature, std::span<const std::string> folders);

}  // namespace init
