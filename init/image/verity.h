// Images whose blocks are checked against a hash: dm-verity, as RootHash= and RootVerity= of systemd.exec(5) ask for it.
// [os: device mapper]
#pragma once

#include <string>

#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"
#include "unitparser/config/values.h"

namespace init {

/// What an image is checked with.
struct Verity {
  std::string root_hash;   ///< bytes; empty: it is not checked
  std::string signature;   ///< of the hash, PKCS#7; empty: none is asked for
  std::string tree_path;   ///< file or device with the tree of hashes; empty: a partition of the image
};

/// What the unit says, and where it says nothing the files beside the image: IMAGE.roothash, IMAGE.roothash.p7s and IMAGE.verity (".raw"
/// is left off), or the extended attributes user.verity.roothash and user.verity.roothashsig. Errors: io; invalid for what is no hash.
[[nodiscard]] unitparser::Result<Verity> find_verity(const unitparser::VeritySettings& wanted, const std::string& image);

/// A device of the device mapper.
struct CheckedDevice {
  std::string name;
  std::string node;        ///< "/dev/dm-3"
  unitparser::UniqueFd opened;  ///< keeps it until it is mounted
};

/// The device that shows the blocks of `data` and refuses those that are not as the tree of hashes at `tree` says; one that there is
/// already for the same hash is taken. systemd-veritysetup(8) makes it. A signature that the kernel does not accept must be by one of
/// the certificates in /etc/verity.d, /run/verity.d, /usr/local/lib/verity.d, /usr/lib/verity.d. Errors: what it or the kernel says.
[[nodiscard]] unitparser::Result<CheckedDevice> open_checked(const Verity& verity, const std::string& data, const std::string& tree);

/// Has the kernel remove the device as soon as nobody uses it.
void release_checked(const CheckedDevice& device);

}  // namespace init
