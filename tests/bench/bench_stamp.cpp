// The service whose restarts tests/bench/run measures: bench_stamp FILE MILLISECONDS appends the time of its own main(), lives
// that long, appends the time, exits. Linked statically, so that its own start is as little of what is measured as can be.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

static void note(int fd, const char* what) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  dprintf(fd, "%s %lld\n", what, now.tv_sec * 1'000'000'000LL + now.tv_nsec);
}

int main(int count, char** arguments) {
  const int fd = count == 3 ? open(arguments[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;
  if (fd < 0) return 2;
  note(fd, "begun");
  const long milliseconds = std::atol(arguments[2]);
  const timespec life{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
  nanosleep(&life, nullptr);
  note(fd, "ended");
  _exit(0);
}
