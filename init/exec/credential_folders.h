// CredentialFolders: where credentials that units name without a path are found, see systemd.exec(5), LoadCredential=. [pure]
#pragma once

#include <string>
#include <vector>

namespace init {

/// Folders in the order in which they are searched.
struct CredentialFolders {
  std::vector<std::string> plain;
  std::vector<std::string> encrypted;  ///< searched before the plain ones by LoadCredentialEncrypted= alone
  bool operator==(const CredentialFolders&) const = default;
};

/// What is installed for every unit, below what the manager itself was given (no folder: "").
[[nodiscard]] inline CredentialFolders credential_folders(const std::string& given, const std::string& given_encrypted) {
  CredentialFolders folders;
  if (!given.empty()) folders.plain.push_back(given);
  if (!given_encrypted.empty()) folders.encrypted.push_back(given_encrypted);
  for (const std::string prefix : {"/etc", "/run", "/usr/local/lib", "/usr/lib"}) {
    folders.plain.push_back(prefix + "/credstore");
    folders.encrypted.push_back(prefix + "/credstore.encrypted");
  }
  return folders;
}

}  // namespace init
