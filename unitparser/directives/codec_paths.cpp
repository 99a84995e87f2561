// Reading of paths, images, directories and credentials. [pure]
#include "unitparser/directives/codec_paths.h"

#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "unitparser/base/encoding.h"
#include "unitparser/directives/codec_process.h"

namespace unitparser {
namespace {

/// Splits at colons that no backslash precedes, several counting as one, and resolves C escapes; fails when there is a bad one.
Result<std::vector<std::string>> colon_fields(std::string_view text) {
  return split_words(text, {.separators = ":", .unescape = true, .unescape_separators = true});
}
std::string colon_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}
/// The same, hexadecimal, with all that is not plain, and with specifiers kept.
std::string escaped_field(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c < ' ' || c == 127 || c == '"' || c == ':' || c == '\\')
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  return escape_specifiers(out);
}
/// A path that is given, as a field of a line; `which` of several it is: "Source".
Result<std::string> absolute_field(std::string_view which, const Value& path) {
  if (!is_absolute_path(text_of(path))) return refused_setting(fmt::format("{} path {} is not absolute.", which, text_of(path)));
  return colon_escaped(text_of(path));
}
std::optional<std::string> expanded_path(ParseContext& context, std::string_view text) {
  const std::optional<std::string> expanded = context.expand(text, unresolved::bare);
  return expanded ? checked_path(context, *expanded) : std::nullopt;
}

}  // namespace

bool MountablePathsCodec::parse(ParseContext& context, std::string_view text, std::vector<MountablePath>& value) {
  return for_each_word(context, text, plain_words, [&](const std::string& word) {
    const std::optional<std::string> expanded = context.expand(word, unresolved::plain);
    if (!expanded) return;
    MountablePath entry;
    std::string_view rest = *expanded;
    if (rest.starts_with('-')) entry.ignore_missing = true, rest.remove_prefix(1);
    if (rest.starts_with('+')) entry.below_root = true, rest.remove_prefix(1);
    std::optional<std::string> path = checked_path(context, rest);
    if (!path) return;
    entry.path = std::move(*path);
    value.push_back(std::move(entry));
  }, incomplete::of_paths);
}
Value MountablePathsCodec::encode(const std::vector<MountablePath>& value) {
  std::vector<std::string> paths;
  for (const MountablePath& entry : value)
    paths.push_back(fmt::format("{}{}{}", entry.ignore_missing ? "-" : "", entry.below_root ? "+" : "", entry.path));
  return string_array(paths);
}
Result<Texts> MountablePathsCodec::texts(const Given& given) {
  for (const Value& element : elements_of(given.value)) {
    std::string_view path = text_of(element);
    if (path.starts_with('-')) path.remove_prefix(1);
    if (path.starts_with('+')) path.remove_prefix(1);
    if (!is_absolute_path(path)) return refused_setting(fmt::format("Invalid {}", given.property));
  }
  return quoted_line_texts(given);
}

namespace {
/// The next word of `text` as fields between colons. Quotes cover blanks and colons, a backslash the next character.
/// Nothing at the end, and an error for an open quote.
Result<std::optional<std::vector<std::string>>> next_fields(std::string_view& text) {
  text = trim_left(text);
  if (text.empty()) return std::nullopt;
  std::vector<std::string> fields(1);
  char quote = 0;
  while (!text.empty() && (quote != 0 || !contains_character(whitespace, text[0]))) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == '\\') {
      if (text.empty()) return fail_value(EINVAL, "a backslash ends the line");
      fields.back() += text[0];
      text.remove_prefix(1);
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? char{0} : c;
    } else if (quote == 0 && c == ':') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quote != 0) return fail_value(EINVAL, "open quote");
  return fields;
}
/// COMPAT: what follows a bad path, on the other side of its colon, is taken for a mount of its own; and behind a closing
/// colon the options are the next word of `left`.
void parse_bind_mount(ParseContext& context, std::span<const std::string> fields, std::string_view& left, bool read_only, std::vector<BindMount>& value) {
  if (fields.empty()) return;
  BindMount bind;
  bind.read_only = read_only;
  const std::optional<std::string> source = context.expand(fields[0], unresolved::quoted);
  std::string_view rest = source ? std::string_view(*source) : std::string_view{};
  if (rest.starts_with('-')) bind.ignore_missing = true, rest.remove_prefix(1);
  std::optional<std::string> path = source ? checked_path(context, rest) : std::nullopt;
  if (!path) return parse_bind_mount(context, fields.subspan(1), left, read_only, value);
  bind.source = *path;
  bind.destination = std::move(*path);
  if (fields.size() > 1) {
    std::optional<std::string> destination = expanded_path(context, fields[1]);
    if (!destination) return parse_bind_mount(context, fields.subspan(2), left, read_only, value);
    bind.destination = std::move(*destination);
  }
  if (fields.size() > 3) {
    context.ignore(fmt::format("Invalid option string, ignoring setting: {}", fields[2]), "write source[:destination[:rbind or norbind]]");
    return;
  }
  if (fields.size() > 2) {
    std::string options = fields[2];
    if (options.empty())
      if (const auto next = next_fields(left); next && *next) options = join(**next, ":");
    if (options != "rbind" && options != "norbind" && !options.empty()) {
      context.ignore(fmt::format("Invalid option string, ignoring setting: {}", options), "choose rbind or norbind");
      return;
    }
    bind.recursive = options != "norbind";
  }
  value.push_back(std::move(bind));
}
}  // namespace

bool parse_bind_mounts(ParseContext& context, std::string_view text, bool read_only, std::vector<BindMount>& value) {
  for (std::string_view left = text;;) {
    const auto next = next_fields(left);
    if (!next) {
      context.misread(EINVAL, fmt::format(fmt::runtime(incomplete::of_pairs), context.key, text), "a quote or an escape is not complete");
      return false;
    }
    if (!*next) return true;
    parse_bind_mount(context, **next, left, read_only, value);
  }
}
Value encode_bind_mounts(const std::vector<BindMount>& value, bool read_only) {
  ArrayValue array{"(ssbt)", {}};
  for (const BindMount& bind : value)
    if (bind.read_only == read_only)
      array.elements.push_back(struct_of(bind.source, bind.destination, bind.ignore_missing,
                                         bind.recursive ? std::uint64_t{MS_REC} : std::uint64_t{0}));
  return array;
}
Result<Texts> bind_mount_texts(const Given& given) {
  return structure_texts(given, [](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string source = TRY(absolute_field("Source", fields[0])), destination = TRY(absolute_field("Destination", fields[1]));
    const auto flags = std::get<std::uint64_t>(fields[3].storage);
    if (flags != 0 && flags != MS_REC) return refused_setting("Unknown mount flags.");
    return (std::get<bool>(fields[2].storage) ? "-" : "") + source + ":" + destination + (flags == MS_REC ? ":rbind" : ":norbind");
  });
}

bool TemporaryFileSystemCodec::parse(ParseContext& context, std::string_view text, std::vector<TemporaryFileSystemEntry>& value) {
  return for_each_word(context, text, plain_words, [&](const std::string& word) {
    const std::size_t colon = word.find(':');
    std::optional<std::string> path = expanded_path(context, std::string_view(word).substr(0, colon));
    if (!path) return;
    const std::optional<std::string> options = colon == std::string::npos ? std::string() : context.expand(std::string_view(word).substr(colon + 1), unresolved::bare);
    if (options) value.push_back({std::move(*path), *options});
  }, incomplete::of_paths);
}
Value TemporaryFileSystemCodec::encode(const std::vector<TemporaryFileSystemEntry>& value) {
  ArrayValue array{"(ss)", {}};
  for (const auto& entry : value) array.elements.push_back(struct_of(entry.path, entry.options));
  return array;
}
Result<Texts> TemporaryFileSystemCodec::texts(const Given& given) {
  return structure_texts(given, [](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string &path = text_of(fields[0]), &options = text_of(fields[1]);
    if (!is_absolute_path(path)) return refused_setting(fmt::format("Mount point {} is not absolute.", path));
    return quoted_word(path + ":" + options);
  });
}

// --- Images -------------------------------------------------------------------------------------------------------
bool is_image_partition(std::string_view name) {
  constexpr std::array<std::string_view, 12> names{"root", "usr", "home", "srv", "esp", "xbootldr", "swap", "root-verity", "usr-verity", "var", "tmp", "root-secondary"};
  return std::find(names.begin(), names.end(), name) != names.end();
}
namespace {
/// fields[from…]: "partition", "options", …; the last without a partner is options of root.
void take_options(ParseContext& context, const std::vector<std::string>& fields, std::size_t from, int errno_of_name, std::vector<ImageOption>& options) {
  for (std::size_t i = from; i < fields.size(); i += 2) {
    const bool alone = i + 1 == fields.size();
    if (!alone && !is_image_partition(fields[i])) {
      context.misread(errno_of_name, fmt::format("Invalid partition name {}, ignoring", fields[i]));
      continue;
    }
    if (std::optional<std::string> said = context.expand(fields[alone ? i : i + 1], unresolved::bare)) options.push_back({alone ? std::string("root") : fields[i], std::move(*said)});
  }
}
Value encode_options(const std::vector<ImageOption>& options) {
  ArrayValue array{"(ss)", {}};
  for (const ImageOption& option : options) array.elements.push_back(struct_of(option.partition, option.options));
  return array;
}
/// "partition:options" of a pair.
Result<std::string> partition_options_text(const Value& pair) {
  const std::string &partition = text_of(fields_of(pair)[0]), &words = text_of(fields_of(pair)[1]);
  if (words.find_first_of(" \t\n\r") != std::string::npos) return refused_setting(fmt::format("Invalid mount options string, contains whitespace character(s): {}", words));
  if (!is_image_partition(partition)) return refused_setting(fmt::format("Invalid partition name {}", partition));
  return partition + ":" + colon_escaped(words);
}
Result<std::string> image_text(const std::vector<Value>& fields, bool with_destination) {
  Texts parts{TRY(absolute_field("Source", fields[0]))};
  if (with_destination) parts.push_back(TRY(absolute_field("Destination", fields[1])));
  for (const Value& pair : elements_of(fields.back())) parts.push_back(TRY(partition_options_text(pair)));
  return (std::get<bool>(fields[with_destination ? 2 : 1].storage) ? "-" : "") + join(parts, ":");
}
}  // namespace

bool ImageOptionsCodec::parse(ParseContext& context, std::string_view text, std::vector<ImageOption>& value) {
  std::vector<ImageOption> options;
  if (text.empty()) {
    value.clear();
    return true;
  }
  bool paired = true;
  const bool complete = for_each_word(context, text, quoted_words, [&](const std::string& word) {
    const auto fields = colon_fields(word);
    paired = paired && fields && fields->size() <= 2;
    if (paired) take_options(context, *fields, 0, EINVAL, options);
  }, incomplete::of_pairs);
  if (complete && !paired) context.misread(EINVAL, fmt::format("Failed to parse {}, ignoring: {}", context.key, text), "write partition:options");
  if (!complete || !paired) return false;
  if (options.empty()) value.clear();  // COMPAT: a line of which nothing is left is a reset
  value.insert(value.end(), std::make_move_iterator(options.begin()), std::make_move_iterator(options.end()));
  return true;
}
Value ImageOptionsCodec::encode(const std::vector<ImageOption>& value) { return encode_options(value); }
Result<Texts> ImageOptionsCodec::texts(const Given& given) {
  const Texts words = TRY(element_texts(given, partition_options_text));
  return words.empty() ? Texts{""} : Texts{"", join(words, " ")};
}

namespace {
bool parse_images(ParseContext& context, std::string_view text, bool with_destination, std::vector<ImageMount>& value) {
  bool understood = true;
  return for_each_word(context, text, quoted_words, [&](const std::string& word) {
    if (!understood) return;  // COMPAT: the rest of the line counts for nothing either
    const auto words = colon_fields(word);
    if (!words) {
      context.misread(EINVAL, fmt::format("Invalid syntax in {}=, ignoring: {}", context.key, word));
      understood = false;
    }
    if (!words || words->empty()) return;
    const std::vector<std::string>& fields = *words;
    ImageMount image;
    const std::optional<std::string> source = context.expand(fields[0], unresolved::quoted);
    if (!source) return;
    std::string_view rest = *source;
    if (rest.starts_with('-')) image.ignore_missing = true, rest.remove_prefix(1);
    std::optional<std::string> path = checked_path(context, rest);
    if (!path) return;
    image.source = std::move(*path);
    if (with_destination) {
      if (fields.size() < 2) {
        context.ignore(fmt::format("Missing destination in {}, ignoring: {}", context.key, word));
        return;
      }
      std::optional<std::string> destination = expanded_path(context, fields[1]);
      if (!destination) return;
      image.destination = std::move(*destination);
    }
    const std::size_t at = with_destination ? 2 : 1;
    if (fields.size() > at) take_options(context, fields, at, 0, image.options);
    value.push_back(std::move(image));
  }, incomplete::of_folders);
}
}  // namespace
bool MountImagesCodec::parse(ParseContext& context, std::string_view text, std::vector<ImageMount>& value) { return parse_images(context, text, true, value); }
Value MountImagesCodec::encode(const std::vector<ImageMount>& value) {
  ArrayValue array{"(ssba(ss))", {}};
  for (const ImageMount& image : value)
    array.elements.push_back(struct_of(image.source, image.destination, image.ignore_missing, encode_options(image.options)));
  return array;
}
Result<Texts> MountImagesCodec::texts(const Given& given) {
  return structure_texts(given, [](const std::vector<Value>& fields) { return image_text(fields, true); });
}
bool ExtensionImagesCodec::parse(ParseContext& context, std::string_view text, std::vector<ImageMount>& value) { return parse_images(context, text, false, value); }
Value ExtensionImagesCodec::encode(const std::vector<ImageMount>& value) {
  ArrayValue array{"(sba(ss))", {}};
  for (const ImageMount& image : value) array.elements.push_back(struct_of(image.source, image.ignore_missing, encode_options(image.options)));
  return array;
}
Result<Texts> ExtensionImagesCodec::texts(const Given& given) {
  return structure_texts(given, [](const std::vector<Value>& fields) { return image_text(fields, false); });
}

bool parse_root_hash(ParseContext& context, std::string_view text, std::string& hash, std::string& path) {
  if (text.empty() || is_absolute_path(text)) {
    hash.clear();
    path = text;  // COMPAT: taken as it is, no specifiers
    return true;
  }
  const Result<std::string> bytes = decode_hex(text);
  if (!bytes || bytes->size() < 16) {
    if (bytes) context.ignore(fmt::format("RootHash= is too short, ignoring: {}", text));
    else context.misread(bytes.error().os_errno, fmt::format("Failed to decode RootHash=, ignoring: {}", text));
    return false;
  }
  hash = *bytes;
  path.clear();
  return true;
}
bool parse_root_hash_signature(ParseContext& context, std::string_view text, std::string& signature, std::string& path) {
  if (text.empty() || is_absolute_path(text)) {
    signature.clear();
    path = text;
    return true;
  }
  const auto encoded = after_prefix(text, "base64:");
  if (!encoded) {
    context.ignore(fmt::format("Failed to decode RootHashSignature=, not a path but doesn't start with 'base64:', ignoring: {}", text));
    return false;
  }
  const Result<std::string> bytes = decode_base64(*encoded);
  if (!bytes) {
    context.misread(bytes.error().os_errno, fmt::format("Failed to decode RootHashSignature=, ignoring: {}", text));
    return false;
  }
  signature = *bytes;
  path.clear();
  return true;
}

// --- Directories --------------------------------------------------------------------------------------------------
bool parse_directories(ParseContext& context, std::string_view text, DirectoryLinks links, std::vector<ManagedDirectory>& value) {
  if (text.empty()) {
    value.clear();
    return true;
  }
  const auto relative = [&context](std::string_view field) -> std::optional<std::string> {
    std::optional<std::string> path = context.expand(field, unresolved::quoted);
    if (!path) return std::nullopt;
    if (is_absolute_path(*path)) {
      context.complain(fmt::format("{}= path is absolute, ignoring: {}", context.key, *path), "the manager puts it below its own folder");
      return std::nullopt;
    }
    if (!is_safe_path(*path)) {
      context.complain(fmt::format("{}= path is not normalized, ignoring: {}", context.key, *path));
      return std::nullopt;
    }
    std::string simple = simplify_path(*path);
    if (simple == "private" || simple.starts_with("private/")) {
      context.ignore(fmt::format("{}= path can't be 'private', ignoring assignment: {}", context.key, field));
      return std::nullopt;
    }
    return simple;
  };
  bool ended = false;  // COMPAT: a word without a name ends the line
  return for_each_word(context, text, quoted_words, [&](const std::string& word) {
    if (ended) return;
    const std::vector<std::string> fields = colon_fields(word).value_or(std::vector<std::string>());
    ended = fields.empty() || fields[0].empty();
    // COMPAT: what stands behind a second colon is passed over.
    if (ended || (fields.size() >= 2 && links == DirectoryLinks::refused)) {
      if (ended) context.misread(EINVAL, fmt::format("Invalid syntax in {}=, ignoring: {}", context.key, word));
      else context.ignore(fmt::format("Destination parameter is not supported for {}, ignoring: {}", context.key, word));
      return;
    }
    const std::optional<std::string> path = relative(fields[0]);
    if (!path) return;
    std::optional<std::string> link;
    if (fields.size() >= 2 && !fields[1].empty()) {
      link = relative(fields[1]);
      if (!link) return;
    }
    auto place = std::lower_bound(value.begin(), value.end(), *path, [](const ManagedDirectory& d, const std::string& p) {
      return std::ranges::lexicographical_compare(split_at(d.path, '/'), split_at(p, '/'));  // part by part, as paths are compared
    });
    if (place == value.end() || place->path != *path) place = value.insert(place, ManagedDirectory{*path, {}});
    if (link) place->symlinks.push_back(std::move(*link));
  }, incomplete::of_folders);
}
Value encode_directories(const std::vector<ManagedDirectory>& value) {
  std::vector<std::string> paths;
  for (const ManagedDirectory& directory : value) paths.push_back(directory.path);
  return string_array(paths);
}
Value encode_directory_links(const std::vector<ManagedDirectory>& value) {
  ArrayValue array{"(sst)", {}};
  for (const ManagedDirectory& directory : value)
    for (const std::string& link : directory.symlinks) array.elements.push_back(struct_of(directory.path, link, std::uint64_t{0}));
  return array;
}
Result<Texts> directory_link_texts(const Given& given) {
  // Beside the directories that are there already.
  return element_texts(given, [](const Value& element) -> Result<std::string> {
    const std::vector<Value>& fields = fields_of(element);
    const std::string &source = text_of(fields[0]), &destination = text_of(fields[1]);
    for (const auto& [path, which] : {std::pair(&source, "Source"), std::pair(&destination, "Destination")}) {
      if (path->empty() || !is_normal_path(*path)) return refused_setting(fmt::format("{} path {} is not valid.", which, *path));
      if (is_absolute_path(*path)) return refused_setting(fmt::format("{} path {} is absolute.", which, *path));
    }
    if (std::get<std::uint64_t>(fields[2].storage) != 0) return refused_setting("Flags must be zero.");
    return escaped_field(source) + ":" + escaped_field(destination);
  });
}
Result<Texts> directory_texts(const Given& given) {
  const auto quoted = [&](const Value& element) -> Result<std::string> {
    const std::string& path = text_of(element);
    if (path.empty() || !is_normal_path(path)) return refused_setting(fmt::format("{}= path is not normalized: {}", given.property, path));
    if (is_absolute_path(path)) return refused_setting(fmt::format("{}= path is absolute: {}", given.property, path));
    if (path.starts_with("private/") || path == "private") return refused_setting(fmt::format("{}= path can't be 'private': {}", given.property, path));
    return '"' + escaped_field(path) + '"';
  };
  return Texts{join(TRY(element_texts(given, quoted)), " ")};
}

// --- Credentials --------------------------------------------------------------------------------------------------
namespace {
bool is_credential_name(std::string_view name) {
  return is_valid_file_name(name) && is_descriptor_name(name);
}
std::optional<std::string> credential_name(ParseContext& context, std::string_view text) {
  std::optional<std::string> name = context.expand(text, SpecifierSet::unit_name, unresolved::quoted);
  if (!name) return std::nullopt;
  if (!is_credential_name(*name)) {
    context.ignore(fmt::format("Credential name \"{}\" not valid, ignoring.", *name));
    return std::nullopt;
  }
  return name;
}
}  // namespace

bool parse_set_credential(ParseContext& context, std::string_view text, Encryption encryption, std::vector<CredentialData>& value) {
  const bool encrypted = encryption == Encryption::encrypted;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    context.ignore(fmt::format("Invalid syntax, ignoring: {}", text), "write name:data");
    return false;
  }
  const std::optional<std::string> id = credential_name(context, text.substr(0, colon));
  if (!id) return false;
  const std::string_view rest = text.substr(colon + 1);
  const Result<std::string> data = encrypted ? decode_base64(rest) : unescape_c(rest, {.accept_nul = true});
  if (!data) {
    if (encrypted) context.misread(data.error().os_errno, "Encrypted credential data not valid Base64 data, ignoring.");
    else context.ignore(fmt::format("Invalid credential data, ignoring: {}", rest), "a backslash begins an escape");
    return false;
  }
  const auto same = std::find_if(value.begin(), value.end(), [&](const CredentialData& c) { return c.id == *id; });
  if (same == value.end())
    value.push_back({*id, *data, encrypted});
  else
    *same = {*id, *data, encrypted};
  return true;
}
bool parse_load_credential(ParseContext& context, std::string_view text, Encryption encryption, std::vector<CredentialSource>& value) {
  const bool encrypted = encryption == Encryption::encrypted;
  const std::size_t colon = text.find(':');
  const std::optional<std::string> id = credential_name(context, text.substr(0, colon));
  if (!id) return false;
  std::string path = *id;
  if (colon < text.size() - 1) {
    const std::optional<std::string> expanded = context.expand(text.substr(colon + 1), unresolved::quoted);
    if (!expanded) return false;
    if (is_absolute_path(*expanded) ? !is_safe_path(*expanded) : !is_credential_name(*expanded)) {
      context.ignore(fmt::format("Credential source \"{}\" not valid, ignoring.", *expanded), "write an absolute path or the name of a credential");
      return false;
    }
    path = is_absolute_path(*expanded) ? simplify_path(*expanded) : *expanded;
  }
  const auto same = std::find_if(value.begin(), value.end(), [&](const CredentialSource& c) { return c.id == *id; });
  if (same == value.end())
    value.push_back({*id, path, encrypted});
  else
    *same = {*id, path, encrypted};
  return true;
}
Value encode_set_credentials(const std::vector<CredentialData>& value, Encryption encryption) {
  ArrayValue array{"(say)", {}};
  for (const CredentialData& credential : value)
    if (credential.encrypted == (encryption == Encryption::encrypted)) array.elements.push_back(struct_of(credential.id, bytes_value(credential.data)));
  return array;
}
Value encode_load_credentials(const std::vector<CredentialSource>& value, Encryption encryption) {
  ArrayValue array{"(ss)", {}};
  for (const CredentialSource& credential : value)
    if (credential.encrypted == (encryption == Encryption::encrypted)) array.elements.push_back(struct_of(credential.id, credential.path));
  return array;
}
namespace {
template <class Encode>
Result<Texts> credential_data_texts(const Given& given, Encode&& encode) {
  return structure_texts(given, [&](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string& id = text_of(fields[0]);
    if (!is_credential_name(id)) return refused_setting(fmt::format("Credential ID is invalid: {}", id));
    return escape_specifiers(id) + ":" + encode(std::get<Bytes>(fields[1].storage).data);
  });
}
}  // namespace
Result<Texts> set_credential_texts(const Given& given) {
  return credential_data_texts(given, [](std::string_view data) { return escape_c(data); });
}
Result<Texts> set_encrypted_credential_texts(const Given& given) {
  return credential_data_texts(given, [](std::string_view data) { return encode_base64(data); });
}
Result<Texts> load_credential_texts(const Given& given) {
  return structure_texts(given, [](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string &id = text_of(fields[0]), &source = text_of(fields[1]);
    if (!is_credential_name(id)) return refused_setting(fmt::format("Credential ID is invalid: {}", id));
    if (!is_absolute_path(source) && !is_credential_name(source)) return refused_setting(fmt::format("Credential source is invalid: {}", source));
    return escape_specifiers(id) + ":" + escape_specifiers(source);
  });
}

}  // namespace unitparser
