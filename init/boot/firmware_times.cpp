// Reading of the loader's two variables: decimal digits in UTF-16 behind four bytes of attributes. [os: open, read]
#include "init/boot/firmware_times.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::Duration;

constexpr const char* loader_vendor = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr std::size_t attributes_size = 4;

std::optional<Duration> read_variable(const std::string& folder, const char* name) {
  const std::string path = folder + "/" + name + "-" + loader_vendor;
  const unitparser::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return std::nullopt;
  std::array<char, 128> bytes{};
  const ssize_t got = ::read(fd.get(), bytes.data(), bytes.size());
  std::string digits;
  for (std::size_t i = attributes_size; got > 0 && i + 1 < static_cast<std::size_t>(got); i += 2) {
    if (bytes[i] == 0 && bytes[i + 1] == 0) break;
    if (bytes[i + 1] != 0) return std::nullopt;
    digits += bytes[i];
  }
  const auto number = unitparser::parse_unsigned(digits);
  if (!number || *number == 0) return std::nullopt;
  return Duration::from_usec(*number);
}

}  // namespace

std::optional<LoaderTimes> read_loader_times(const std::string& folder) {
  // More than an hour in the firmware is a variable that nobody wrote for this boot.
  constexpr auto believable = Duration::from_seconds(3600);
  const auto loader = read_variable(folder, "LoaderTimeInitUSec");
  const auto kernel = read_variable(folder, "LoaderTimeExecUSec");
  if (!loader || !kernel || *kernel < *loader || *kernel > believable) return std::nullopt;
  return LoaderTimes{*loader, *kernel};
}

}  // namespace init
