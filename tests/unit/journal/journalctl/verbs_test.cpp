// The verbs of `journal` on a small store of two units.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "journal/file/appender.h"
#include "journal/file/verifier.h"
#include "journal/query/journal.h"
#include "journal/store/directory.h"
#include "tests/unit/journal/samples.h"
#include "unitparser/base/fd.h"

namespace journal::test {
namespace {

constexpr std::uint64_t year_2023 = 1'700'000'000'000'000;

struct Ran {
  int code = 0;
  std::string out, err;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Verbs : public ::testing::Test {
 protected:
  Verbs() {
    machine_.bytes.fill(1);
    std::filesystem::create_directories(store());
    write_file("system@00000000000000000000000000000001-0000000000000001-00060a24181e4000.journal", 0, 300, FileState::archived);
    write_file("system.journal", 300, 400, FileState::offline);
  }
  [[nodiscard]] std::string store() const { return folder_.path() + "/store"; }

  /// Entry i: unit a.service where i % 3 == 0, else b.service; priority i % 8; MESSAGE "line i of UNIT".
  void write_file(const std::string& name, int from, int to, FileState state) {
    NewFileOptions options;
    options.machine_id = options.boot_id = machine_;
    FileLimits limits;
    limits.max_size = 1024 * 1024;
    auto file = Appender::create(store() + "/" + name, options, limits, {});
    ASSERT_TRUE(file.has_value());
    auto seqnum = static_cast<std::uint64_t>(from);
    for (int i = from; i < to; ++i) {
      const std::string unit = i % 3 == 0 ? "a.service" : "b.service";
      std::vector<DataHandle> handles;
      for (const std::string& field :
           {"MESSAGE=line " + std::to_string(i) + " of " + unit + (i % 50 == 0 ? " timeout" : ""), "_SYSTEMD_UNIT=" + unit,
            "PRIORITY=" + std::to_string(i % 8), "_UID=" + std::to_string(i % 2 == 0 ? 0 : 1000), "SYSLOG_IDENTIFIER=" + unit.substr(0, 1),
            "_PID=" + std::to_string(i)}) {
        const auto handle = (*file)->intern(field);
        ASSERT_TRUE(handle.has_value());
        handles.push_back(*handle);
      }
      const auto time = static_cast<std::uint64_t>(i) * 1'000'000;
      ASSERT_TRUE((*file)->append({year_2023 + time, time, machine_}, handles, seqnum).has_value());
    }
    ASSERT_TRUE((*file)->finish(state).has_value());
  }

  [[nodiscard]] Ran run(const std::string& arguments) const {
    const std::string out = folder_.path() + "/out", err = folder_.path() + "/err";
    const std::string command = "exec env -i TZ=UTC LANG=C.UTF-8 COLUMNS=120 PATH=/usr/bin:/bin '" JOURNAL_PROGRAM "' " + arguments +
                                " -D '" + store() + "' >'" + out + "' 2>'" + err + "'";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), read_file(out), read_file(err)};
  }

  TemporaryFolder folder_;
  Id128 machine_;
};

TEST_F(Verbs, UsageTellsEachUnitsShare) {
  const Ran ran = run("usage -o json");
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::uint64_t entries = 0, bytes = 0;
  std::vector<std::string> units;
  for (const std::string& line : lines_of(ran.out)) {
    const auto object = nlohmann::json::parse(line);
    units.push_back(object["unit"]);
    entries += object["entries"].get<std::uint64_t>();
    bytes += object["bytes"].get<std::uint64_t>();
  }
  EXPECT_THAT(units, ::testing::ElementsAre("b.service", "a.service")) << "the bigger first";
  EXPECT_EQ(entries, 400U);
  std::uint64_t used = 0;
  for (const StoredFile& file : list_files(store())) used += (*JournalFile::open(file.path, HeaderRule::strict))->header().tail_object_offset;
  EXPECT_GT(bytes, used / 4);
  EXPECT_LT(bytes, used) << "the shares cannot be more than the whole";
  EXPECT_THAT(run("usage").out, ::testing::HasSubstr("400 entries"));
}

TEST_F(Verbs, ExpressionsChooseEntries) {
  const auto count = [&](const std::string& expression) {
    const Ran ran = run("-q -o cat '" + expression + "'");
    EXPECT_EQ(ran.code, 0) << expression << ": " << ran.err;
    return lines_of(ran.out).size();
  };
  const auto expected = [](auto holds) {
    std::size_t n = 0;
    for (int i = 0; i < 400; ++i) n += holds(i) ? 1 : 0;
    return n;
  };
  const auto is_a = [](int i) { return i % 3 == 0; };
  const auto times_out = [](int i) { return i % 50 == 0; };
  EXPECT_EQ(count("unit=a"), expected(is_a));
  EXPECT_EQ(count("unit=a* and (priority<=err or MESSAGE~\"timeout\") and not uid=0"),
            expected([&](int i) { return is_a(i) && (i % 8 <= 3 || times_out(i)) && i % 2 != 0; }));
  EXPECT_EQ(count("not unit=a"), expected([&](int i) { return !is_a(i); }));
  EXPECT_EQ(count("unit != a.service and priority in (emerg, 7)"), expected([&](int i) { return !is_a(i) && (i % 8 == 0 || i % 8 == 7); }));
  EXPECT_EQ(count("unit=a or message ~ timeout"), expected([&](int i) { return is_a(i) || times_out(i); }));
  EXPECT_EQ(count("pid >= 100 and pid < 200"), 100U) << "numbers are compared as numbers";
  EXPECT_EQ(count("pid not in (1, 2, 3)"), 397U);
  EXPECT_EQ(count("CODE_FILE or unit=b"), expected([&](int i) { return !is_a(i); }));
  EXPECT_EQ(count("time >= @1700000100 and time < @1700000110"), 10U);
  EXPECT_EQ(count("message !~ \"line [0-9]+ of\""), 0U);
  EXPECT_EQ(count("unit=?.service and unit!=a"), expected([&](int i) { return !is_a(i); }));
  EXPECT_EQ(lines_of(run("-q -o cat -n 3 'unit=a'").out).back(), "line 399 of a.service") << "-n counts what matches";
  for (const char* bad : {"unit=", "unit=a and", "(unit=a", "unit in a", "nosuch=1", "unit=a b", "time=never", "not", "pid < \"open"}) {
    const Ran ran = run(std::string("-q '") + bad + "'");
    EXPECT_EQ(ran.code, 1) << bad;
    EXPECT_THAT(ran.err, ::testing::HasSubstr("In the expression, at character")) << bad;
  }
}

TEST_F(Verbs, TopAndCountCountValues) {
  const auto counts = [&](const std::string& arguments) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::vector<std::pair<std::string, std::uint64_t>> found;
    for (const std::string& line : lines_of(ran.out)) {
      const auto object = nlohmann::json::parse(line);
      found.emplace_back(object["_SYSTEMD_UNIT"], object["count"]);
    }
    return found;
  };
  using Pair = std::pair<std::string, std::uint64_t>;
  EXPECT_THAT(counts("count by unit -o json"), ::testing::ElementsAre(Pair{"b.service", 266}, Pair{"a.service", 134}));
  EXPECT_THAT(counts("count unit -o json \"uid=0\""), ::testing::ElementsAre(Pair{"b.service", 133}, Pair{"a.service", 67}));
  EXPECT_EQ(counts("count by unit,PRIORITY -o json").size(), 16U);
  EXPECT_EQ(lines_of(run("top pid -q").out).size(), 10U);
  EXPECT_THAT(run("top pid").out, ::testing::HasSubstr("390 more values"));
  EXPECT_THAT(run("count by CODE_FILE").out, ::testing::HasSubstr("400 100.0%  -"));
  EXPECT_EQ(run("top").code, 1);
}

TEST_F(Verbs, ContextShowsNeighbours) {
  const Ran ran = run("context -C 2 -o cat \"message ~ timeout\"");
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::vector<std::string> lines = lines_of(ran.out);
  EXPECT_EQ(lines[0], "line 0 of a.service timeout");
  EXPECT_EQ(lines[3], "--");
  EXPECT_EQ(lines[4], "line 48 of a.service");
  EXPECT_EQ(lines[6], "line 50 of b.service timeout");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "--"), 7);
  EXPECT_EQ(lines.size(), 3U + 7 * 6);
  EXPECT_EQ(lines_of(run("context -B0 -A 1 -o cat -g \"line 7 \"").out).size(), 2U);
  EXPECT_EQ(lines_of(run("context -B 1 -A0 -u a -o cat \"pid=6\"").out), (std::vector<std::string>{"line 3 of a.service", "line 6 of a.service"}))
      << "the neighbours are those of the unit";
  EXPECT_EQ(run("context \"pid=9999\"").code, 1);
  EXPECT_EQ(run("context").code, 1);
}

TEST_F(Verbs, WhyFollowsCausesFromUnitToUnit) {
  NewFileOptions options;
  options.machine_id = options.boot_id = machine_;
  auto file = Appender::create(store() + "/causes.journal", options, {}, {});
  ASSERT_TRUE(file.has_value());
  std::uint64_t seqnum = 0, time = 1000;
  const auto write = [&](const std::vector<std::string>& fields) {
    std::vector<DataHandle> handles;
    for (const std::string& field : fields) handles.push_back(*(*file)->intern(field));
    time += 1'000'000;
    ASSERT_TRUE((*file)->append({year_2023 + time, time, machine_}, handles, seqnum).has_value());
  };
  write({"_PID=1", "UNIT=top.target", "MESSAGE=Reached target top.target.", "JOB_TYPE=start", "INCIPIT_CAUSE=boot", "INCIPIT_CAUSE_TEXT=the boot"});
  write({"_PID=1", "UNIT=a.service", "MESSAGE=a.service: Started a.service.", "JOB_TYPE=start", "INCIPIT_CAUSE=dependency",
         "INCIPIT_CAUSE_TEXT=Wants=a.service of top.target (/x/top.target:3)", "INCIPIT_CAUSE_UNIT=top.target", "INCIPIT_CAUSE_PLACE=/x/top.target:3"});
  write({"_PID=900", "_UID=5000", "UNIT=a.service", "MESSAGE=lie", "INCIPIT_CAUSE_TEXT=nobody but the manager says so"});
  write({"_PID=77", "_SYSTEMD_UNIT=a.service", "MESSAGE=a word of its own\033[31m"});
  const std::string started =
      "Tue 2023-11-14 22:13:22 UTC a.service: Started a.service.\n    started because of Wants=a.service of top.target (/x/top.target:3)\n"
      "Tue 2023-11-14 22:13:21 UTC top.target: Reached target top.target.\n    started because of the boot\n";
  const Ran of_unit = run("why a");
  EXPECT_EQ(of_unit.code, 0) << of_unit.err;
  EXPECT_EQ(of_unit.out, started);
  write({"_PID=1", "UNIT=a.service", "MESSAGE=a.service: Deactivated.", "JOB_TYPE=stop", "INCIPIT_CAUSE_TEXT=a request of uid 0"});
  ASSERT_TRUE((*file)->finish(FileState::offline).has_value());
  const std::string stopped = "Tue 2023-11-14 22:13:25 UTC a.service: Deactivated.\n    stopped because of a request of uid 0\n";
  EXPECT_EQ(run("why a").out, stopped);
  EXPECT_EQ(run("why a -n 5").out, stopped + "\n" + started) << "the newest first, and no more than there is";
  const auto acts = lines_of(run("why a -n 2 -o json").out);
  ASSERT_EQ(acts.size(), 2U);
  const auto act = nlohmann::json::parse(acts[1]);
  EXPECT_EQ(act.at("unit"), "a.service");
  EXPECT_EQ(act.at("place"), "/x/top.target:3");
  EXPECT_EQ(act.at("because").at("cause"), "the boot");
  EXPECT_FALSE(nlohmann::json::parse(acts[0]).contains("because"));
  const auto entry = nlohmann::json::parse(run("-o json \"MESSAGE=$(printf 'a word of its own\\033[31m')\"").out);
  const Ran of_entry = run("why '" + entry.at("__CURSOR").get<std::string>() + "'");
  EXPECT_EQ(of_entry.out, "Tue 2023-11-14 22:13:24 UTC a.service: a word of its own [31m\n" + started);
  const Ran nobody = run("why c.service");
  EXPECT_EQ(nobody.code, 1);
  EXPECT_EQ(nobody.err, "Nothing in the journal tells why of c.service.\n");
  EXPECT_EQ(run("why").code, 1);
}

TEST_F(Verbs, NothingBehindACursorIsNoMissedMatch) {
  const auto last = nlohmann::json::parse(run("-n 1 -o json").out);
  const std::string cursor = "'" + last.at("__CURSOR").get<std::string>() + "'";
  EXPECT_EQ(run("-g nowhere --after-cursor " + cursor).code, 0) << "as journalctl(1) ends";
  const Ran again = run("--show-cursor --after-cursor " + cursor);
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.out, ::testing::HasSubstr(cursor.substr(1, cursor.size() - 2))) << "it is where one goes on from";
  const std::string behind = "'s=00000000000000000000000000000001;i=ffffff;t=7ffffffffffff'";
  EXPECT_EQ(run("--after-cursor " + behind).code, 0);
  EXPECT_EQ(run("--show-cursor --after-cursor " + behind).code, 1) << "there is none to show";
  EXPECT_EQ(run("-g nowhere --after-cursor " + behind).code, 1);
  EXPECT_EQ(run("-g nowhere --cursor " + cursor).code, 1);
  EXPECT_EQ(run("-g nowhere --show-cursor --after-cursor " + cursor).code, 1);
  EXPECT_EQ(run("-g nowhere").code, 1);
}

TEST_F(Verbs, TheHeaderOfAFileWithoutEntriesHasNoTimes) {
  write_file("user-1.journal", 0, 0, FileState::offline);
  EXPECT_THAT(run("--header").out, ::testing::HasSubstr("Head realtime timestamp:  ---  (0)\nTail realtime timestamp:  ---  (0)\n")) << "as journalctl(1)";
}

TEST_F(Verbs, HelpTellsAllOfThem) {
  const std::string help = run("--help").out;
  for (const std::string verb : {"usage", "vacuum", "index", "top", "count", "context", "export", "upload"}) {
    EXPECT_THAT(help, ::testing::HasSubstr("\n  " + verb + " "));
    EXPECT_THAT(run(verb + " --help").out, ::testing::StartsWith("usage: journal " + verb));
  }
}

TEST_F(Verbs, ExportSpeaksThreeFormats) {
  const std::string exported = run("export").out;
  EXPECT_EQ(exported, run("-o export").out) << "the same as the output mode";
  const std::vector<std::string> lines = lines_of(run("export --format=json unit=a").out);
  EXPECT_EQ(lines.size(), 134U);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["MESSAGE"], "line 3 of a.service");
  std::size_t records = 0;
  for (const std::string& line : lines_of(run("export --format=otlp").out)) {
    const auto request = nlohmann::json::parse(line);
    for (const auto& record : request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]) {
      if (records == 3) {
        EXPECT_EQ(record["timeUnixNano"], "1700000003000000000");
        EXPECT_EQ(record["severityNumber"], 17);
        EXPECT_EQ(record["severityText"], "err");
        EXPECT_EQ(record["body"]["stringValue"], "line 3 of a.service");
      }
      ++records;
    }
  }
  EXPECT_EQ(records, 400U);
  EXPECT_EQ(run("export --format=xml").code, 1);
  EXPECT_EQ(run("export --to=http://127.0.0.1:9").code, 1) << "it sends nothing";
  for (const std::string option : {"-n 3", "-r", "-f", "-o json"}) {
    const Ran refused = run("export " + option);
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, ::testing::HasSubstr(option.substr(0, 2) + " does not go with it"));
  }
}

/// A receiver that takes each request's body, after it has failed in every way first; bodies over a limit it refuses for good.
class Receiver {
 public:
  explicit Receiver(std::size_t largest_body = SIZE_MAX) : largest_body_(largest_body), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Receiver() { stop(); }
  void stop() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& taken() const { return taken_; }

 private:
  void serve() {
    for (int request = 0;;) {
      const unitparser::UniqueFd fd(::accept(listener_.get(), nullptr, nullptr));
      if (!fd) return;
      while (answer(fd.get(), request)) ++request;
      ++request;
    }
  }
  /// False when the connection is over.
  bool answer(int fd, int request) {
    std::string bytes;
    std::size_t wanted = std::string::npos;
    char buffer[65536];
    while (bytes.size() < wanted) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) return false;
      bytes.append(buffer, static_cast<std::size_t>(n));
      if (request == 1) return false;  // breaks in the middle
      const std::size_t head = bytes.find("\r\n\r\n");
      if (head != std::string::npos && wanted == std::string::npos) {
        EXPECT_TRUE(bytes.starts_with("POST /upload HTTP/1.1\r\n"));
        wanted = head + 4 + std::stoul(bytes.substr(bytes.find("Content-Length: ") + 16));
      }
    }
    const std::string body = bytes.substr(bytes.find("\r\n\r\n") + 4);
    const bool takes = request > 1 && body.size() <= largest_body_;
    if (takes) taken_ += body;
    const std::string reply = body.size() > largest_body_ ? "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n" :
                              takes ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n";
    return ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size());
  }
  std::size_t largest_body_;
  unitparser::UniqueFd listener_;
  std::string url_, taken_;
  std::thread thread_;
};

TEST_F(Verbs, UploadResumesAndLosesNothing) {
  const std::string state = folder_.path() + "/state";
  Receiver receiver;
  const Ran first = run("upload --to=" + receiver.url() + " --state=" + state + " -U @1700000199");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, ::testing::HasSubstr("HTTP status 503; trying again"));
  EXPECT_THAT(first.err, ::testing::HasSubstr("uploaded 200 entries"));
  const Ran second = run("upload --to=" + receiver.url() + " --state=" + state);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.err, ::testing::HasSubstr("uploaded 200 entries"));
  const Ran third = run("upload --to=" + receiver.url() + " --state=" + state);
  EXPECT_EQ(third.err, "") << "nothing is left";
  receiver.stop();
  EXPECT_EQ(receiver.taken(), run("-o export").out) << "each entry, in order, once";
  EXPECT_EQ(run("upload --to=https://x").code, 1);
  EXPECT_EQ(run("upload").code, 1);
}

TEST_F(Verbs, UploadSplitsWhatIsTooLargeForTheReceiver) {
  const std::string all = run("-o export").out;
  Receiver receiver(all.size() / 7);
  const Ran ran = run("upload " + receiver.url());
  EXPECT_EQ(ran.code, 0) << ran.err;
  receiver.stop();
  EXPECT_EQ(receiver.taken(), all) << "each entry, in order, once";
}

TEST_F(Verbs, UploadLeavesOutAnEntryThatAloneIsTooLargeAndSaysSo) {
  const std::string all = run("-o export").out, state = folder_.path() + "/state";
  std::size_t largest = 0, n_largest = 0;
  std::string expected;
  const auto for_each_entry = [&all](auto visit) {
    for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) visit(all.substr(begin, (end = all.find("\n\n", begin) + 2) - begin));
  };
  for_each_entry([&](const std::string& entry) { largest = std::max(largest, entry.size()); });
  for_each_entry([&](const std::string& entry) {
    if (entry.size() == largest) ++n_largest;
    else expected += entry;
  });
  Receiver receiver(largest - 1);
  const Ran ran = run("upload " + receiver.url() + " --state=" + state);
  EXPECT_EQ(ran.code, 1);
  const std::string complaint = "left out an entry that is too large for the receiver (" + std::to_string(largest) + " bytes)";
  std::size_t complaints = 0;
  for (const std::string& line : lines_of(ran.err)) complaints += line.find(complaint) != std::string::npos ? 1 : 0;
  EXPECT_EQ(complaints, n_largest);
  receiver.stop();
  EXPECT_EQ(receiver.taken(), expected) << "all others, in order, once";
  EXPECT_FALSE(expected.empty());
  const std::string last_cursor = all.substr(all.rfind("__CURSOR=") + 9);
  EXPECT_EQ(read_file(state), last_cursor.substr(0, last_cursor.find('\n') + 1));
}

TEST_F(Verbs, UploadNamesAStateFileThatItCannotUse) {
  const std::string state = folder_.path() + "/state";
  folder_.put("state", "no cursor");
  for (const std::string& path : {state, folder_.path()}) {
    const Ran ran = run("upload http://127.0.0.1:9 --state=" + path);
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, ::testing::HasSubstr(path));
  }
  EXPECT_THAT(run("upload http://127.0.0.1:9 --to=http://127.0.0.1:9").err, ::testing::HasSubstr("usage: "));
}

TEST_F(Verbs, VacuumOfOneUnitLeavesTheOthersLines) {
  EXPECT_NE(run("vacuum").code, 0) << "whose?";
  const Ran ran = run("vacuum -u a");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, ::testing::HasSubstr("Deleted 100 archived entries"));
  std::uint64_t of_a = 0, of_b = 0;
  for (const StoredFile& stored : list_files(store())) {
    const auto file = JournalFile::open(stored.path, HeaderRule::strict);
    ASSERT_TRUE(file.has_value());
    EXPECT_TRUE(verify_file(**file).passed) << verify_file(**file).fault.text;
    of_a += (*file)->entries_with("_SYSTEMD_UNIT=a.service").size();
    of_b += (*file)->entries_with("_SYSTEMD_UNIT=b.service").size();
  }
  EXPECT_EQ(of_a, 34U) << "those of the active file";
  EXPECT_EQ(of_b, 266U);
  EXPECT_THAT(run("vacuum -u a").err, ::testing::HasSubstr("Deleted 0 archived entries"));
}

}  // namespace
}  // namespace journal::test
