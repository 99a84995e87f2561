// A journald of one's own below a temporary folder, as a process, and the ways to speak to it. [os: processes, sockets]
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "journal/query/journal.h"
#include "journal/store/directory.h"
#include "tests/unit/journal/samples.h"
#include "unitparser/base/fd.h"

namespace journal::test {

using unitparser::UniqueFd;

/// The daemon to examine: the one of this build, or $INCIPIT_JOURNALD.
inline const char* daemon_program() {
  const char* other = std::getenv("INCIPIT_JOURNALD");
  return other != nullptr ? other : JOURNALD_PROGRAM;
}

/// A socket that is connected to the path; not valid when that fails.
inline UniqueFd connect_to(const std::string& path, int type) {
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) fd.reset();
  return fd;
}

class DaemonProcess {
 public:
  explicit DaemonProcess(const std::string& settings = {}, std::string instance = {}) : instance_(std::move(instance)) {
    std::filesystem::create_directories(root() + "/etc/systemd/system");
    std::filesystem::create_directories(root() + "/var/log/journal");
    std::filesystem::create_directories(run());
    folder_.put("etc/machine-id", "11111111111111111111111111111111\n");
    folder_.put(instance_.empty() ? "etc/systemd/journald.conf" : "etc/systemd/journald@" + instance_ + ".conf",
                "[Journal]\nForwardToSyslog=no\nForwardToWall=no\n" + settings);
    start();
  }
  ~DaemonProcess() { stop(SIGTERM); }

  [[nodiscard]] const std::string& root() const { return folder_.path(); }
  [[nodiscard]] std::string run() const { return root() + "/run/systemd/journal" + (instance_.empty() ? "" : "." + instance_); }
  /// Folders of its files, below /run and below /var.
  [[nodiscard]] std::vector<std::string> stores() const {
    const std::string name = "11111111111111111111111111111111" + (instance_.empty() ? "" : "." + instance_);
    return {root() + "/run/log/journal/" + name, root() + "/var/log/journal/" + name};
  }
  std::string put(const std::string& path, const std::string& text) const { return folder_.put(path, text); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Starts it and waits until it says that it is ready. A busy manager does not listen before the daemon serves others.
  enum class Manager { listening, busy };
  void start(Manager manager = Manager::listening) {
    const std::string address = root() + "/notify";
    ::unlink(address.c_str());
    const UniqueFd notify(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.c_str(), address.size());
    ASSERT_EQ(::bind(notify.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    if (manager == Manager::busy) {
      const UniqueFd other = connect_to(address, SOCK_DGRAM | SOCK_NONBLOCK);
      while (::send(other.get(), "STATUS=x", 8, 0) > 0) {
      }
    }
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
      ::setenv("WATCHDOG_USEC", "1000000", 1);
      ::setenv("ASAN_OPTIONS", "quarantine_size_mb=4", 1);  // freed memory that a sanitizer keeps is not the daemon's
      ::execl(daemon_program(), daemon_program(), "--root", root().c_str(), "--no-kernel", instance_.empty() ? nullptr : instance_.c_str(), nullptr);
      ::_exit(127);
    }
    constexpr int patience_ms = 20'000;
    if (manager == Manager::busy) {
      while (!connect_to(run() + "/io.systemd.journal", SOCK_STREAM) && ::waitpid(pid_, nullptr, WNOHANG) == 0) ::poll(nullptr, 0, 1);
      EXPECT_EQ(call("Synchronize"), R"({"parameters":{}})");
    }
    std::string heard;
    for (const std::string word : {"READY=1", "WATCHDOG=1"})
      while (!heard.starts_with(word)) {
        if (manager == Manager::listening && word == "WATCHDOG=1") return;
        pollfd ready{notify.get(), POLLIN, 0};
        ASSERT_EQ(::poll(&ready, 1, patience_ms), 1) << "the daemon never said " << word;
        char message[256];
        heard.assign(message, static_cast<std::size_t>(::recv(notify.get(), message, sizeof message, 0)));
      }
  }
  void stop(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    if (signal == SIGTERM) {
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "it did not end well: " << status;
    }
  }

  [[nodiscard]] UniqueFd native() const { return connect_to(run() + "/socket", SOCK_DGRAM); }
  [[nodiscard]] UniqueFd syslog() const { return connect_to(run() + "/dev-log", SOCK_DGRAM); }
  [[nodiscard]] UniqueFd stream() const { return connect_to(run() + "/stdout", SOCK_STREAM); }

  /// Calls a method of io.systemd.Journal and returns the reply.
  [[nodiscard]] std::string call(const std::string& method) const {
    const UniqueFd fd = connect_to(run() + "/io.systemd.journal", SOCK_STREAM);
    const std::string request = "{\"method\":\"io.systemd.Journal." + method + "\",\"parameters\":{}}";
    if (::send(fd.get(), request.c_str(), request.size() + 1, MSG_NOSIGNAL) < 0) return "not sent";
    std::string reply;
    char byte = 0;
    while (::recv(fd.get(), &byte, 1, 0) == 1 && byte != '\0') reply += byte;
    return reply;
  }

  /// All messages that are in its journal after a sync, in order; damaged files fail the test.
  [[nodiscard]] std::vector<std::string> messages() const { return values("MESSAGE"); }
  /// The same of another field, of those entries that have it.
  [[nodiscard]] std::vector<std::string> values(const std::string& field) const {
    EXPECT_EQ(call("Synchronize"), R"({"parameters":{}})");
    Journal journal;
    for (const std::string& store : stores())
      for (const StoredFile& file : list_files(store)) EXPECT_TRUE(journal.add_file(file.path).has_value()) << file.path;
    std::vector<std::string> found;
    journal.seek_head();
    while (journal.step(Direction::down))
      journal.for_each_datum([&](std::string_view payload) {
        if (!payload.starts_with(field + "=")) return true;
        found.emplace_back(payload.substr(field.size() + 1));
        return false;
      });
    return found;
  }

  /// Memory that it has in use, in bytes.
  [[nodiscard]] std::uint64_t resident() const {
    std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
    std::uint64_t size = 0, pages = 0;
    statm >> size >> pages;
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }

 private:
  TemporaryFolder folder_;
  std::string instance_;
  pid_t pid_ = 0;
};

/// Opens a stdout stream as the manager does for a unit.
inline UniqueFd open_stream(const DaemonProcess& daemon, const std::string& unit) {
  UniqueFd fd = daemon.stream();
  const std::string header = unit + "\n" + unit + "\n6\n0\n0\n0\n0\n";
  EXPECT_EQ(::send(fd.get(), header.data(), header.size(), MSG_NOSIGNAL), static_cast<ssize_t>(header.size()));
  return fd;
}
inline void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(n, 0);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// Sends one datagram, with descriptors where there are any.
inline bool send_datagram(int fd, std::string_view bytes, const std::vector<int>& descriptors = {}) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 16)] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
  }
  return ::sendmsg(fd, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

}  // namespace journal::test
