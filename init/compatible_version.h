// The release whose behaviour is ours, as clients ask for it. [pure]
#pragma once

#include <string_view>

namespace init {

inline constexpr std::string_view compatible_version = "252.39-1~deb12u2";
inline constexpr std::string_view compatible_features =
    "+PAM +AUDIT +SELINUX +APPARMOR +IMA +SMACK +SECCOMP +GCRYPT -GNUTLS +OPENSSL +ACL +BLKID +CURL +ELFUTILS +FIDO2 "
    "+IDN2 -IDN +IPTC +KMOD +LIBCRYPTSETUP +LIBFDISK +PCRE2 -PWQUALITY +P11KIT +QRENCODE +TPM2 +BZIP2 +LZ4 +XZ +ZLIB "
    "+ZSTD -BPF_FRAMEWORK -XKBCOMMON +UTMP +SYSVINIT default-hierarchy=unified";

}  // namespace init
