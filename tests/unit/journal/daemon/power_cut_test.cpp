// The power goes, or the disk fails: nothing that was synced is lost, nothing accepted is lost in silence.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "journal/daemon/storage.h"
#include "journal/file/verifier.h"
#include "journal/query/journal.h"
#include "journal/store/directory.h"
#include "tests/unit/journal/samples.h"
#include "tests/unit/journal/failing_memory.h"
#include "tests/unit/journal/sim_disk.h"

namespace journal::test {
namespace {

constexpr std::uint64_t base_time = 1'700'000'000'000'000;

std::uint64_t environment(const char* name, std::uint64_t fallback) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : fallback;
}

/// A machine's folder with a daemon's storage on it.
struct Machine {
  Machine() {
    machine_id.bytes.fill(1);
    boot_id.bytes.fill(2);
    paths = DaemonPaths::of(folder.path(), {}, machine_id);
    std::filesystem::create_directories(paths.run);
    std::filesystem::create_directories(paths.system_store);
    config.storage = StorageMode::persistent;
    config.system.max_file_size = 512 * 1024;
    config.system.keep_free = 0;
    config.system.max_use = 64 * 1024 * 1024;
  }
  TemporaryFolder folder;
  Id128 machine_id, boot_id;
  DaemonPaths paths;
  DaemonConfig config;
};

/// The fields of the n-th entry: enough to know it again, of all sizes.
std::vector<std::string> fields_of(std::uint64_t n) {
  std::mt19937_64 random(n);
  std::vector<std::string> fields{"MESSAGE=entry " + std::to_string(n), "PRIORITY=" + std::to_string(n % 8), "N=" + std::to_string(n)};
  if (random() % 3 == 0) {
    std::string blob = "BLOB=";
    for (std::uint64_t size = random() % 8000; size > 0; --size) blob += static_cast<char>(random());
    fields.push_back(blob);
  }
  if (random() % 2 == 0) fields.push_back("UNIT=" + std::to_string(random() % 5) + ".service");
  return fields;
}

Written write(Storage& storage, const Machine& machine, std::uint64_t n) {
  const std::vector<std::string> fields = fields_of(n);
  const std::vector<std::string_view> views(fields.begin(), fields.end());
  const uid_t owner = n % 5 == 0 ? 1000 : 0;  // some have a file of their own
  return storage.write({base_time + n, n + 1, machine.boot_id}, {views, {}, owner, false, nullptr});
}

/// Numbers of all entries in the machine's journal; fails the test where a file is not sound or an entry is not as written.
std::set<std::uint64_t> read_back(const Machine& machine) {
  std::set<std::uint64_t> found;
  Journal journal;
  for (const StoredFile& file : list_files(machine.paths.system_store)) {
    const auto added = journal.add_file(file.path);
    EXPECT_TRUE(added.has_value()) << file.path << ": " << added.error().message;
    EXPECT_FALSE(file.path.ends_with("~")) << "given up: " << file.path;
    if (!added) continue;
    const VerifyReport report = verify_file(journal.file(journal.file_count() - 1));
    EXPECT_TRUE(report.passed) << file.path << ": " << report.fault.text << " at " << report.fault.offset;
  }
  journal.seek_head();
  while (journal.step(Direction::down)) {
    std::set<std::string> fields;
    std::uint64_t n = UINT64_MAX;
    journal.for_each_datum([&](std::string_view payload) {
      fields.emplace(payload);
      if (payload.starts_with("N=")) n = std::stoull(std::string(payload.substr(2)));
      return true;
    });
    const std::vector<std::string> wanted = fields_of(n);
    EXPECT_EQ(fields, std::set<std::string>(wanted.begin(), wanted.end())) << "entry " << n;
    EXPECT_TRUE(found.insert(n).second) << "entry " << n << " is there twice";
  }
  return found;
}

struct Promise {
  std::uint64_t moment = 0;  ///< from here on
  std::uint64_t entries = 0; ///< the entries below this number are on the disk
};

/// One life of a machine that writes, syncs, rotates and restarts its daemon; all seen by the recording disk.
std::vector<Promise> live(const Machine& machine, RecordingDisk& disk, std::mt19937_64& random) {
  std::vector<Promise> promises;
  std::optional<Storage> storage(std::in_place, machine.config, machine.paths, machine.machine_id, machine.boot_id, disk);
  storage->flush_to_var();
  for (std::uint64_t n = 0; n < 260; ++n) {
    EXPECT_EQ(write(*storage, machine, n), Written::stored);
    disk.observe();
    const std::uint64_t what = random() % 100;
    if (what < 4) {
      EXPECT_TRUE(storage->sync());
      promises.push_back({disk.moment(), n + 1});
    } else if (what < 8) {
      storage->sync_in_background();
      while (storage->is_syncing()) std::this_thread::yield();
      disk.observe();
      promises.push_back({disk.moment(), n + 1});
    } else if (what < 10) {
      storage->rotate();
      disk.observe();
    } else if (what < 12) {
      if (random() % 2 == 0) storage->close();  // else it was killed
      storage.emplace(machine.config, machine.paths, machine.machine_id, machine.boot_id, disk);
      storage->flush_to_var();
      disk.observe();
    }
  }
  return promises;
}

/// Anywhere; a quarter of the cuts comes while a file is made, when most of what it is to be is not there yet.
std::uint64_t moment_of_cut(const RecordingDisk& disk, std::mt19937_64& random) {
  constexpr std::uint64_t moments_of_making = 6;
  const std::uint64_t any = 1 + random() % disk.moment();
  if (random() % 4 != 0) return any;
  return std::min(disk.births()[random() % disk.births().size()] + random() % moments_of_making, disk.moment());
}

TEST(PowerCut, NoSyncedEntryIsLostAndNoFileIsUnreadable) {
  const std::uint64_t seed = environment("POWER_CUT_SEED", 20231114);
  const std::uint64_t cuts = environment("POWER_CUTS", 2000);
  constexpr std::uint64_t cuts_of_a_life = 100;
  std::uint64_t kept = 0, unsynced_kept = 0;
  for (std::uint64_t done = 0; done < cuts;) {
    std::mt19937_64 random(seed + done);
    const Machine machine;
    RecordingDisk disk(machine.paths.system_store);
    const std::vector<Promise> promises = live(machine, disk, random);
    for (std::uint64_t i = 0; i < cuts_of_a_life && done < cuts; ++i, ++done) {
      SCOPED_TRACE("POWER_CUT_SEED=" + std::to_string(seed) + ", cut " + std::to_string(done));
      const std::uint64_t moment = moment_of_cut(disk, random);
      const Machine after;
      disk.cut(moment, random, after.paths.system_store);
      std::uint64_t promised = 0;
      for (const Promise& promise : promises)
        if (promise.moment <= moment) promised = promise.entries;
      Storage storage(after.config, after.paths, after.machine_id, after.boot_id);
      storage.flush_to_var();
      std::string told;
      for (const StorageNotice& notice : storage.take_notices()) told += notice.message + "\n";
      SCOPED_TRACE(told);
      EXPECT_EQ(write(storage, after, 10'000), Written::stored);
      storage.close();
      std::set<std::uint64_t> found = read_back(after);
      EXPECT_EQ(found.erase(10'000), 1U);
      for (std::uint64_t n = 0; n < promised; ++n) ASSERT_TRUE(found.contains(n)) << "entry " << n << " of " << promised << " synced ones";
      kept += promised;
      unsynced_kept += found.size() - promised;
      if (HasFailure()) return;
    }
  }
  std::printf("%llu power cuts from seed %llu: %llu synced entries, none lost; %llu that were not synced saved as well\n",
              static_cast<unsigned long long>(cuts), static_cast<unsigned long long>(seed), static_cast<unsigned long long>(kept),
              static_cast<unsigned long long>(unsynced_kept));
}

TEST(PowerCut, AFileWhoseHeaderLacksATableIsMadeAnew) {
  for (const std::size_t table : {offsetof(Header, data_hash_table_offset), offsetof(Header, field_hash_table_offset)}) {
    const Machine machine;
    Storage(machine.config, machine.paths, machine.machine_id, machine.boot_id).flush_to_var();  // made, and not closed
    const unitparser::UniqueFd file(::open((machine.paths.system_store + "/system.journal").c_str(), O_WRONLY | O_CLOEXEC));
    constexpr std::uint64_t nowhere = 0;
    ASSERT_EQ(::pwrite(file.get(), &nowhere, sizeof nowhere, static_cast<off_t>(table)), 8);
    Storage storage(machine.config, machine.paths, machine.machine_id, machine.boot_id);
    storage.flush_to_var();
    EXPECT_EQ(write(storage, machine, 1), Written::stored);
    storage.close();
    EXPECT_EQ(read_back(machine), std::set<std::uint64_t>{1});
  }
}

/// Counts what is brought to the disk.
class CountingDisk final : public PassingDisk {
 public:
  int sync(int fd) override {
    ++file_syncs;
    return PassingDisk::sync(fd);
  }
  ssize_t write(int fd, const void* bytes, std::size_t size, off_t at) override {
    written += size;
    return PassingDisk::write(fd, bytes, size, at);
  }
  std::uint64_t file_syncs = 0, written = 0;
};

TEST(SyncOfFewLines, WritesTheLogAlone) {
  const Machine machine;
  CountingDisk disk;
  Storage storage(machine.config, machine.paths, machine.machine_id, machine.boot_id, disk);
  storage.flush_to_var();
  EXPECT_EQ(write(storage, machine, 1), Written::stored);
  EXPECT_TRUE(storage.sync());  // the file's name and head get to the disk
  const auto sync_one = [&](std::uint64_t n) {
    disk.file_syncs = disk.written = 0;
    EXPECT_EQ(write(storage, machine, n), Written::stored);
    EXPECT_TRUE(storage.sync());
  };
  sync_one(2);
  EXPECT_EQ(disk.file_syncs, 0U);
  EXPECT_GT(disk.written, 0U);
  EXPECT_LT(disk.written, 12'000U);
  EXPECT_NE(storage.sync_due(), 0U) << "the files are still to be synced";
  for (std::uint64_t n = 3; n < 100; ++n) EXPECT_EQ(write(storage, machine, n), Written::stored);
  sync_one(100);
  EXPECT_GT(disk.file_syncs, 0U) << "too much for the log";
  EXPECT_EQ(storage.sync_due(), 0U);
  sync_one(101);
  EXPECT_EQ(disk.file_syncs, 0U);
  storage.rotate();
  sync_one(102);
  EXPECT_GT(disk.file_syncs, 0U) << "a new file and an archived one";
  EXPECT_EQ(read_back(machine).size(), 102U);
}

TEST(SyncOfFewLines, AreReadFromTheLogOfAMachineThatDoesNotStartAgain) {
  const Machine machine;
  Storage storage(machine.config, machine.paths, machine.machine_id, machine.boot_id);
  storage.flush_to_var();
  EXPECT_EQ(write(storage, machine, 1), Written::stored);
  EXPECT_TRUE(storage.sync());
  const std::string& folder = machine.paths.system_store;
  const Machine after;
  std::filesystem::copy(folder, after.paths.system_store);
  EXPECT_TRUE(files_of_missing_entries(after.paths.system_store).empty());
  for (std::uint64_t n = 2; n < 5; ++n) EXPECT_EQ(write(storage, machine, n), Written::stored);
  EXPECT_TRUE(storage.sync());
  EXPECT_TRUE(files_of_missing_entries(folder).empty()) << "while the files have all";
  std::filesystem::copy_file(folder + "/incipit.wal", after.paths.system_store + "/incipit.wal", std::filesystem::copy_options::overwrite_existing);
  Journal journal;
  for (auto& file : files_of_missing_entries(after.paths.system_store)) ASSERT_TRUE(journal.add_fd(std::move(file), "log").has_value());
  const auto added = journal.add_file(after.paths.system_store + "/system.journal");
  ASSERT_TRUE(added.has_value()) << added.error().message;
  std::vector<std::uint64_t> found;
  for (journal.seek_head(); journal.step(Direction::down);) found.push_back(journal.current().seqnum);
  EXPECT_EQ(found, (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

/// kB of a file that are mapped into this process.
std::uint64_t mapped_of(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  std::uint64_t mapped = 0;
  bool is_wanted = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ') && line.find(':') != line.find(' ') - 1) is_wanted = line.ends_with(path);
    else if (is_wanted && line.starts_with("Rss:")) mapped += std::stoull(line.substr(4));
  }
  return mapped;
}

TEST(Sync, LeavesNoPageMapped) {
  for (const bool write_ahead : {true, false}) {
    Machine machine;
    machine.config.write_ahead = write_ahead;
    Storage storage(machine.config, machine.paths, machine.machine_id, machine.boot_id);
    storage.flush_to_var();
    const std::string file = machine.paths.system_store + "/system.journal";
    for (std::uint64_t n = 1; n < 4; ++n) {
      EXPECT_EQ(write(storage, machine, n), Written::stored);
      EXPECT_GT(mapped_of(file), 0U);
      EXPECT_TRUE(storage.sync());
      EXPECT_EQ(mapped_of(file), 0U) << "what is idle takes no memory";
    }
  }
}

TEST(SyncOfFewLines, WritesTheFilesWhereNoLogIsWanted) {
  Machine machine;
  machine.config.write_ahead = false;
  CountingDisk disk;
  Storage storage(machine.config, machine.paths, machine.machine_id, machine.boot_id, disk);
  storage.flush_to_var();
  for (std::uint64_t n = 1; n < 4; ++n) {
    disk.file_syncs = 0;
    EXPECT_EQ(write(storage, machine, n), Written::stored);
    EXPECT_TRUE(storage.sync());
    EXPECT_GT(disk.file_syncs, 0U);
  }
}

struct Fault {
  int error;
  std::uint64_t count;
};
class DiskFault : public ::testing::TestWithParam<Fault> {};

TEST_P(DiskFault, AtEveryCallLosesNothingInSilence) {
  std::uint64_t calls = 1;
  for (std::uint64_t first = 0; first < calls; ++first) {
    SCOPED_TRACE("from call " + std::to_string(first) + " on");
    const Machine machine;
    FaultyDisk disk(first, GetParam().count, GetParam().error);
    std::set<std::uint64_t> accepted;
    std::uint64_t refused = 0;
    {
      Storage storage(machine.config, machine.paths, machine.machine_id, machine.boot_id, disk);
      storage.flush_to_var();
      for (std::uint64_t n = 0; n < 40; ++n) {
        if (write(storage, machine, n) == Written::stored) accepted.insert(n);
        else ++refused;
        if (n % 10 == 9) storage.sync();
        if (n % 16 == 15) storage.rotate();
        if (n == 30) storage.vacuum();
      }
      storage.close();
      calls = std::max(calls, disk.calls());
      if (refused > 0) {
        EXPECT_GT(storage.take_notices().size(), 0U) << "and nothing is said";
      }
    }
    disk.heal();
    Storage later(machine.config, machine.paths, machine.machine_id, machine.boot_id, disk);
    later.flush_to_var();
    EXPECT_EQ(write(later, machine, 10'000), Written::stored);
    later.close();
    std::set<std::uint64_t> found = read_back(machine);
    EXPECT_EQ(found.erase(10'000), 1U);
    EXPECT_EQ(found, accepted);
    if (HasFailure()) return;
  }
  EXPECT_GT(calls, 30U);
}

TEST(NoMemory, AtEveryAllocationLosesNothingInSilence) {
  bool failed = true;
  for (std::uint64_t first = 0; failed; ++first) {
    SCOPED_TRACE("allocation " + std::to_string(first));
    const Machine machine;
    std::set<std::uint64_t> accepted;
    Storage storage(machine.config, machine.paths, machine.machine_id, machine.boot_id);
    storage.flush_to_var();
    failed = false;
    for (std::uint64_t n = 0; n < 12; ++n) {
      const std::vector<std::string> fields = fields_of(n);
      const std::vector<std::string_view> views(fields.begin(), fields.end());
      Written written = Written::no_room;
      try {
        const FailingAllocations from(first, 3);
        if (n == 5) storage.rotate();
        written = storage.write({base_time + n, n + 1, machine.boot_id}, {views, {}, 0, false, nullptr});
      } catch (const std::bad_alloc&) {
        failed = true;  // the daemon counts it
      }
      if (written == Written::stored) accepted.insert(n);
    }
    storage.close();
    EXPECT_EQ(read_back(machine), accepted);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, DiskFault,
                         ::testing::Values(Fault{ENOSPC, 1}, Fault{EIO, 1}, Fault{EROFS, 1}, Fault{ENOMEM, 1}, Fault{ENOSPC, 7},
                                           Fault{ENOSPC, UINT64_MAX}, Fault{EIO, UINT64_MAX}, Fault{EROFS, UINT64_MAX},
                                           Fault{ENOMEM, UINT64_MAX}));

}  // namespace
}  // namespace journal::test
