#include "journal/journalctl/actions.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>

#include "journal/file/verifier.h"
#include "journal/journalctl/catalog.h"
#include "journal/journalctl/boots.h"
#include "journal/journalctl/terminal.h"
#include "journal/store/directory.h"
#include "journal/text/bytes.h"
#include "journal/text/id128.h"
#include "unitparser/base/time.h"

namespace journal {
namespace {

using unitparser::UniqueFd;

/// A daemon that does not answer for so long is given up. Flushing a large journal takes its time.
constexpr int reply_seconds = 300;

std::string flag_names(std::uint32_t flags, std::initializer_list<std::pair<std::uint32_t, const char*>> names) {
  std::string text;
  for (const auto& [flag, name] : names)
    if ((flags & flag) != 0) {
      text.append(" ").append(name);
      flags &= ~flag;
    }
  if (flags != 0) text.append(" ???");
  return text;
}

const char* state_name(std::uint8_t state) {
  switch (static_cast<FileState>(state)) {
    case FileState::offline: return "OFFLINE";
    case FileState::online: return "ONLINE";
    case FileState::archived: return "ARCHIVED";
  }
  return "UNKNOWN";
}

void print_header(const JournalFile& file, TimeFormatter& time) {
  const Header& h = file.header();
  const std::uint64_t size = file.view().header_size();
  const auto time_or_dashes = [&](std::uint64_t usec) { return usec == 0 ? std::string(" --- ") : time.full_with_zone(usec); };
  const std::uint64_t data_buckets = h.data_hash_table_size / sizeof(HashItem);
  const std::uint64_t field_buckets = h.field_hash_table_size / sizeof(HashItem);
  std::printf("File path: %s\nFile ID: %s\nMachine ID: %s\nBoot ID: %s\nSequential number ID: %s\nState: %s\n",
              file.path().c_str(), format_id(h.file_id).c_str(), format_id(h.machine_id).c_str(),
              format_id(h.tail_entry_boot_id).c_str(), format_id(h.seqnum_id).c_str(), state_name(h.state));
  std::printf("Compatible flags:%s\n", flag_names(h.compatible_flags, {{compatible::sealed, "SEALED"}}).c_str());
  std::printf("Incompatible flags:%s\n",
              flag_names(h.incompatible_flags, {{incompatible::compressed_xz, "COMPRESSED-XZ"},
                                                {incompatible::compressed_lz4, "COMPRESSED-LZ4"},
                                                {incompatible::compressed_zstd, "COMPRESSED-ZSTD"},
                                                {incompatible::keyed_hash, "KEYED-HASH"},
                                                {incompatible::compact, "COMPACT"}})
                  .c_str());
  std::printf("Header size: %" PRIu64 "\nArena size: %" PRIu64 "\nData hash table size: %" PRIu64
              "\nField hash table size: %" PRIu64 "\nRotate suggested: %s\n",
              h.header_size, h.arena_size, data_buckets, field_buckets,
              h.n_data * 4 > data_buckets * 3 || h.n_fields * 4 > field_buckets * 3 ? "yes" : "no");
  std::printf("Head sequential number: %" PRIu64 " (%" PRIx64 ")\nTail sequential number: %" PRIu64 " (%" PRIx64 ")\n",
              h.head_entry_seqnum, h.head_entry_seqnum, h.tail_entry_seqnum, h.tail_entry_seqnum);
  std::printf("Head realtime timestamp: %s (%" PRIx64 ")\n", time_or_dashes(h.head_entry_realtime).c_str(),
              h.head_entry_realtime);
  std::printf("Tail realtime timestamp: %s (%" PRIx64 ")\n", time_or_dashes(h.tail_entry_realtime).c_str(),
              h.tail_entry_realtime);
  std::printf("Tail monotonic timestamp: %s (%" PRIx64 ")\n",
              unitparser::format_duration(unitparser::Duration::from_usec(h.tail_entry_monotonic),
                                          unitparser::Duration::from_msec(1))
                  .c_str(),
              h.tail_entry_monotonic);
  std::printf("Objects: %" PRIu64 "\nEntry objects: %" PRIu64 "\n", h.n_objects, h.n_entries);
  if (header_has(size, offsetof(Header, n_data), sizeof h.n_data))
    std::printf("Data objects: %" PRIu64 "\nData hash table fill: %.1f%%\n", h.n_data,
                data_buckets == 0 ? 0.0 : 100.0 * static_cast<double>(h.n_data) / static_cast<double>(data_buckets));
  if (header_has(size, offsetof(Header, n_fields), sizeof h.n_fields))
    std::printf("Field objects: %" PRIu64 "\nField hash table fill: %.1f%%\n", h.n_fields,
                field_buckets == 0 ? 0.0 : 100.0 * static_cast<double>(h.n_fields) / static_cast<double>(field_buckets));
  if (header_has(size, offsetof(Header, n_tags), sizeof h.n_tags)) std::printf("Tag objects: %" PRIu64 "\n", h.n_tags);
  if (header_has(size, offsetof(Header, n_entry_arrays), sizeof h.n_entry_arrays)) std::printf("Entry array objects: %" PRIu64 "\n", h.n_entry_arrays);
  if (header_has(size, offsetof(Header, field_hash_chain_depth), sizeof h.field_hash_chain_depth))
    std::printf("Deepest field hash chain: %" PRIu64 "\n", h.field_hash_chain_depth);
  if (header_has(size, offsetof(Header, data_hash_chain_depth), sizeof h.data_hash_chain_depth))
    std::printf("Deepest data hash chain: %" PRIu64 "\n", h.data_hash_chain_depth);
  struct stat st = {};
  if (::fstat(file.fd(), &st) == 0)
    std::printf("Disk usage: %s\n", format_bytes(static_cast<std::uint64_t>(st.st_blocks) * 512).c_str());
}

}  // namespace

int print_headers(const Options& options, Journal& journal) {
  TimeFormatter time(options.utc ? Zone::utc : Zone::local);
  for (std::size_t i = 0; i < journal.file_count(); ++i) {
    if (i > 0) std::putchar('\n');
    print_header(journal.file(i), time);
  }
  return EXIT_SUCCESS;
}

namespace {

/// How far the seals of a file reach, as journalctl --verify-key= says it.
void print_sealed_range(const VerifyReport& report, TimeFormatter& time) {
  const auto span = [](std::uint64_t usec) {
    return unitparser::format_duration(unitparser::Duration::from_usec(usec), unitparser::Duration::from_usec(0));
  };
  if (report.sealed_realtime > 0)
    std::fprintf(stderr, "=> Validated from %s to %s, final %s entries not sealed.\n", time.full_with_zone(report.first_realtime).c_str(),
                 time.full_with_zone(report.sealed_realtime).c_str(), span(report.last_realtime - report.sealed_realtime).c_str());
  else if (report.last_realtime > 0)
    std::fprintf(stderr, "=> No sealing yet, %s of entries not sealed.\n", span(report.last_realtime - report.first_realtime).c_str());
  else
    std::fprintf(stderr, "=> No sealing yet, no entries in file.\n");
}

}  // namespace

int verify_files(const Options& options, Journal& journal) {
  std::optional<SealCheck> seals;
  if (!options.verify_key.empty()) {
    const auto key = parse_verification_key(options.verify_key);
    auto source = key ? SealSource::from_seed(key->seed) : unitparser::Result<SealSource>(tl::unexpected(key.error()));
    if (!source) {
      std::fprintf(stderr, "Failed to parse seed.: %s\n", source.error().message.c_str());
      return EXIT_FAILURE;
    }
    seals = SealCheck{*key, std::move(*source)};
  }
  TimeFormatter time(options.utc ? Zone::utc : Zone::local);
  int code = EXIT_SUCCESS;
  for (std::size_t i = 0; i < journal.file_count(); ++i) {
    const JournalFile& file = journal.file(i);
    const bool has_seals = is_sealed(file.header());
    if (has_seals && !seals) {
      std::fprintf(stderr, "Journal file %s has sealing enabled but verification key has not been passed using --verify-key=.\nFAIL: %s (%s)\n",
                   file.path().c_str(), file.path().c_str(), ::strerrordesc_np(ENOKEY));
      code = EXIT_FAILURE;
      continue;
    }
    const VerifyReport report = verify_file(file, has_seals ? &*seals : nullptr);
    if (report.passed) {
      if (!options.quiet) std::fprintf(stderr, "PASS: %s\n", file.path().c_str());
      if (!options.quiet && has_seals) print_sealed_range(report, time);
      continue;
    }
    const std::uint64_t size = file.view().size();
    std::fprintf(stderr, "%06" PRIx64 ": %s\n", report.fault.offset, report.fault.text.c_str());
    if (report.fault.in_object)
      std::fprintf(stderr, "%06" PRIx64 ": Invalid object contents: Bad message\n", report.fault.offset);
    std::fprintf(stderr, "File corruption detected at %s:%06" PRIx64 " (of %" PRIu64 " bytes, %" PRIu64 "%%).\n",
                 file.path().c_str(), report.fault.offset, size, 100 * report.fault.offset / size);
    std::fprintf(stderr, "FAIL: %s (Bad message)\n", file.path().c_str());
    code = EXIT_FAILURE;
  }
  return code;
}

int print_disk_usage(const Options& options, Journal& journal) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < journal.file_count(); ++i) {
    struct stat st = {};
    if (::fstat(journal.file(i).fd(), &st) == 0) bytes += static_cast<std::uint64_t>(st.st_blocks) * 512;
    // COMPAT: journalctl(1) --disk-usage knows of no indexes.
    if (!options.speaks_as_journalctl) bytes += size_of_index(journal.file(i).path());
  }
  std::printf("Archived and active journals take up %s in the file system.\n", format_bytes(bytes).c_str());
  return EXIT_SUCCESS;
}

int print_field_values(const Options& options, Journal& journal) {
  Output output;
  journal.for_each_value(options.field, [&](std::string_view payload) {
    std::string_view value = payload.substr(payload.find('=') + 1);
    if (options.speaks_as_journalctl) value = value.substr(0, value.find('\0'));  // which prints up to a NUL
    if (options.output == OutputMode::json) {
      append_json_string(output.buffer(), value);
      output.buffer().append("\n");
    } else {
      output.buffer().append(value).append("\n");
    }
    output.flush_if_large();
  });
  return EXIT_SUCCESS;
}

int print_fields(Journal& journal) {
  Output output;
  journal.for_each_field_name([&](std::string_view name) { output.buffer().append(name).append("\n"); });
  return EXIT_SUCCESS;
}

int list_boots(const Options& options, Journal& journal) {
  const std::vector<BootRange> boots = find_boots(journal);
  const auto n = static_cast<std::int64_t>(boots.size());
  if (is_json(options.output)) {
    std::string text = "[";
    for (std::int64_t i = 0; i < n; ++i) {
      const BootRange& boot = boots[static_cast<std::size_t>(i)];
      text += i > 0 ? "," : "";
      text += "{\"index\":" + std::to_string(i + 1 - n) + ",\"boot_id\":\"" + format_id(boot.id) +
              "\",\"first_entry\":" + std::to_string(boot.first) + ",\"last_entry\":" + std::to_string(boot.last) + "}";
    }
    std::printf("%s]\n", text.c_str());
    return EXIT_SUCCESS;
  }
  if (n == 0) return EXIT_SUCCESS;
  TimeFormatter time(options.utc ? Zone::utc : Zone::local);
  std::size_t first_width = sizeof("FIRST ENTRY") - 1;
  std::size_t index_width = options.quiet ? 0 : sizeof("IDX") - 1;  // as wide as what is shown: -q shows no titles
  for (std::int64_t i = 0; i < n; ++i) {
    first_width = std::max(first_width, time.full_with_zone(boots[static_cast<std::size_t>(i)].first).size());
    index_width = std::max(index_width, std::to_string(i + 1 - n).size());
  }
  if (!options.quiet)
    std::printf("%*s %-32s %-*s %s\n", static_cast<int>(index_width), "IDX", "BOOT ID", static_cast<int>(first_width),
                "FIRST ENTRY", "LAST ENTRY");
  for (std::int64_t i = 0; i < n; ++i) {
    const BootRange& boot = boots[static_cast<std::size_t>(i)];
    std::printf("%*" PRId64 " %s %-*s %s\n", static_cast<int>(index_width), i + 1 - n, format_id(boot.id).c_str(),
                static_cast<int>(first_width), time.full_with_zone(boot.first).c_str(),
                time.full_with_zone(boot.last).c_str());
  }
  return EXIT_SUCCESS;
}

int vacuum_folders(const Options& options, const SourceList& sources) {
  VacuumGoal goal;
  goal.max_use = options.vacuum_size;
  goal.max_files = options.vacuum_files;
  if (options.vacuum_time > 0) {
    timespec now = {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::uint64_t usec = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000;
    goal.oldest_realtime = usec > options.vacuum_time ? usec - options.vacuum_time : 1;
  }
  for (const std::string& folder : sources.folders) {
    std::uint64_t freed = 0;
    for (const VacuumedFile& file : vacuum(folder, goal)) {
      freed += file.size;
      if (!options.quiet)
        std::fprintf(stderr, "Deleted archived journal %s (%s).\n", file.path.c_str(), format_bytes(file.size).c_str());
    }
    if (!options.quiet)
      std::fprintf(stderr, "Vacuuming done, freed %s of archived journals from %s.\n", format_bytes(freed).c_str(),
                   folder.c_str());
  }
  return EXIT_SUCCESS;
}

int call_daemon(const Options& options, const char* method) {
  const std::string suffix = options.name_space.empty() ? "" : "." + options.name_space;
  const std::string path = options.root + "/run/systemd/journal" + suffix + "/io.systemd.journal";
  const auto complain = [&](const char* what) {
    std::fprintf(stderr, "Failed to %s %s: %s\n", what, path.c_str(), ::strerrordesc_np(errno));
    return EXIT_FAILURE;
  };
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (!fd || path.size() >= sizeof address.sun_path) return complain("connect to");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const timeval deadline{reply_seconds, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return complain("connect to");
  std::string request = std::string("{\"method\":\"io.systemd.Journal.") + method + "\",\"parameters\":{}}";
  if (::send(fd.get(), request.c_str(), request.size() + 1, MSG_NOSIGNAL) < 0) return complain("call");
  std::string reply;
  std::array<char, 1024> buffer;
  while (reply.find('\0') == std::string::npos) {
    const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (n == 0) errno = ECONNRESET;
    if (n <= 0) return complain("hear from");
    reply.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (reply.find("\"error\"") == std::string::npos) return EXIT_SUCCESS;
  std::fprintf(stderr, "Failed to execute varlink call: %s\n", reply.c_str());
  return EXIT_FAILURE;
}

int smart_relinquish(const Options& options) {
  // On the root file system the journal may go on to the very end: nothing to give up.
  struct stat root = {}, folder = {};
  if (::stat((options.root + "/").c_str(), &root) < 0 || ::stat((options.root + "/var/log/journal").c_str(), &folder) < 0 ||
      root.st_dev == folder.st_dev)
    return EXIT_SUCCESS;
  return call_daemon(options, "RelinquishVar");
}

int list_catalog(const Options& options) {
  const std::string path = options.root + "/var/lib/systemd/catalog/database";
  const auto catalog = Catalog::open(path);
  if (!catalog) {
    std::fprintf(stderr, "Failed to list catalog: %s\n",
                 catalog.error().os_errno != 0 ? ::strerrordesc_np(catalog.error().os_errno) : "Bad message");
    return EXIT_FAILURE;
  }
  Output output;
  output.start_pager(options);
  int code = EXIT_SUCCESS;
  const bool whole = options.action == Action::dump_catalog;
  std::vector<Id128> ids;
  if (options.matches.empty()) ids = (*catalog)->ids();
  for (const std::string& word : options.matches) {
    const auto id = parse_id(word);
    if (!id) {
      std::fprintf(stderr, "Failed to parse id128 '%s'.\n", word.c_str());
      code = EXIT_FAILURE;
      continue;
    }
    ids.push_back(*id);
  }
  for (const Id128& id : ids) {
    const std::string_view text = (*catalog)->find(id);
    if (text.empty()) {
      if (!options.matches.empty()) {
        std::fprintf(stderr, "Failed to retrieve catalog entry for '%s': No such file or directory\n",
                     format_id(id).c_str());
        code = EXIT_FAILURE;
      }
      continue;
    }
    if (whole) {
      output.buffer().append("-- ").append(format_id(id)).append("\n").append(text).append("\n");
    } else {
      const std::string_view by = catalog_header(text, "Defined-By");
      const std::string_view subject = catalog_header(text, "Subject");
      output.buffer().append(format_id(id)).append(" ").append(by.empty() ? "n/a" : by).append(": ");
      output.buffer().append(subject.empty() ? "n/a" : subject).append("\n");
    }
    output.flush_if_large();
  }
  output.finish();
  return code;
}

int update_catalog(const Options& options) {
  std::vector<CatalogText> texts;
  for (const char* folder : {"/usr/lib/systemd/catalog", "/usr/local/lib/systemd/catalog", "/run/systemd/catalog",
                             "/etc/systemd/catalog"}) {
    for (const std::string& path : list_with_suffix(options.root + folder, ".catalog")) {
      const auto source = read_small_file(path, 16 * 1024 * 1024);
      if (!source) continue;
      // "name.LANGUAGE.catalog" holds texts of that language.
      std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
      name.remove_suffix(sizeof(".catalog") - 1);
      const std::size_t dot = name.rfind('.');
      parse_catalog_source(*source, dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1), texts);
    }
  }
  const std::string target = options.root + "/var/lib/systemd/catalog";
  if (const auto made = make_folders(target, 0755); !made) {
    std::fprintf(stderr, "Failed to write catalog: %s\n", made.error().message.c_str());
    return EXIT_FAILURE;
  }
  if (const auto written = write_catalog(target + "/database", std::move(texts)); !written) {
    std::fprintf(stderr, "Failed to write catalog: %s\n", written.error().message.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace journal
