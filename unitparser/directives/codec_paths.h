// Codecs of a process' file system: paths, binds, images, directories, credentials (systemd.exec(5)). [pure]
#pragma once

#include "unitparser/config/exec_config.h"
#include "unitparser/directives/codec_basic.h"

namespace unitparser {

/// Paths with '-' and '+' in front.
struct MountablePathsCodec {
  static constexpr std::string_view signature = "as", word = "paths";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<MountablePath>& value);
  static Value encode(const std::vector<MountablePath>& value);
  static Result<Texts> texts(const Given& given);
};
bool parse_bind_mounts(ParseContext& context, std::string_view text, bool read_only, std::vector<BindMount>& value);
/// a(ssbt) of the read-only or the writable ones.
[[nodiscard]] Value encode_bind_mounts(const std::vector<BindMount>& value, bool read_only);
[[nodiscard]] Result<Texts> bind_mount_texts(const Given& given);
struct TemporaryFileSystemCodec {
  static constexpr std::string_view signature = "a(ss)", word = "paths";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<TemporaryFileSystemEntry>& value);
  static Value encode(const std::vector<TemporaryFileSystemEntry>& value);
  static Result<Texts> texts(const Given& given);
};
/// Whether images have partitions that are called so: "root", "usr", …
[[nodiscard]] bool is_image_partition(std::string_view name);
struct ImageOptionsCodec {
  static constexpr std::string_view signature = "a(ss)", word = "partition:options";
  static bool parse(ParseContext& context, std::string_view text, std::vector<ImageOption>& value);
  static Value encode(const std::vector<ImageOption>& value);
  static Result<Texts> texts(const Given& given);
};
/// "source:destination[:partition:options…]".
struct MountImagesCodec {
  static constexpr std::string_view signature = "a(ssba(ss))", word = "images";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<ImageMount>& value);
  static Value encode(const std::vector<ImageMount>& value);
  static Result<Texts> texts(const Given& given);
};
/// "source[:partition:options…]".
struct ExtensionImagesCodec {
  static constexpr std::string_view signature = "a(sba(ss))", word = "images";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<ImageMount>& value);
  static Value encode(const std::vector<ImageMount>& value);
  static Result<Texts> texts(const Given& given);
};
/// Hash or path of one; signature or path of one.
bool parse_root_hash(ParseContext& context, std::string_view text, std::string& hash, std::string& path);
bool parse_root_hash_signature(ParseContext& context, std::string_view text, std::string& signature, std::string& path);

/// RuntimeDirectory= and sisters; `symlinks`: "name:link" is allowed.
enum class DirectoryLinks : std::uint8_t { allowed, refused };
bool parse_directories(ParseContext& context, std::string_view text, DirectoryLinks links, std::vector<ManagedDirectory>& value);
[[nodiscard]] Value encode_directories(const std::vector<ManagedDirectory>& value);
[[nodiscard]] Value encode_directory_links(const std::vector<ManagedDirectory>& value);
[[nodiscard]] Result<Texts> directory_link_texts(const Given& given);
[[nodiscard]] Result<Texts> directory_texts(const Given& given);

enum class Encryption : std::uint8_t { none, encrypted };
bool parse_set_credential(ParseContext& context, std::string_view text, Encryption encryption, std::vector<CredentialData>& value);
bool parse_load_credential(ParseContext& context, std::string_view text, Encryption encryption, std::vector<CredentialSource>& value);
[[nodiscard]] Value encode_set_credentials(const std::vector<CredentialData>& value, Encryption encryption);
[[nodiscard]] Value encode_load_credentials(const std::vector<CredentialSource>& value, Encryption encryption);
[[nodiscard]] Result<Texts> set_credential_texts(const Given& given);
[[nodiscard]] Result<Texts> set_encrypted_credential_texts(const Given& given);
[[nodiscard]] Result<Texts> load_credential_texts(const Given& given);

}  // namespace unitparser
