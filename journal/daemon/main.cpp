// journald: takes the log messages of the machine into journal files, systemd-journald.service(8). [os]
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "journal/daemon/server.h"

int main(int argc, char** argv) {
  journal::ServerOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--root" && i + 1 < argc) {
      options.root = argv[++i];
    } else if (argument == "--no-kernel") {
      options.read_kernel = false;
    } else if (!argument.starts_with('-') && options.instance.empty()) {
      options.instance = argument;
    } else {
      std::fprintf(stderr, "usage: journald [--root FOLDER] [--no-kernel] [NAMESPACE]\n");
      return EXIT_FAILURE;
    }
  }
  ::umask(0022);
  ::prctl(PR_SET_NAME, "systemd-journal");  // COMPAT: by which ps, pgrep and monitors know it
  auto server = journal::Server::create(options);
  if (!server) {
    std::fprintf(stderr, "journald: %s\n", server.error().message.c_str());
    return EXIT_FAILURE;
  }
  return (*server)->run();
}
