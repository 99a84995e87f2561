// Codecs of privileges and kernel-side filters (systemd.exec(5)). [pure]
#pragma once

#include "unitparser/config/exec_config.h"
#include "unitparser/directives/codec_basic.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {

/// Capability names, '~' for "all but". `Initial`: the set before anything was said.
bool parse_capabilities(ParseContext& context, std::string_view text, std::uint64_t initial, std::uint64_t& set);
template <std::uint64_t Initial>
struct CapabilitiesCodec {
  static constexpr std::string_view signature = "t", word = "capabilities";
  static bool parse(ParseContext& context, std::string_view text, std::uint64_t& value) {
    return parse_capabilities(context, text, Initial, value);
  }
  static Value encode(const std::uint64_t& value) { return value; }
  static Result<Texts> texts(const Given& given) {
    const auto set = std::get<std::uint64_t>(given.value.storage);
    return Texts{set == UINT64_MAX ? "~" : format_capabilities(set)};
  }
};
struct SecureBitsCodec {
  static constexpr std::string_view signature = "i", word = "secure bits";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(0)); }
  static Result<Texts> texts(const Given& given);
};

/// A filter as "allow list?, entries" on the bus.
[[nodiscard]] Result<Texts> filter_texts(const Given& given);
/// SystemCallFilter=: the first assignment decides between allowing and denying.
struct SystemCallFilterCodec {
  static constexpr std::string_view signature = "(bas)", word = "system calls";
  static bool parse(ParseContext& context, std::string_view text, std::optional<SystemCallSet>& value);
  static Value encode(const std::optional<SystemCallSet>& value);
  static Result<Texts> texts(const Given& given);
};
struct SystemCallLogCodec {
  static constexpr std::string_view signature = "(bas)", word = "system calls";
  static bool parse(ParseContext& context, std::string_view text, std::optional<SystemCallSet>& value);
  static Value encode(const std::optional<SystemCallSet>& value) { return SystemCallFilterCodec::encode(value); }
  static Result<Texts> texts(const Given& given) { return filter_texts(given); }
};
struct ArchitecturesCodec {
  static constexpr std::string_view signature = "as", word = "architectures";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value);
  static Result<Texts> texts(const Given& given);
};
struct ErrorNumberCodec {
  static constexpr std::string_view signature = "i", word = "error name or number";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(2147483646)); }
  static Result<Texts> texts(const Given& given);
};
struct NamespacesCodec {
  static constexpr std::string_view signature = "t", word = "boolean or namespaces";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value);
  static Value encode(const std::optional<std::uint64_t>& value) { return value.value_or(~std::uint64_t{0}); }
  static Result<Texts> texts(const Given& given);
};
struct AddressFamiliesCodec {
  static constexpr std::string_view signature = "(bas)", word = "address families";
  static bool parse(ParseContext& context, std::string_view text, std::optional<FamilyFilter>& value);
  static Value encode(const std::optional<FamilyFilter>& value);
  static Result<Texts> texts(const Given& given);
};
/// File systems: read and checked, but not kept, since Debian's systemd and we have no BPF program for it.
struct FileSystemsCodec {
  static constexpr std::string_view signature = "(bas)", word = "file systems";
  static bool parse(ParseContext& context, std::string_view text, std::optional<NameFilter>& value);
  static Value encode(const std::optional<NameFilter>& value);
  static Result<Texts> texts(const Given& given) { return filter_texts(given); }
};
[[nodiscard]] Value encode_name_filter(const NameFilter& filter);
/// Adds to or takes from a filter: the rule shared by all "~" lists. `invert`: the line began with '~'.
template <class Key, class Extra>
void apply_to_filter(Filter<Key, Extra>& filter, bool invert, Key key, Extra extra) {
  if (invert != filter.allow_list)
    filter.entries.insert_or_assign(std::move(key), std::move(extra));
  else
    filter.entries.erase(key);
}

/// Labels of security modules, '-' in front: ignore when it cannot be applied.
struct LabelCodec {
  static constexpr std::string_view signature = "(bs)", word = "label";
  static bool parse(ParseContext& context, std::string_view text, SecurityLabel& value);
  static Value encode(const SecurityLabel& value) { return struct_of(value.ignore_failure, value.label); }
  static Result<Texts> texts(const Given& given);
};
struct MountFlagsCodec {
  static constexpr std::string_view signature = "t", word = "propagation";
  static bool parse(ParseContext& context, std::string_view text, std::uint64_t& value);
  static Value encode(const std::uint64_t& value) { return value; }
  static Result<Texts> texts(const Given& given);
};

}  // namespace unitparser
