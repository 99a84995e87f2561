// Sends log entries to the journal daemon of this machine as fast as it takes them, and waits until they are on the disk; or
// measures how long a line takes to a follower. Prints one JSON line. [os: sockets, processes]
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

double seconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

int connect_to(const char* path, int type) {
  const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    std::perror(path);
    std::exit(1);
  }
  return fd;
}

/// About 95 bytes, different each time.
std::string message(int writer, long i) {
  char text[160];
  std::snprintf(text, sizeof text, "request %ld of writer %d for /path/%ld/item?id=%ld finished with status %ld in %ld us", i, writer, i % 97,
                i * 7919 % 100003, 200 + i % 5, i * 31 % 5000);
  return text;
}

void send_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::send(fd, bytes, size, MSG_NOSIGNAL);
    if (n <= 0) {
      std::perror("send");
      std::exit(1);
    }
    bytes += n;
    size -= static_cast<std::size_t>(n);
  }
}

void write_entries(const std::string& kind, int writer, long entries) {
  if (kind == "stream") {
    const int fd = connect_to("/run/systemd/journal/stdout", SOCK_STREAM);
    std::string buffer = "bench\n\n6\n0\n0\n0\n0\n";
    for (long i = 0; i < entries; ++i) {
      buffer += message(writer, i) + "\n";
      if (buffer.size() > 32768 || i + 1 == entries) {
        send_all(fd, buffer.data(), buffer.size());
        buffer.clear();
      }
    }
    return;
  }
  const bool native = kind == "native";
  const int fd = connect_to(native ? "/run/systemd/journal/socket" : "/run/systemd/journal/dev-log", SOCK_DGRAM);
  for (long i = 0; i < entries; ++i) {
    const std::string text = native ? "PRIORITY=6\nSYSLOG_IDENTIFIER=bench\nMESSAGE=" + message(writer, i) + "\nCODE_LINE=" + std::to_string(i % 100) + "\n"
                                    : "<14>bench[" + std::to_string(::getpid()) + "]: " + message(writer, i);
    send_all(fd, text.data(), text.size());
  }
}

void synchronize() {
  const int fd = connect_to("/run/systemd/journal/io.systemd.journal", SOCK_STREAM);
  const char request[] = "{\"method\":\"io.systemd.Journal.Synchronize\"}";
  send_all(fd, request, sizeof request);
  char byte = 1;
  while (::recv(fd, &byte, 1, 0) == 1 && byte != '\0') continue;
}

int ingest(const std::string& kind, long entries, int writers) {
  const double start = seconds();
  std::vector<pid_t> children;
  for (int writer = 0; writer < writers; ++writer) {
    const pid_t child = ::fork();
    if (child == 0) {
      write_entries(kind, writer, entries / writers);
      ::_exit(0);
    }
    children.push_back(child);
  }
  int status = 0;
  for (const pid_t child : children) ::waitpid(child, &status, 0);
  const double sent = seconds();
  synchronize();
  std::printf("{\"entries\": %ld, \"sent\": %.6f, \"synced\": %.6f}\n", entries / writers * writers, sent - start, seconds() - start);
  return status;
}

/// One entry and a sync, again and again, a little apart: what a quiet machine does.
int drip(long entries) {
  const int fd = connect_to("/run/systemd/journal/socket", SOCK_DGRAM);
  for (long i = 0; i < entries; ++i) {
    const std::string text = "PRIORITY=6\nSYSLOG_IDENTIFIER=bench\nMESSAGE=" + message(0, i) + "\n";
    send_all(fd, text.data(), text.size());
    synchronize();
    ::usleep(20'000);  // systemd-journald answers before all is on the disk
  }
  std::printf("{\"entries\": %ld}\n", entries);
  return 0;
}

int follow(const char* client, int rounds) {
  int ends[2];
  if (::pipe(ends) < 0) return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execl(client, "journalctl", "-f", "-n", "0", "-o", "cat", nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  const int fd = connect_to("/run/systemd/journal/socket", SOCK_DGRAM);
  std::vector<double> delays;
  std::string seen;
  // The first lines find out when the follower is there.
  for (int round = -3; round < rounds; ++round) {
    const std::string mark = "follow-" + std::to_string(::getpid()) + "-" + std::to_string(round + 3) + ".";
    const std::string entry = "PRIORITY=6\nMESSAGE=" + mark + "\n";
    const double start = seconds();
    double sent = start;
    send_all(fd, entry.data(), entry.size());
    while (seen.find(mark) == std::string::npos) {
      pollfd ready{ends[0], POLLIN, 0};
      if (::poll(&ready, 1, 1000) == 0 && round < 0) {
        sent = seconds();
        send_all(fd, entry.data(), entry.size());
        continue;
      }
      char buffer[4096];
      const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
      if (n <= 0) return 1;
      seen.append(buffer, static_cast<std::size_t>(n));
    }
    if (round >= 0) delays.push_back(seconds() - sent);
    if (seen.size() > 65536) seen.erase(0, seen.size() - 4096);
  }
  ::kill(child, SIGTERM);
  ::waitpid(child, nullptr, 0);
  std::sort(delays.begin(), delays.end());
  std::printf("{\"median\": %.6f, \"worst\": %.6f}\n", delays[delays.size() / 2], delays.back());
  return 0;
}

/// Runs a program, reads what it prints, and tells its time, CPU and peak memory. (From a small process: a child's peak begins
/// with its parent's.)
int run(char** words) {
  int ends[2];
  if (::pipe(ends) < 0) return 1;
  const double start = seconds();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execv(words[0], words);
    ::_exit(127);
  }
  ::close(ends[1]);
  long long printed = 0;
  static char buffer[1 << 20];
  for (ssize_t n = ::read(ends[0], buffer, sizeof buffer); n > 0; n = ::read(ends[0], buffer, sizeof buffer)) printed += n;
  rusage usage = {};
  int status = 0;
  ::wait4(child, &status, 0, &usage);
  const auto cpu = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  std::printf("{\"wall\": %.6f, \"cpu\": %.6f, \"peak\": %ld, \"printed\": %lld}\n", seconds() - start, cpu(usage.ru_utime) + cpu(usage.ru_stime),
              usage.ru_maxrss, printed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  if (kind == "follow" && argc == 4) return follow(argv[2], std::atoi(argv[3]));
  if ((kind == "native" || kind == "syslog" || kind == "stream") && argc == 4) return ingest(kind, std::atol(argv[2]), std::atoi(argv[3]));
  if (kind == "drip" && argc == 3) return drip(std::atol(argv[2]));
  if (kind == "run" && argc > 2) return run(argv + 2);
  std::fprintf(stderr, "usage: bench_journal native|syslog|stream ENTRIES WRITERS | drip ENTRIES | follow CLIENT ROUNDS | run PROGRAM ...\n");
  return 2;
}
