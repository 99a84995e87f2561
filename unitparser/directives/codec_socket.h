// Codecs of sockets, mounts, timers and paths. [pure]
#pragma once

#include "unitparser/config/other_configs.h"
#include "unitparser/config/socket_config.h"
#include "unitparser/directives/codec_basic.h"

namespace unitparser {

/// One Listen*= value; empty resets the whole list.
bool parse_listen(ParseContext& context, ListenKind kind, std::string_view text, std::vector<ListenEntry>& list);
[[nodiscard]] Value encode_listen(const std::vector<ListenEntry>& list);
/// Whole lines "ListenStream=…" from a(ss).
[[nodiscard]] Result<Texts> listen_lines(const Given& given);

struct SocketProtocolCodec {
  static constexpr std::string_view signature = "i", word = "protocol";
  static bool parse(ParseContext& context, std::string_view text, int& value);
  static Value encode(const int& value) { return static_cast<std::int32_t>(value); }
  static Result<Texts> texts(const Given& given);
};
struct IpTosCodec {
  static constexpr std::string_view signature = "i", word = "type of service";
  static bool parse(ParseContext& context, std::string_view text, int& value);
  static Value encode(const int& value) { return static_cast<std::int32_t>(value); }
  static Result<Texts> texts(const Given& given);
};
struct InterfaceCodec {
  static constexpr std::string_view signature = "s", word = "network interface";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
struct DescriptorNameCodec {
  static constexpr std::string_view signature = "s", word = "name";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::string>& value);
  static Value encode(const std::optional<std::string>& value) { return value.value_or(std::string()); }
};
struct TimestampingCodec {
  static constexpr std::string_view signature = "s", word = "boolean, us or ns";
  static bool parse(ParseContext& context, std::string_view text, SocketTimestamping& value);
  static Value encode(const SocketTimestamping& value) { return std::string(to_name(value)); }
};
struct SymlinksCodec {
  static constexpr std::string_view signature = "as", word = "paths";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
};

/// One On*= value of a timer; empty resets all of them.
bool parse_timer(ParseContext& context, TimerBase base, std::string_view text, std::vector<TimerEntry>& list);
/// Without the next elapse, which only the running timer knows. Newest first.
[[nodiscard]] Value encode_monotonic_timers(const std::vector<TimerEntry>& list);
[[nodiscard]] Value encode_calendar_timers(const std::vector<TimerEntry>& list);
[[nodiscard]] Result<Texts> monotonic_timer_lines(const Given& given);
[[nodiscard]] Result<Texts> calendar_timer_lines(const Given& given);

bool parse_watched_path(ParseContext& context, PathKind kind, std::string_view text, std::vector<PathEntry>& list);
[[nodiscard]] Value encode_watched_paths(const std::vector<PathEntry>& list);
[[nodiscard]] Result<Texts> watched_path_lines(const Given& given);

/// What= of a mount: a path, a device name or any source string.
struct MountSourceCodec {
  static constexpr std::string_view signature = "s", word = "what is mounted";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
/// A boolean is a choice between the two that differ from the kernel's default.
struct BindIpv6OnlyCodec {
  static constexpr std::string_view signature = "s", word = "boolean or choice";
  static bool parse(ParseContext& context, std::string_view text, BindIpv6Only& value) {
    if (const Result<bool> truth = parse_boolean(text)) {
      value = *truth ? BindIpv6Only::ipv6_only : BindIpv6Only::both;
      return true;
    }
    return EnumCodec<BindIpv6Only>::parse(context, text, value);
  }
  static Value encode(const BindIpv6Only& value) { return std::string(to_name(value)); }
};
struct SwapSourceCodec {
  static constexpr std::string_view signature = "s", word = "path";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
struct SwapPriorityCodec {
  static constexpr std::string_view signature = "i", word = "number -1 to 32767";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(-1)); }
};
struct BusNameCodec {
  static constexpr std::string_view signature = "s", word = "D-Bus name";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
/// PIDFile=: below the runtime folder unless absolute; /var/run is taken for /run.
struct PidFileCodec {
  static constexpr std::string_view signature = "s", word = "path";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};

}  // namespace unitparser
