#include "journal/journalctl/setup_keys.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "journal/file/seal.h"
#include "journal/journalctl/boots.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "unitparser/base/time.h"

namespace journal {
namespace {

using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

/// Puts header and state at `path`, readable for root alone; what was there stays until the new one is on the disk.
Result<void> store_key(const std::string& path, const SealFileHeader& header, const SealState& state) {
  std::string made = path + ".tmp.XXXXXX";
  const UniqueFd fd(::mkostemp(made.data(), O_CLOEXEC));
  if (!fd) return fail_errno(errno, "Failed to open " + path);
  const auto bytes = state.bytes();
  const bool whole = ::write(fd.get(), &header, sizeof header) == static_cast<ssize_t>(sizeof header) &&
                     ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd.get()) == 0;
  if (whole && ::rename(made.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(made.c_str());
  return fail_errno(error, "Failed to write " + path);
}

void print_advice(const Options& options, const Id128& machine_id, const std::string& path) {
  char host[65] = {};
  ::gethostname(host, sizeof host - 1);
  const std::string interval = unitparser::format_duration(unitparser::Duration::from_usec(options.seal_interval), unitparser::Duration::from_usec(1));
  std::fprintf(stderr,
               "\nNew keys for host %s/%s.\n\nThe secret sealing key is in this file of this machine, which is to have it alone:\n\n\t%s\n\n"
               "It is replaced by the next one every %s.\n\nThis is the secret verification key. Keep it in a safe place off this machine; it is "
               "stored nowhere here:\n\n\t",
               host, format_id(machine_id).c_str(), path.c_str(), interval.c_str());
}

}  // namespace

int setup_keys(const Options& options) {
  const auto complain = [](const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return EXIT_FAILURE;
  };
  struct stat st = {};
  const std::string folder = options.root + "/var/log/journal";
  if (::stat(folder.c_str(), &st) < 0 || !S_ISDIR(st.st_mode))
    return complain("/var/log/journal is not a directory, must be using persistent logging for FSS.");
  const auto machine_text = read_small_file(options.root + "/etc/machine-id");
  const auto machine_id = parse_id(machine_text ? std::string_view(*machine_text).substr(0, 32) : std::string_view{});
  if (!machine_id) return complain("Failed to get machine ID");
  const std::string path = folder + "/" + format_id(*machine_id) + "/fss";
  if (!options.force && ::access(path.c_str(), F_OK) == 0)
    return complain("Sealing key file " + path + " exists already. Use --force to recreate.");
  VerificationKey key;
  if (::getrandom(key.seed.data(), key.seed.size(), 0) != static_cast<ssize_t>(key.seed.size())) return complain("Failed to read random seed");
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::uint64_t time = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
  key.interval = options.seal_interval;
  key.start = time / key.interval * key.interval;
  const auto source = SealSource::from_seed(key.seed);
  if (!source) return complain(source.error().message);
  const SealState state = source->at(0);
  SealFileHeader header = {};
  header.signature = seal_file_signature;
  header.machine_id = *machine_id;
  header.boot_id = running_boot().value_or(Id128{});
  header.header_size = sizeof header;
  header.start = key.start;
  header.interval = key.interval;
  header.modulus_bits = seal_modulus_bits;
  header.state_size = state.bytes().size();
  if (const auto stored = store_key(path, header, state); !stored) return complain(stored.error().message);
  if (::isatty(STDOUT_FILENO) == 1) print_advice(options, *machine_id, path);
  std::printf("%s\n", format_verification_key(key).c_str());
  return EXIT_SUCCESS;
}

}  // namespace journal
