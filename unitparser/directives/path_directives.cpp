// Rows of the file system that processes see, of managed directories and credentials (systemd.exec(5)). [pure]
#include "unitparser/directives/codec_paths.h"
#include "unitparser/base/encoding.h"
#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {

template <>
inline constexpr std::string_view enum_noun<PreserveMode> = "runtime directory preserve mode";

namespace {

constexpr Sections exec = exec_sections;
using Paths = ExecPaths;
using Provided = ExecProvided;

// --- Binds and images ---------------------------------------------------------------------------------------------
template <bool ReadOnly>
bool apply_binds(ParseContext& context, UnitConfig& config, std::string_view text) {
  return extend_list<&Paths::bind_mounts>(config, text, [&](std::vector<BindMount>& list) {
    if (!text.empty()) return parse_bind_mounts(context, text, ReadOnly, list);
    list.clear();
    return true;
  });
}
template <bool ReadOnly>
Value get_binds(const Subject<UnitConfig>& subject) {
  return encode_bind_mounts(subject.config.common->exec_paths->bind_mounts, ReadOnly);
}
bool apply_root_hash(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::string hash = config.common->exec_paths->root_hash;
  std::string path = config.common->exec_paths->root_hash_path;
  if (!parse_root_hash(context, text, hash, path)) return false;
  set_field<&Paths::root_hash>(config, std::move(hash));
  set_field<&Paths::root_hash_path>(config, std::move(path));
  return true;
}
bool apply_root_hash_signature(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::string signature = config.common->exec_paths->root_hash_signature;
  std::string path = config.common->exec_paths->root_hash_signature_path;
  if (!parse_root_hash_signature(context, text, signature, path)) return false;
  set_field<&Paths::root_hash_signature>(config, std::move(signature));
  set_field<&Paths::root_hash_signature_path>(config, std::move(path));
  return true;
}
template <auto Field>
Value get_bytes(const Subject<UnitConfig>& subject) {
  return bytes_value(read_field<Field>(subject.config));
}
template <auto Field>
Value get_text(const Subject<UnitConfig>& subject) {
  return read_field<Field>(subject.config);
}
template <Literal Key>
Result<Texts> hash_path_lines(const Given& given) {
  const std::string& path = text_of(given.value);
  if (!path.empty() && !is_absolute_path(path)) return refused_setting(fmt::format("Invalid {} setting: {}", Key.text, path));
  return Texts{fmt::format("{}={}", Key.text, escape_specifiers(path))};
}
Result<Texts> hash_texts(const Given& given) { return Texts{encode_hex(std::get<Bytes>(given.value.storage).data)}; }
Result<Texts> signature_texts(const Given& given) {
  const std::string& data = std::get<Bytes>(given.value.storage).data;
  return Texts{data.empty() ? std::string() : "base64:" + encode_base64(data)};
}
template <auto Field>
consteval UnitRow path_list(std::string_view key, std::string_view description) {
  return row<Field, MountablePathsCodec>(exec, key, constant(key), description);
}

// --- Directories --------------------------------------------------------------------------------------------------
template <DirectoryKind Kind>
DirectorySet& directory_set(UnitConfig& config) {
  return config.common.write().exec_provided.write().directories[static_cast<std::size_t>(Kind)];
}
template <DirectoryKind Kind>
const DirectorySet& directory_set(const UnitConfig& config) {
  return config.common->exec_provided->directories[static_cast<std::size_t>(Kind)];
}
template <DirectoryKind Kind>
bool apply_directories(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::vector<ManagedDirectory> list = directory_set<Kind>(std::as_const(config)).directories;
  const DirectoryLinks links = Kind == DirectoryKind::configuration ? DirectoryLinks::refused : DirectoryLinks::allowed;
  const bool complete = parse_directories(context, text, links, list);  // what stood in front of a bad word counts
  if (text.empty()) directory_set<Kind>(config) = {};  // COMPAT: the mode is reset with the folders
  else if (list != directory_set<Kind>(std::as_const(config)).directories) directory_set<Kind>(config).directories = std::move(list);
  return complete;
}
template <DirectoryKind Kind>
bool apply_directory_mode(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::uint32_t mode = 0;
  if (!ModeCodec::parse(context, text, mode)) return false;
  if (mode != directory_set<Kind>(std::as_const(config)).mode) directory_set<Kind>(config).mode = mode;
  return true;
}
template <DirectoryKind Kind>
Value get_directories(const Subject<UnitConfig>& subject) {
  return encode_directories(directory_set<Kind>(subject.config).directories);
}
template <DirectoryKind Kind>
Value get_directory_links(const Subject<UnitConfig>& subject) {
  return encode_directory_links(directory_set<Kind>(subject.config).directories);
}
template <DirectoryKind Kind>
Value get_directory_mode(const Subject<UnitConfig>& subject) {
  return directory_set<Kind>(subject.config).mode;
}
template <DirectoryKind Kind>
consteval UnitRow directories(std::string_view description) {
  constexpr std::string_view key = to_name(Kind);
  return as_list(custom<&Provided::directories>(exec, key, constant(key), "as", "names of folders", {&apply_directories<Kind>, &get_directories<Kind>, &directory_texts}, description));
}
template <DirectoryKind Kind>
consteval UnitRow directory_mode(std::string_view key, std::string_view description) {
  return custom<&Provided::directories>(exec, key, constant(key), "u", "mode", {&apply_directory_mode<Kind>, &get_directory_mode<Kind>, &ModeCodec::texts}, description);
}
template <DirectoryKind Kind>
consteval UnitRow links_of(UnitRow r) {
  r.target = to_name(Kind);
  r.texts = &directory_link_texts;
  return r;
}
template <DirectoryKind Kind>
consteval UnitRow directory_links(std::string_view property) {
  return links_of<Kind>(shown(exec, constant(property), "a(sst)", &get_directory_links<Kind>, "Links to the folders."));
}

// --- Credentials --------------------------------------------------------------------------------------------------
template <Encryption E>
bool apply_set_credential(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::vector<CredentialData> list = config.common->exec_provided->set_credentials;
  if (text.empty())
    list.clear();
  else if (!parse_set_credential(context, text, E, list))
    return false;
  set_field<&Provided::set_credentials>(config, std::move(list));
  return true;
}
template <Encryption E>
bool apply_load_credential(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::vector<CredentialSource> list = config.common->exec_provided->load_credentials;
  if (text.empty())
    list.clear();
  else if (!parse_load_credential(context, text, E, list))
    return false;
  set_field<&Provided::load_credentials>(config, std::move(list));
  return true;
}
template <Encryption E>
Value get_set_credentials(const Subject<UnitConfig>& subject) {
  return encode_set_credentials(subject.config.common->exec_provided->set_credentials, E);
}
template <Encryption E>
Value get_load_credentials(const Subject<UnitConfig>& subject) {
  return encode_load_credentials(subject.config.common->exec_provided->load_credentials, E);
}

constexpr std::array rows{
    path_list<&Paths::read_write_paths>("ReadWritePaths", "Paths that stay writable below read-only ones."),
    path_list<&Paths::read_only_paths>("ReadOnlyPaths", "Paths that processes cannot write to."),
    path_list<&Paths::inaccessible_paths>("InaccessiblePaths", "Paths that processes cannot reach at all."),
    path_list<&Paths::exec_paths>("ExecPaths", "Paths from which programs may be executed below forbidden ones."),
    path_list<&Paths::no_exec_paths>("NoExecPaths", "Paths from which no program may be executed."),
    alias(exec, "ReadWriteDirectories", "ReadWritePaths"),
    alias(exec, "ReadOnlyDirectories", "ReadOnlyPaths"),
    alias(exec, "InaccessibleDirectories", "InaccessiblePaths"),
    as_list(custom<&Paths::bind_mounts>(exec, "BindPaths", constant("BindPaths"), "a(ssbt)", "source:destination:options", {&apply_binds<false>, &get_binds<false>, &bind_mount_texts}, "Files and folders that appear at another place too.")),
    as_list(custom<&Paths::bind_mounts>(exec, "BindReadOnlyPaths", constant("BindReadOnlyPaths"), "a(ssbt)", "source:destination:options", {&apply_binds<true>, &get_binds<true>, &bind_mount_texts}, "The same, but read-only.")),
    row<&Paths::temporary_file_systems, TemporaryFileSystemCodec>(exec, "TemporaryFileSystem", constant("TemporaryFileSystem"), "Folders that are covered by an empty file system in memory."),
    row<&Paths::root_image, FatalPathCodec>(exec, "RootImage", constant("RootImage"), "Disk image whose file systems processes see as the root."),
    row<&Paths::root_image_options, ImageOptionsCodec>(exec, "RootImageOptions", constant("RootImageOptions"), "Mount options of the image's partitions."),
    custom<&Paths::root_hash, &Paths::root_hash_path>(exec, "RootHash", constant("RootHash"), "ay", "hash or path", {&apply_root_hash, &get_bytes<&Paths::root_hash>, &hash_texts}, "Root hash that the image's blocks are checked against (dm-verity)."),
    settable(shown(exec, constant("RootHashPath"), "s", &get_text<&Paths::root_hash_path>, "File with the root hash."), &hash_path_lines<"RootHash">),
    custom<&Paths::root_hash_signature, &Paths::root_hash_signature_path>(exec, "RootHashSignature", constant("RootHashSignature"), "ay", "base64 data or path", {&apply_root_hash_signature, &get_bytes<&Paths::root_hash_signature>, &signature_texts}, "Signature of the root hash; the kernel's keys decide."),
    settable(shown(exec, constant("RootHashSignaturePath"), "s", &get_text<&Paths::root_hash_signature_path>, "File with the signature of the root hash."), &hash_path_lines<"RootHashSignature">),
    row<&Paths::root_verity, FatalPathCodec>(exec, "RootVerity", constant("RootVerity"), "File with the tree of hashes that belongs to the root hash."),
    path_list<&Paths::extension_directories>("ExtensionDirectories", "Folders whose /usr and /opt are laid over the root's, as system extensions."),
    row<&Paths::extension_images, ExtensionImagesCodec>(exec, "ExtensionImages", constant("ExtensionImages"), "Images whose /usr and /opt are laid over the root's, as system extensions."),
    row<&Paths::mount_images, MountImagesCodec>(exec, "MountImages", constant("MountImages"), "Images that are mounted for the unit."),

    directories<DirectoryKind::runtime>("Folders below /run that exist while the unit runs."),
    directories<DirectoryKind::state>("Folders below /var/lib for what must last."),
    directories<DirectoryKind::cache>("Folders below /var/cache for what can be made again."),
    directories<DirectoryKind::logs>("Folders below /var/log for logs."),
    directories<DirectoryKind::configuration>("Folders below /etc for settings."),
    directory_mode<DirectoryKind::runtime>("RuntimeDirectoryMode", "Access mode of the runtime folders."),
    directory_mode<DirectoryKind::state>("StateDirectoryMode", "Access mode of the state folders."),
    directory_mode<DirectoryKind::cache>("CacheDirectoryMode", "Access mode of the cache folders."),
    directory_mode<DirectoryKind::logs>("LogsDirectoryMode", "Access mode of the log folders."),
    directory_mode<DirectoryKind::configuration>("ConfigurationDirectoryMode", "Access mode of the configuration folders."),
    directory_links<DirectoryKind::runtime>("RuntimeDirectorySymlink"), directory_links<DirectoryKind::state>("StateDirectorySymlink"),
    directory_links<DirectoryKind::cache>("CacheDirectorySymlink"), directory_links<DirectoryKind::logs>("LogsDirectorySymlink"),
    row<&Provided::runtime_directory_preserve, BooleanOrEnumCodec<PreserveMode>>(exec, "RuntimeDirectoryPreserve", constant("RuntimeDirectoryPreserve"), "Whether the runtime folders stay when the unit stops."),
    not_settable(row<&Provided::timeout_clean, Span>(exec, "TimeoutCleanSec", constant("TimeoutCleanUSec"), "How long cleaning the unit's folders may take.")),
    as_list(custom<&Provided::set_credentials>(exec, "SetCredential", constant("SetCredential"), "a(say)", "name:data", {&apply_set_credential<Encryption::none>, &get_set_credentials<Encryption::none>, &set_credential_texts}, "Credential that is given to the unit as it stands.")),
    as_list(custom<&Provided::set_credentials>(exec, "SetCredentialEncrypted", constant("SetCredentialEncrypted"), "a(say)", "name:base64 data", {&apply_set_credential<Encryption::encrypted>, &get_set_credentials<Encryption::encrypted>, &set_encrypted_credential_texts}, "Encrypted credential that is given to the unit (see systemd-creds(1)).")),
    as_list(custom<&Provided::load_credentials>(exec, "LoadCredential", constant("LoadCredential"), "a(ss)", "name:path", {&apply_load_credential<Encryption::none>, &get_load_credentials<Encryption::none>, &load_credential_texts}, "Credential that is read from a file, a socket or the manager's own.")),
    as_list(custom<&Provided::load_credentials>(exec, "LoadCredentialEncrypted", constant("LoadCredentialEncrypted"), "a(ss)", "name:path", {&apply_load_credential<Encryption::encrypted>, &get_load_credentials<Encryption::encrypted>, &load_credential_texts}, "Encrypted credential that is read from a file (see systemd-creds(1)).")),
};
static_assert(unique_keys(rows) && documented(rows));
static_assert(covers_every_field<ExecPaths>(rows) && covers_every_field<ExecProvided>(rows));

}  // namespace

std::span<const UnitRow> path_rows() { return rows; }

}  // namespace unitparser
