#include "journal/daemon/kernel_input.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "journal/ingest/syslog_parser.h"
#include "journal/store/directory.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::UniqueFd;

constexpr std::size_t largest_record = 8192 + 1;  // the kernel's CONSOLE_EXT_LOG_MAX

std::string link_base_name(const std::string& path) {
  std::array<char, 4096> target;
  const ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
  if (n <= 0) return {};
  const std::string text(target.data(), static_cast<std::size_t>(n));
  return text.substr(text.rfind('/') + 1);
}

/// Name of the network interface with that index.
std::string interface_name(std::string_view index) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir("/sys/class/net"), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const auto found = read_small_file(std::string("/sys/class/net/") + entry->d_name + "/ifindex");
    if (found && unitparser::trim(*found) == index) return entry->d_name;
  }
  return {};
}

}  // namespace

KernelInput::KernelInput(Dispatcher& dispatcher, std::string sequence_path)
    : dispatcher_(dispatcher), sequence_path_(std::move(sequence_path)) {}

KernelInput::~KernelInput() {
  if (next_sequence_ != nullptr) ::munmap(next_sequence_, sizeof *next_sequence_);
}

int KernelInput::open() {
  fd_.reset(::open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd_) return -1;
  const UniqueFd file(::open(sequence_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0644));
  if (file && ::posix_fallocate(file.get(), 0, sizeof(std::uint64_t)) == 0) {
    void* map = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (map != MAP_FAILED) next_sequence_ = static_cast<std::uint64_t*>(map);
  }
  return fd_.get();
}

bool KernelInput::receive(int limit) {
  std::array<char, largest_record> buffer;
  for (int i = 0; i < limit; ++i) {
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    if (n > 0) {
      take({buffer.data(), static_cast<std::size_t>(n)});
    } else if (n < 0 && errno == EAGAIN) {
      return true;
    } else if (n == 0 || (errno != EPIPE && errno != EINVAL && errno != EINTR)) {
      // EPIPE: records were overwritten before we read them; the next read goes on behind the gap. EINVAL: one too
      // large. All else lasts, as in a container whose /dev/kmsg is something else, and would keep the loop busy.
      fd_.reset();
      return false;
    }
  }
  return true;
}

void KernelInput::add_device_fields(const std::string& device, std::vector<std::string>& fields) const {
  if (device.size() < 2) return;
  std::string sysname, node, database = device;
  const std::string rest = device.substr(1);
  switch (device[0]) {
    case '+': {
      const std::size_t colon = rest.find(':');
      if (colon != std::string::npos) sysname = rest.substr(colon + 1);
      break;
    }
    case 'b':
    case 'c': {
      sysname = link_base_name(std::string(device[0] == 'b' ? "/sys/dev/block/" : "/sys/dev/char/") + rest);
      const auto uevent =
          read_small_file(std::string(device[0] == 'b' ? "/sys/dev/block/" : "/sys/dev/char/") + rest + "/uevent");
      if (uevent)
        for (const std::string_view line : unitparser::split_at(*uevent, '\n'))
          if (line.starts_with("DEVNAME=")) node = "/dev/" + std::string(line.substr(8));
      break;
    }
    case 'n': sysname = interface_name(rest); break;
    default: return;
  }
  if (!sysname.empty()) fields.push_back("_UDEV_SYSNAME=" + sysname);
  if (!node.empty()) fields.push_back("_UDEV_DEVNODE=" + node);
  if (database.find('/') != std::string::npos) return;
  const auto udev = read_small_file("/run/udev/data/" + database);
  if (!udev) return;
  constexpr std::size_t most_links = 16;
  std::size_t links = 0;
  for (const std::string_view line : unitparser::split_at(*udev, '\n'))
    if (line.starts_with("S:") && links++ < most_links)
      fields.push_back("_UDEV_DEVLINK=/dev/" + std::string(line.substr(2)));
}

void KernelInput::take(std::string_view text) {
  if (!parse_kmsg(text, record_)) return;
  if (next_sequence_ != nullptr) {
    if (record_.sequence < *next_sequence_) return;  // had it before we were restarted
    if (record_.sequence > *next_sequence_ && *next_sequence_ != 0)
      dispatcher_.say(4, {}, "Missed " + std::to_string(record_.sequence - *next_sequence_) + " kernel messages");
    *next_sequence_ = record_.sequence + 1;
  }
  std::string_view message = record_.message, identifier, pid;
  const bool is_from_kernel = (record_.priority >> 3) == 0;
  if (!is_from_kernel) {
    take_identifier(message, identifier, pid);
    pid_t number = 0;
    std::from_chars(pid.data(), pid.data() + pid.size(), number);
    if (number == ::getpid() && identifier.starts_with("systemd-journal")) return;  // our own, forwarded
  }
  std::vector<std::string> fields = std::move(record_.fields);
  if (!record_.device.empty()) add_device_fields(record_.device, fields);
  fields.push_back("_SOURCE_MONOTONIC_TIMESTAMP=" + std::to_string(record_.time));
  fields.emplace_back("_TRANSPORT=kernel");
  fields.push_back("PRIORITY=" + std::to_string(record_.priority & 7));
  fields.push_back("SYSLOG_FACILITY=" + std::to_string(record_.priority >> 3));
  if (is_from_kernel) fields.emplace_back("SYSLOG_IDENTIFIER=kernel");
  else if (!identifier.empty()) fields.push_back("SYSLOG_IDENTIFIER=" + std::string(identifier));
  if (!pid.empty()) fields.push_back("SYSLOG_PID=" + std::string(pid));
  fields.push_back("MESSAGE=" + std::string(message));
  const std::vector<std::string_view> views(fields.begin(), fields.end());
  IncomingMessage incoming;
  incoming.fields = views;
  incoming.priority = record_.priority;
  dispatcher_.dispatch(nullptr, incoming);
}

}  // namespace journal
