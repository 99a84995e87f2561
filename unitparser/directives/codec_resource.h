// Codecs of resource control (systemd.resource-control(5)). [pure]
#pragma once

#include "unitparser/config/resource_config.h"
#include "unitparser/directives/codec_basic.h"

namespace unitparser {

/// Weights: 1..10000; CPUWeight= knows "idle" (0) too. Unset until said.
struct CpuWeightCodec {
  static constexpr std::string_view signature = "t", word = "weight or idle";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value);
  static Value encode(const std::optional<std::uint64_t>& value) { return value.value_or(UINT64_MAX); }
  static Result<Texts> texts(const Given& given);
};
bool parse_weight(ParseContext& context, std::string_view text, std::string_view noun, std::uint64_t low, std::uint64_t high,
                  std::optional<std::uint64_t>& value);
[[nodiscard]] Result<Texts> weight_texts(const Given& given);
struct IoWeightCodec {
  static constexpr std::string_view signature = "t", word = "weight";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value) {
    return parse_weight(context, text, "weight", 1, 10000, value);
  }
  static Value encode(const std::optional<std::uint64_t>& value) { return value.value_or(UINT64_MAX); }
  static Result<Texts> texts(const Given& given) { return weight_texts(given); }
};
struct BlockIoWeightCodec {
  static constexpr std::string_view signature = "t", word = "weight";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value) {
    return parse_weight(context, text, "block IO weight", 10, 1000, value);
  }
  static Value encode(const std::optional<std::uint64_t>& value) { return value.value_or(UINT64_MAX); }
  static Result<Texts> texts(const Given& given) { return weight_texts(given); }
};
struct CpuSharesCodec {
  static constexpr std::string_view signature = "t", word = "shares";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value);
  static Value encode(const std::optional<std::uint64_t>& value) { return value.value_or(UINT64_MAX); }
  static Result<Texts> texts(const Given& given) { return weight_texts(given); }
};
/// "20%": CPU time for each second.
struct CpuQuotaCodec {
  static constexpr std::string_view signature = "t", word = "percentage";
  static bool parse(ParseContext& context, std::string_view text, Duration& value);
  static Value encode(const Duration& value) { return value.usec(); }
  static Result<Texts> texts(const Given& given);
};

/// Bytes, "10%" of the machine's memory, or infinity. `least`: the smallest that is allowed.
bool parse_memory(ParseContext& context, std::string_view text, std::uint64_t least, ScalableLimit& value);
[[nodiscard]] Result<Texts> limit_texts(const Given& given);
/// A fraction of 2^32 that is given, as a percentage.
[[nodiscard]] std::string fraction_text(const Given& given);
struct MemoryMaximumCodec {
  static constexpr std::string_view signature = "t", word = "size, percentage or infinity";
  static bool parse(ParseContext& context, std::string_view text, ScalableLimit& value);
  static Value encode(const ScalableLimit& value) { return value.value; }
  static Result<Texts> texts(const Given& given) { return limit_texts(given); }
};
struct MemoryProtectionCodec {
  static constexpr std::string_view signature = "t", word = "size, percentage or infinity";
  static bool parse(ParseContext& context, std::string_view text, std::optional<ScalableLimit>& value);
  static Value encode(const std::optional<ScalableLimit>& value) { return value ? value->value : std::uint64_t{0}; }
  static Result<Texts> texts(const Given& given) { return limit_texts(given); }
};
struct TasksMaxCodec {
  static constexpr std::string_view signature = "t", word = "number, percentage or infinity";
  static bool parse(ParseContext& context, std::string_view text, std::optional<ScalableLimit>& value);
  static Value encode(const std::optional<ScalableLimit>& value) { return value ? value->value : UINT64_MAX; }
  static Result<Texts> texts(const Given& given) { return limit_texts(given); }
};

bool parse_delegate(ParseContext& context, std::string_view text, bool& delegate, std::uint32_t& controllers);
[[nodiscard]] Value encode_controllers(std::uint32_t controllers);
/// What Delegate=yes hands over, and what cgroup files exist for at all.
inline constexpr std::uint32_t delegatable_controllers = 0x1FFF;

/// "/dev/sda 250".
struct DeviceWeightCodec {
  static constexpr std::string_view signature = "a(st)", word = "device and weight";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<DeviceWeight>& value);
  static Value encode(const std::vector<DeviceWeight>& value);
  static Result<Texts> texts(const Given& given);
};
/// "/dev/sda 5M": base 1000.
struct DeviceLimitCodec {
  static constexpr std::string_view signature = "a(st)", word = "device and amount";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<DeviceLimit>& value);
  static void merge(std::vector<DeviceLimit>& all, std::vector<DeviceLimit> more);  ///< one for each device, the last
  static Value encode(const std::vector<DeviceLimit>& value);
  static Result<Texts> texts(const Given& given);
};
struct DeviceLatencyCodec {
  static constexpr std::string_view signature = "a(st)", word = "device and time span";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<DeviceLimit>& value);
  static Value encode(const std::vector<DeviceLimit>& value);
  static Result<Texts> texts(const Given& given);
};
struct DeviceAllowCodec {
  static constexpr std::string_view signature = "a(ss)", word = "device and access";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<DeviceAllowEntry>& value);
  static Value encode(const std::vector<DeviceAllowEntry>& value);
  static Result<Texts> texts(const Given& given);
};
struct IpPrefixCodec {
  static constexpr std::string_view signature = "a(iayu)", word = "address prefixes";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<IpPrefix>& value);
  static Value encode(const std::vector<IpPrefix>& value);
  static Result<Texts> texts(const Given& given);
};
struct FilterPathsCodec {
  static constexpr std::string_view signature = "as", word = "path";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value);  ///< each once
  static Result<Texts> texts(const Given& given);
};
struct BpfProgramCodec {
  static constexpr std::string_view signature = "a(ss)", word = "type:path";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<BpfProgram>& value);
  static Value encode(const std::vector<BpfProgram>& value);
  static Result<Texts> texts(const Given& given);
};
struct SocketBindCodec {
  static constexpr std::string_view signature = "a(iiqq)", word = "family, protocol and ports";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<SocketBindRule>& value);
  static Value encode(const std::vector<SocketBindRule>& value);
  static Result<Texts> texts(const Given& given);
};
struct NetworkInterfacesCodec {
  static constexpr std::string_view signature = "(bas)", word = "interfaces";
  static bool parse(ParseContext& context, std::string_view text, NameFilter& value);
  static Value encode(const NameFilter& value);
  static Result<Texts> texts(const Given& given);
};
[[nodiscard]] bool is_interface_name(std::string_view name);
/// Whether systemd-oomd looks after units of that type; says so if not.
bool may_be_watched_for_memory(ParseContext& context);
struct OomModeCodec {
  static constexpr std::string_view signature = "s", word = "choice";
  static bool parse(ParseContext& context, std::string_view text, ManagedOomMode& value) {
    if (!may_be_watched_for_memory(context)) return false;
    const auto mode = text.empty() ? ManagedOomMode::auto_ : from_name<ManagedOomMode>(text);
    if (mode) value = *mode;
    else context.misread(EINVAL, fmt::format("Invalid syntax, ignoring: {}", text), "choose auto or kill");
    return mode.has_value();
  }
  static Value encode(const ManagedOomMode& value) { return EnumCodec<ManagedOomMode>::encode(value); }
};
/// Fraction of 2^32 from a percentage.
struct PressureLimitCodec {
  static constexpr std::string_view signature = "u", word = "percentage";
  static bool parse(ParseContext& context, std::string_view text, std::uint32_t& value);
  static Value encode(const std::uint32_t& value) { return value; }
  static Result<Texts> texts(const Given& given);
};

}  // namespace unitparser
