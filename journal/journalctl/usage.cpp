#include "journal/journalctl/usage.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <unordered_map>

#include "journal/daemon/accounts.h"
#include "journal/daemon/paths.h"
#include "journal/daemon/unit_limits.h"
#include "journal/file/recovery.h"
#include "journal/journalctl/filters.h"
#include "journal/journalctl/printer.h"
#include "journal/journalctl/terminal.h"
#include "journal/store/directory.h"
#include "journal/text/bytes.h"
#include "journal/text/id128.h"

namespace journal {
namespace {

constexpr std::string_view unit_prefix = "_SYSTEMD_UNIT=";

/// One file's part of the measure: each entry, and for each of its data the share of one entry.
void measure_file(JournalFile& file, std::map<std::string, UnitUsage>& units) {
  struct Datum {
    double share = 0;
    UnitUsage* unit = nullptr;  ///< when it names one
  };
  std::unordered_map<std::uint64_t, Datum> known;
  const FileView& view = file.view();
  const double item_size = view.is_compact() ? sizeof(std::uint32_t) : sizeof(RegularEntryItem);
  std::string scratch;
  const auto learn = [&](std::uint64_t offset) -> Datum {
    const DataView data = view.data(offset);
    if (!data) return {};
    Datum datum;
    datum.share = static_cast<double>(data.object->object.size) /
                      static_cast<double>(std::max<std::uint64_t>(data.object->n_entries, 1)) + item_size;
    const std::string_view payload = file.payload(offset, scratch, 512);
    if (payload.starts_with(unit_prefix)) datum.unit = &units[std::string(payload.substr(unit_prefix.size()))];
    return datum;
  };
  EntryList& entries = file.entries();
  for (std::uint64_t i = 0; i < entries.size(); ++i) {
    const EntryView entry = view.entry(entries.at(file, i));
    if (!entry) continue;
    double bytes = static_cast<double>(entry.object->object.size);
    UnitUsage* unit = nullptr;
    for (std::uint64_t k = 0; k < entry.n_items; ++k) {
      const auto [found, is_new] = known.try_emplace(entry.item(k));
      if (is_new) found->second = learn(entry.item(k));
      bytes += found->second.share;
      if (found->second.unit != nullptr) unit = found->second.unit;
    }
    if (unit == nullptr) unit = &units[{}];
    ++unit->entries;
    unit->bytes += bytes;
    const std::uint64_t time = entry.object->realtime;
    unit->oldest = unit->oldest == 0 ? time : std::min(unit->oldest, time);
    unit->newest = std::max(unit->newest, time);
    if (known.size() > 1'000'000) known.clear();  // memory stays bounded; what comes again is learnt again
  }
  file.drop_pages();
}

/// Drops by unit as the daemon tells them; empty when it does not run here.
std::map<std::string, UnitAccount> accounts_by_unit(const Options& options) {
  std::map<std::string, UnitAccount> accounts;
  for (UnitAccount& account : read_accounts(DaemonPaths::of(options.root, options.name_space, {}).run)) {
    const std::string unit = account.unit;
    accounts.emplace(unit, std::move(account));
  }
  return accounts;
}

}  // namespace

std::map<std::string, UnitUsage> measure_usage(Journal& journal) {
  std::map<std::string, UnitUsage> units;
  for (std::size_t i = 0; i < journal.file_count(); ++i) measure_file(journal.file(i), units);
  std::erase_if(units, [](const auto& unit) { return unit.second.entries == 0; });
  return units;
}

int print_usage(const Options& options, const SourceList& sources, Journal& journal) {
  std::map<std::string, UnitUsage> units = measure_usage(journal);
  const bool own_machine = sources.files.empty() && options.directory.empty();
  const auto accounts = own_machine ? accounts_by_unit(options) : std::map<std::string, UnitAccount>();
  for (const auto& [unit, account] : accounts)
    if (!format_drops(account).empty()) units.try_emplace(unit);
  std::vector<std::pair<std::string, UnitUsage>> sorted(units.begin(), units.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
  const auto account_of = [&](const std::string& unit) {
    const auto found = accounts.find(unit);
    return found != accounts.end() ? found->second : UnitAccount{};
  };
  Output output;
  std::string& out = output.buffer();
  if (is_json(options.output)) {
    for (const auto& [unit, usage] : sorted) {
      out += "{\"unit\":";
      append_json_string(out, unit);
      out += ",\"entries\":" + std::to_string(usage.entries) + ",\"bytes\":" + std::to_string(static_cast<std::uint64_t>(usage.bytes)) +
             ",\"oldest\":" + std::to_string(usage.oldest) + ",\"newest\":" + std::to_string(usage.newest) + ",\"dropped\":{";
      const UnitAccount account = account_of(unit);
      for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
        out += (reason > 0 ? ",\"" : "\"") + std::string(drop_reason_names[reason]) + "\":" + std::to_string(account.dropped[reason]);
      out += "}}\n";
    }
    return EXIT_SUCCESS;
  }
  std::size_t width = sizeof("(no unit)") - 1;
  for (const auto& [unit, usage] : sorted) width = std::max(width, unit.size());
  char line[512];
  const auto print = [&](const std::string& unit, const std::string& entries, const std::string& size, const std::string& dropped) {
    std::snprintf(line, sizeof line, "%-*s %10s %8s  ", static_cast<int>(width), unit.c_str(), entries.c_str(), size.c_str());
    out.append(line).append(dropped).append("\n");
  };
  if (!options.quiet) print("UNIT", "ENTRIES", "SIZE", "DROPPED");
  UnitUsage all;
  for (const auto& [unit, usage] : sorted) {
    all.entries += usage.entries;
    all.bytes += usage.bytes;
    const std::string dropped = format_drops(account_of(unit));
    print(unit.empty() ? "(no unit)" : unit, std::to_string(usage.entries), format_bytes(static_cast<std::uint64_t>(usage.bytes)),
          dropped.empty() ? "-" : dropped);
  }
  std::uint64_t on_disk = 0;
  for (std::size_t i = 0; i < journal.file_count(); ++i) {
    struct stat st = {};
    if (::fstat(journal.file(i).fd(), &st) == 0) on_disk += static_cast<std::uint64_t>(st.st_blocks) * 512;
    on_disk += size_of_index(journal.file(i).path());
  }
  if (!options.quiet)
    out += "\n" + std::to_string(all.entries) + " entries, " + format_bytes(static_cast<std::uint64_t>(all.bytes)) + "; " +
           std::to_string(journal.file_count()) + " files take up " + format_bytes(on_disk) + " with their tables, reserves and indexes.\n";
  return EXIT_SUCCESS;
}

int vacuum_units(const Options& options, const SourceList& sources, std::uint64_t now) {
  std::set<std::string> payloads, stems;
  for (const std::string& unit : options.units) {
    const std::string name = mangle_unit_name(unit);
    payloads.insert(std::string(unit_prefix) + name);
    stems.insert(own_stem(name));
  }
  const std::uint64_t before = options.vacuum_time == 0 ? UINT64_MAX : now - std::min(now, options.vacuum_time);
  std::uint64_t gone = 0, freed = 0;
  int code = EXIT_SUCCESS;
  for (const std::string& folder : sources.folders)
    for (const StoredFile& stored : list_files(folder)) {
      if (!stored.is_archived) continue;
      const auto file = JournalFile::open(stored.path, HeaderRule::strict);
      if (!file) continue;
      std::uint64_t of_units = 0;
      for (const std::string& payload : payloads) of_units += (*file)->entries_with(payload).size();
      if (of_units == 0) continue;
      std::set<std::uint64_t> doomed;
      for (const std::string& payload : payloads) {
        EntryList list = (*file)->entries_with(payload);
        EntryLocation at;
        for (std::uint64_t i = 0; i < list.size(); ++i)
          if ((*file)->locate(list.at(**file, i), at) && at.realtime < before) doomed.insert(at.offset);
      }
      if (doomed.empty()) continue;
      const bool all = doomed.size() == (*file)->header().n_entries;
      const auto done = all ? unitparser::Result<RecoveryReport>() : rewrite_file(stored.path, FileState::archived,
          [&](const JournalFile&, std::uint64_t entry) { return !doomed.contains(entry); });
      if (all ? delete_with_index(Disk::real(), stored.path) < 0 : !done) {
        std::fprintf(stderr, "Failed to vacuum %s: %s\n", stored.path.c_str(), all ? ::strerrordesc_np(errno) : done.error().message.c_str());
        code = EXIT_FAILURE;
        continue;
      }
      gone += doomed.size();
      if (!all) ::unlink(index_path(stored.path).c_str());  // which is one of what was in the file
      struct stat st = {};
      const std::uint64_t left = !all && ::stat(stored.path.c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_blocks) * 512 : 0;
      freed += stored.size > left ? stored.size - left : 0;
    }
  if (!options.quiet)
    std::fprintf(stderr, "Deleted %" PRIu64 " archived entries, freed %s. (Entries in active files go once those are rotated: journal --rotate.)\n",
                 gone, format_bytes(freed).c_str());
  return code;
}

}  // namespace journal
