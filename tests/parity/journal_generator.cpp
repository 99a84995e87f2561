// Writes a journal folder of random entries with the daemon's own storage: boots, clock jumps both ways, rotations, vacuums,
// restarts, users; fields that are binary, huge, repeated, empty, of many lines, with colours and wide characters. Or the
// entries of one busy machine, for measuring. [os: files]
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "journal/daemon/storage.h"
#include "journal/text/id128.h"

namespace journal {
namespace {

struct Wishes {
  std::string folder;
  std::uint64_t entries = 20'000, seed = 1;
  bool plain = false;       ///< small entries without oddities: for millions of them
  std::uint64_t files = 0;  ///< of a busy machine's entries alike, in so many files; 0: oddities as above
};

Id128 random_id(std::mt19937_64& random) {
  Id128 id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
  return id;
}

class Generator {
 public:
  explicit Generator(Wishes wishes) : wishes_(std::move(wishes)), random_(wishes_.seed) {
    machine_ = *parse_id("0123456789abcdef0123456789abcdef");
    paths_ = DaemonPaths::of(wishes_.folder + "/root", {}, machine_);
    std::filesystem::create_directories(paths_.run);
    std::filesystem::create_directories(paths_.system_store);
    config_.storage = StorageMode::persistent;
    config_.system.max_file_size = wishes_.plain ? 32ULL << 20 : 4ULL << 20;
    if (wishes_.files > 0) config_.system.max_file_size = std::max<std::uint64_t>(wishes_.entries / wishes_.files * 1600, 1ULL << 20);
    config_.system.max_use = 8ULL << 30;
    config_.system.keep_free = 0;
    config_.system.max_files = 10'000;
  }

  int run() {
    begin_boot();
    for (std::uint64_t i = 0; i < wishes_.entries; ++i) {
      if (wishes_.files > 0) pass_time(i);
      else happen();
      if (!(wishes_.files > 0 ? write_busy(i) : write(i))) {
        std::fprintf(stderr, "entry %llu found no room\n", static_cast<unsigned long long>(i));
        return EXIT_FAILURE;
      }
    }
    storage_->close();
    std::printf("%s\n", paths_.system_store.c_str());
    return EXIT_SUCCESS;
  }

 private:
  bool chance(std::uint64_t one_in) { return random_() % one_in == 0; }

  void begin_boot() {
    if (storage_) {
      if (chance(3)) storage_->sync();  // killed after a sync
      else storage_->close();
    }
    boot_ = random_id(random_);
    monotonic_ = 1'000'000 + random_() % 5'000'000;
    restart();
  }
  void restart() {
    storage_.reset();
    storage_ = std::make_unique<Storage>(config_, paths_, machine_, boot_);
    storage_->flush_to_var();
  }
  /// What happens to a machine between two lines.
  void happen() {
    const std::uint64_t step = chance(50) ? random_() % 60'000'000 : random_() % 20'000;
    realtime_ += step;
    monotonic_ += step;
    if (chance(wishes_.plain ? 100'000 : 2500)) begin_boot();
    else if (chance(wishes_.plain ? 50'000 : 4000)) realtime_ -= std::min<std::uint64_t>(realtime_ / 2, random_() % 600'000'000);
    else if (chance(wishes_.plain ? 50'000 : 4000)) realtime_ += random_() % 86'400'000'000;
    else if (chance(wishes_.plain ? 60'000 : 5000)) storage_->rotate();
    else if (chance(wishes_.plain ? 60'000 : 5000)) storage_->vacuum();
    else if (chance(wishes_.plain ? 60'000 : 5000)) {
      storage_->close();
      restart();
    } else if (chance(1000)) {
      storage_->sync();
    }
  }

  std::string message(std::uint64_t i) {
    static const char* const words[] = {"started", "failed", "connection", "timeout", "request", "Error", "user root", "ok", "denied", "für"};
    std::string text = "entry " + std::to_string(i);
    for (std::uint64_t n = random_() % 8; n > 0; --n) text += std::string(" ") + words[random_() % std::size(words)];
    if (wishes_.plain) return text;
    if (chance(40)) text += "\nsecond line\n\tthird line" + std::string(random_() % 3, '\n');
    if (chance(40)) text += " \x1b[31mred\x1b[0m and \ttabs";
    if (chance(60)) text += " 日本語 ünïcödé 😀";
    if (chance(60)) text += std::string(random_() % 700, 'x');
    if (chance(150)) text += " \xff\xfe bytes";
    if (chance(150)) text += std::string(" nul\0here", 9);
    if (chance(150)) text += std::string(5000 + random_() % 9000, 'L');
    if (chance(300)) text.clear();
    if (chance(300)) text = "   padded   ";
    if (chance(300)) text += "\r\n";
    if (chance(300)) text += "\rreturn\r\nlines\r";
    if (chance(300)) text += "\x1b]8;;http://x\x1b\\\\link \x1b[1;2Kodd \x1b";
    return text;
  }

  std::vector<std::string> fields(std::uint64_t i, uid_t uid) {
    static const char* const units[] = {"nginx.service", "ssh.service", "cron.service", "systemd-logind.service", "rare.service", "user@1000.service",
                                        "session-1.scope", "init.scope", "getty@tty1.service"};
    static const char* const transports[] = {"journal", "syslog", "stdout", "kernel", "driver", "audit"};
    const std::uint64_t kind = random_() % 40 == 0 ? 4 : random_() % std::size(units);
    const std::string transport = transports[random_() % std::size(transports)];
    std::vector<std::string> all{"_BOOT_ID=" + format_id(boot_), "_MACHINE_ID=" + format_id(machine_), "_TRANSPORT=" + transport};
    if (!chance(50)) all.push_back("_HOSTNAME=machine");
    if (!chance(100)) all.push_back("MESSAGE=" + message(i));
    if (!chance(30)) all.push_back("PRIORITY=" + std::to_string(random_() % 8));
    if (!chance(6)) all.push_back("SYSLOG_IDENTIFIER=" + std::string(units[kind]).substr(0, 5));
    if (chance(3)) all.push_back("SYSLOG_FACILITY=" + std::to_string(random_() % 24));
    if (transport != "kernel") {
      all.push_back("_PID=" + std::to_string(100 + random_() % 400));
      all.push_back("_UID=" + std::to_string(uid));
      all.push_back("_GID=" + std::to_string(uid));
      all.push_back("_COMM=" + std::string(units[kind]).substr(0, 8));
      all.push_back("_EXE=/usr/bin/" + std::string(units[kind]).substr(0, 5));
      if (!chance(10)) all.push_back("_SYSTEMD_UNIT=" + std::string(units[kind]));
      if (!chance(10)) all.push_back("_SYSTEMD_SLICE=system.slice");
      if (uid >= 1000 && chance(2)) all.push_back("_SYSTEMD_USER_UNIT=app-" + std::to_string(random_() % 3) + ".service");
    } else if (chance(3)) {
      all.push_back("_KERNEL_DEVICE=b8:" + std::to_string(random_() % 4));
    }
    if (chance(4)) all.push_back("_SOURCE_REALTIME_TIMESTAMP=" + std::to_string(realtime_ - random_() % 5000));
    if (transport == "kernel" || chance(40)) all.push_back("_SOURCE_MONOTONIC_TIMESTAMP=" + std::to_string(monotonic_ - random_() % 100));
    if (wishes_.plain) return all;
    if (chance(20)) all.push_back(std::string("MESSAGE_ID=") + (chance(2) ? "39f53479d3a045ac8e11786248231fbf" : "fc2e22bc6ee647b6b90729ab34a250b1"));
    if (chance(20)) all.push_back("UNIT=" + std::string(units[random_() % std::size(units)]));
    if (chance(30)) all.push_back("SYSLOG_PID=" + std::to_string(random_() % 1000));
    if (chance(40)) all.push_back("CODE_FILE=../src/a.c");
    if (chance(60)) all.push_back("TAG=one");
    if (chance(60)) all.insert(all.end(), {"TAG=two", "TAG=three"});
    if (chance(80)) all.push_back("EMPTY=");
    if (chance(80)) {
      std::string binary = "BINARY=";
      for (std::uint64_t n = random_() % 600; n > 0; --n) binary += static_cast<char>(random_());
      all.push_back(binary);
    }
    if (chance(3000)) all.push_back("HUGE=" + std::string(200'000 + random_() % 800'000, static_cast<char>('a' + random_() % 26)));
    return all;
  }

  bool write(std::uint64_t i) {
    const uid_t uid = chance(10) ? 1000 + static_cast<uid_t>(random_() % 2) : 0;
    const std::vector<std::string> all = fields(i, uid);
    const std::vector<std::string_view> views(all.begin(), all.end());
    return storage_->write({realtime_, monotonic_, boot_}, {views, {}, uid, false, nullptr}) == Written::stored;
  }

  /// 45,000 entries a second, and a new file when its share is in.
  void pass_time(std::uint64_t i) {
    realtime_ += 22;
    monotonic_ += 22;
    const std::uint64_t in_each = std::max<std::uint64_t>(wishes_.entries / wishes_.files, 1);
    if (i > 0 && i % in_each == 0 && i / in_each < wishes_.files) storage_->rotate();
  }

  /// What one service says in 99 of 100 entries and another in one, with all that the daemon adds; one in 1000 has NEEDLE-.
  bool write_busy(std::uint64_t i) {
    static const char* const words[] = {"accept", "buffer", "cache", "commit", "connect", "delete", "expire", "fetch", "flush", "index", "insert"};
    const bool is_rare = i % 100 == 50;
    const std::string name = is_rare ? "rare" : "bulk", pid = is_rare ? "612" : "611";
    const auto word = [&] { return words[random_() % std::size(words)]; };
    char message[256];
    std::snprintf(message, sizeof message, "MESSAGE=%s %s id=%08x path=/api/v%u/%s/%u status=%u took=%ums client=10.%u.%u.%u", word(), word(),
                  static_cast<unsigned>(random_()), 1 + below(4), word(), below(100'000), 200 + below(4) * 100, below(5000), below(256), below(256), below(256));
    std::string text = message;
    if (i % 1000 == 500) text += " NEEDLE-" + std::to_string(i / 1000);
    std::vector<std::string> all{text, "PRIORITY=" + std::to_string(3 + random_() % 5), "SYSLOG_IDENTIFIER=" + name, "_TRANSPORT=journal", "_PID=" + pid, "_UID=0",
                                 "_GID=0", "_COMM=sender", "_EXE=/opt/bench/sender", "_CMDLINE=/opt/bench/sender -n 990000 -i " + name, "_CAP_EFFECTIVE=1ffffffffff",
                                 "_SYSTEMD_CGROUP=/system.slice/" + name + ".service", "_SYSTEMD_UNIT=" + name + ".service", "_SYSTEMD_SLICE=system.slice",
                                 "_SYSTEMD_INVOCATION_ID=" + format_id(machine_), "_SOURCE_REALTIME_TIMESTAMP=" + std::to_string(realtime_ - random_() % 40),
                                 "_BOOT_ID=" + format_id(boot_), "_MACHINE_ID=" + format_id(machine_), "_HOSTNAME=machine", "_RUNTIME_SCOPE=system"};
    if (i < 10) all[12] = "_SYSTEMD_UNIT=once.service";
    const std::vector<std::string_view> views(all.begin(), all.end());
    return storage_->write({realtime_, monotonic_, boot_}, {views, {}, 0, false, nullptr}) == Written::stored;
  }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  Wishes wishes_;
  std::mt19937_64 random_;
  Id128 machine_, boot_;
  DaemonPaths paths_;
  DaemonConfig config_;
  std::unique_ptr<Storage> storage_;
  std::uint64_t realtime_ = 1'700'000'000'000'000, monotonic_ = 0;
};

}  // namespace
}  // namespace journal

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: journal_generator FOLDER ENTRIES SEED [plain | busy FILES]\nPrints the folder with the files.\n");
    return EXIT_FAILURE;
  }
  const std::string kind = argc > 4 ? argv[4] : "";
  const std::uint64_t files = kind == "busy" && argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 0;
  return journal::Generator({argv[1], std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10), kind == "plain", files}).run();
}
