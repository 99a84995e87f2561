// Milestones as lines of text. [pure]
#include "init/engine/boot_times.h"

#include <fmt/format.h>

#include "unitparser/base/enum_names.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

constexpr std::string_view line_key = "milestone";

}  // namespace

std::string format_boot_times(const BootTimes& times) {
  std::string text;
  for (std::size_t i = 0; i < milestone_count; ++i) {
    const auto milestone = static_cast<Milestone>(i);
    const DualTime& time = times.at(milestone);
    if (time.is_set())
      text += fmt::format("{} {} {} {}\n", line_key, unitparser::to_name(milestone), time.realtime.usec(), time.monotonic.usec());
  }
  return text;
}

bool take_boot_time(std::string_view line, BootTimes& times) {
  const auto words = unitparser::split_whitespace(line);
  if (words.size() != 4 || words[0] != line_key) return false;
  const auto milestone = unitparser::from_name<Milestone>(words[1]);
  const auto realtime = unitparser::parse_unsigned(words[2]);
  const auto monotonic = unitparser::parse_unsigned(words[3]);
  if (!milestone || !realtime || !monotonic) return false;
  times.pass(*milestone, DualTime{RealTime::from_usec(*realtime), MonotonicTime::from_usec(*monotonic)});
  return true;
}

}  // namespace init
