// What reads bytes from outside in the journal, each as one function of bytes: for the fuzzer and for the tests that replay
// its corpus. [os: one temporary file for the file reader]
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "journal/daemon/accounts.h"
#include "journal/daemon/cgroup_path.h"
#include "journal/daemon/config.h"
#include "journal/daemon/unit_limits.h"
#include "journal/daemon/varlink_input.h"
#include "journal/file/packed_file.h"
#include "journal/file/seal.h"
#include "journal/file/verifier.h"
#include "journal/ingest/audit_parser.h"
#include "journal/ingest/kmsg_parser.h"
#include "journal/ingest/native_parser.h"
#include "journal/ingest/stream_parser.h"
#include "journal/ingest/syslog_parser.h"
#include "journal/journalctl/catalog.h"
#include "journal/query/cursor.h"
#include "journal/query/journal.h"
#include "journal/store/policy.h"
#include "journal/store/write_ahead_log.h"
#include "journal/text/bytes.h"
#include "journal/text/timestamp.h"

namespace journal::fuzz {

/// Ends the process: the bytes have shown a mistake.
inline void require(bool good) {
  if (!good) std::abort();
}

/// A file in memory with these bytes; not valid when there is no room.
inline unitparser::UniqueFd file_of(std::string_view bytes) {
  unitparser::UniqueFd fd(::memfd_create("journal", MFD_CLOEXEC));
  if (fd && ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) fd.reset();
  return fd;
}

inline void read_journal_file(std::string_view bytes) {
  Journal journal(HeaderRule::lenient);
  if (!journal.add_fd(file_of(bytes), "fuzz")) return;
  std::uint64_t entries = 0, values = 0;
  journal.seek_head();
  while (journal.step(Direction::down)) {
    require(++entries <= bytes.size());
    journal.for_each_datum([](std::string_view) { return true; }, 4096);
    journal.for_each_field([&](const Datum& datum) { return journal.value(datum).size() < 1'000'000; });
  }
  journal.seek_tail();
  for (std::uint64_t i = 0; i < entries && journal.step(Direction::up); ++i) continue;
  journal.for_each_field_name([&](std::string_view) { ++values; });
  journal.for_each_value("MESSAGE", [&](std::string_view) { ++values; });
  require(values <= 2 * bytes.size());
  Match match;
  require(match.add("PRIORITY=6").has_value());
  journal.set_match(match);
  journal.seek_realtime(1'700'000'000'000'000);
  for (std::uint64_t i = 0; i <= bytes.size() && journal.step(Direction::down); ++i) require(i < bytes.size());
  static_cast<void>(verify_file(journal.file(0)));
  static_cast<void>(ends_agree(journal.file(0)));
}

inline void read_packed_file(std::string_view bytes) {
  const unitparser::UniqueFd fd = file_of(bytes);
  auto unpacked = unpack_file(fd.get(), "fuzz.journal.zst");
  Journal journal(HeaderRule::lenient);
  if (!unpacked || !journal.add_fd(std::move(*unpacked), "fuzz")) return;
  const std::uint64_t most = journal.file(0).header().arena_size;
  journal.seek_head();
  for (std::uint64_t entries = 0; journal.step(Direction::down);) require(++entries <= most);
}

inline void read_seal_keys(std::string_view bytes) {
  if (const auto key = parse_verification_key(bytes)) require(key->interval != 0 && parse_verification_key(format_verification_key(*key)).has_value());
  // The key file is opened by its name, and belongs to the machine that it names.
  std::string path = "/dev/shm/incipit-fuzz-XXXXXX";
  const unitparser::UniqueFd fd(::mkostemp(path.data(), O_CLOEXEC));
  if (!fd) return;
  Id128 machine;
  constexpr std::size_t machine_id_at = offsetof(SealFileHeader, machine_id);
  if (bytes.size() >= machine_id_at + sizeof machine) std::memcpy(&machine, bytes.data() + machine_id_at, sizeof machine);
  const bool is_written = ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  const auto sealer = Sealer::open(path, machine, Disk::real());
  ::unlink(path.c_str());
  if (!is_written || !sealer) return;
  for (const std::uint64_t time : {std::uint64_t{0}, std::uint64_t{1'700'000'000'000'000}, UINT64_MAX}) require(!sealer->covers(time) || !sealer->is_due(time));
  static_cast<void>(sealer->key());
}

inline void parse_native(std::string_view bytes) {
  NativeParser parser(bytes);
  NativeEntry entry;
  std::size_t entries = 0;
  while (parser.next(entry)) {
    require(++entries <= bytes.size() && entry.fields.size() <= entry_field_limit);
    for (const std::string_view field : entry.fields) require(field.find('=') != std::string_view::npos && field[0] != '_');
  }
}

inline void parse_stream(std::string_view bytes) {
  StreamParser parser(100);
  std::size_t total = 0;
  const auto on_line = [&](std::string_view line, LineBreak) {
    require(line.size() <= 4096);
    total += line.size();
  };
  // In pieces, as they come off a socket.
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t n = std::min<std::size_t>(1 + static_cast<unsigned char>(bytes[at]) % 64, bytes.size() - at);
    if (!parser.feed(bytes.substr(at, n), on_line)) return;
    at += n;
  }
  parser.flush(LineBreak::end_of_file, on_line);
  require(total <= bytes.size());
}

inline void parse_words(std::string_view bytes) {
  if (const auto cursor = parse_cursor(bytes)) require(parse_cursor(format_cursor(cursor->location)).has_value());
  static_cast<void>(parse_timestamp(bytes, 1'700'000'000'000'000));
  static_cast<void>(parse_bytes(bytes));
  StoredFile stored;
  static_cast<void>(parse_archived_name(bytes, stored));
  static_cast<void>(identify_cgroup(bytes));
  static_cast<void>(find_cgroup_path(bytes));
}

inline void parse_settings(std::string_view bytes) {
  DaemonConfig config;
  unitparser::Diagnostics findings;
  apply_config_text(bytes, "f", config, findings);
  require(findings.size() <= bytes.size() + 2 && config.line_max >= 79);
  OwnFiles files;
  apply_unit_limits(bytes, files);
  require(unit_of_stem(own_stem("a@b.service")) == "a@b.service");
  for (const UnitAccount& account : parse_accounts(bytes)) require(account.unit.size() <= bytes.size());
}

inline void parse_syslog_line(std::string_view bytes) {
  SyslogMessage message;
  if (!parse_syslog(bytes, message)) return;
  require(message.priority >= 0 && message.priority < 24 * 8 && message.message.size() <= bytes.size());
}

inline void parse_kernel(std::string_view bytes) {
  KernelRecord record;
  if (parse_kmsg(bytes, record)) require(record.message.size() <= bytes.size() && record.fields.size() <= 64);
}

inline void parse_audit_record(std::string_view bytes) {
  AuditRecord record;
  if (parse_audit(1130, bytes, record)) require(record.fields.size() <= 80);
}

inline void parse_varlink(std::string_view bytes) { static_cast<void>(parse_varlink_call(bytes)); }

inline void parse_catalog(std::string_view bytes) {
  std::vector<CatalogText> texts;
  parse_catalog_source(bytes, "", texts);
  require(texts.size() <= bytes.size());
}

inline void parse_log(std::string_view bytes) {
  std::vector<LoggedEntry> entries = parse_write_ahead_log(bytes);
  parse_batch(bytes, entries);  // what only a log with the right sums has otherwise
  std::size_t size = 0;
  for (const LoggedEntry& entry : entries)
    for (const std::string& payload : entry.payloads) size += payload.size();
  require(entries.size() <= bytes.size() && size <= 2 * bytes.size());
}

struct Target {
  const char* name;  ///< folder of its corpus
  void (*run)(std::string_view);
};
inline constexpr Target targets[] = {
    {"file", read_journal_file}, {"native", parse_native},     {"stream", parse_stream},      {"syslog", parse_syslog_line},
    {"kmsg", parse_kernel},      {"audit", parse_audit_record}, {"varlink", parse_varlink},    {"settings", parse_settings},
    {"words", parse_words},      {"catalog", parse_catalog},    {"packed", read_packed_file},  {"seal_keys", read_seal_keys},
    {"log", parse_log},
};

}  // namespace journal::fuzz
