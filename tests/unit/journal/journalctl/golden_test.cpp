// The journal program, called as journalctl, against recorded outputs of the genuine one on the same files.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "journal/file/appender.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

struct Outcome {
  int code = 0;
  std::string out, err;
};

/// Splits a recorded command line, which quotes with single quotes only.
std::vector<std::string> split_command(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, open = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
      open = true;
    } else if (c == ' ' && !quoted) {
      if (open) words.push_back(word);
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(word);
  return words;
}

/// Runs the program in the folder, with the surroundings that the recordings were made in.
Outcome run_in(const TemporaryFolder& folder, std::vector<std::string> words) {
  const std::string out = folder.path() + "/.out";
  const std::string err = folder.path() + "/.err";
  std::string command = "cd '" + folder.path() + "' && exec env -i TZ=UTC LANG=C.UTF-8 COLUMNS=120 PATH=/usr/bin:/bin '" +
                        folder.path() + "/journalctl'";
  for (std::size_t i = 1; i < words.size(); ++i) command += " '" + words[i] + "'";
  command += " >'" + out + "' 2>'" + err + "'";
  const int status = std::system(command.c_str());
  Outcome run{WEXITSTATUS(status), read_file(out), read_file(err)};
  // The genuine program names itself as it was called.
  const std::string own = folder.path() + "/journalctl:";
  for (std::size_t at = run.err.find(own); at != std::string::npos; at = run.err.find(own))
    run.err.replace(at, own.size(), "journalctl:");
  return run;
}

class Golden : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : sample_files) folder_.put(std::string(name) + ".journal", read_sample(std::string(name) + ".journal.zst"));
    folder_.put("n9truncated.journal", read_sample("n9truncated.journal.zst"));
    ASSERT_EQ(::symlink(JOURNAL_PROGRAM, (folder_.path() + "/journalctl").c_str()), 0);
  }
  TemporaryFolder folder_;
};

/// JSON objects as values: the genuine program prints their members in an order that changes with each run.
std::vector<nlohmann::json> parse_objects(std::string text) {
  std::vector<nlohmann::json> objects;
  for (std::size_t at = text.find("data: {"); at != std::string::npos; at = text.find("data: {")) text.replace(at, 6, " ");
  std::replace(text.begin(), text.end(), '\x1E', ' ');
  std::istringstream in(text);
  while (in >> std::ws && in.peek() != EOF) {
    nlohmann::json object;
    in >> object;
    objects.push_back(std::move(object));
  }
  return objects;
}

TEST_F(Golden, EveryRecordedCommandPrintsTheSame) {
  std::istringstream index(read_sample("index.tsv"));
  std::string line;
  std::getline(index, line);
  // These read what belongs to the recording machine: its catalog and its shell.
  const std::vector<std::string> of_other_machine{"x", "list-catalog", "dump-catalog-id", "match-path"};
  int cases = 0;
  while (std::getline(index, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    const std::string name = line.substr(0, first);
    if (std::find(of_other_machine.begin(), of_other_machine.end(), name) != of_other_machine.end()) continue;
    SCOPED_TRACE(line);
    Outcome run = run_in(folder_, split_command(line.substr(second + 1)));
    std::string expected = read_sample("n1default." + name + ".out.zst");
    const std::string expected_error = read_sample("n1default." + name + ".err.zst");
    const auto strip = [](std::string text, const std::string& from, const std::string& to) {
      const std::size_t at = text.find(from);
      return at == std::string::npos ? text : text.replace(at, from.size(), to);
    };
    EXPECT_EQ(run.code, std::stoi(line.substr(first + 1, second - first - 1)));
    EXPECT_EQ(run.err, strip(expected_error, "@DIR@/", ""));
    expected = strip(expected, "/tmp/jt/", "");
    if (name.find("json") != std::string::npos || name == "output-fields")
      EXPECT_EQ(parse_objects(run.out), parse_objects(expected));
    else
      EXPECT_EQ(run.out, expected);
    ++cases;
  }
  EXPECT_GT(cases, 75);
}

TEST_F(Golden, EveryFileExportsTheSame) {
  for (const char* name : sample_files) {
    SCOPED_TRACE(name);
    const Outcome run = run_in(folder_, {"journalctl", "--file", std::string(name) + ".journal", "-o", "export"});
    EXPECT_EQ(run.code, 0);
    EXPECT_TRUE(run.out == read_sample(std::string(name) + ".export.zst"));
  }
}

TEST_F(Golden, HeadersAndVerificationSayTheSame) {
  for (const char* name : sample_files) {
    SCOPED_TRACE(name);
    const std::string file = std::string(name) + ".journal";
    std::string header = read_sample(std::string(name) + ".header.txt");
    header.replace(header.find("@DIR@/"), 6, "");
    // The last line depends on how the file system stores the file.
    const auto without_usage = [](const std::string& text) { return text.substr(0, text.find("Disk usage")); };
    EXPECT_EQ(without_usage(run_in(folder_, {"journalctl", "--file", file, "--header"}).out), without_usage(header));
    std::string verify = read_sample(std::string(name) + ".verify.txt");
    for (std::size_t at = verify.find("@DIR@/"); at != std::string::npos; at = verify.find("@DIR@/"))
      verify.replace(at, 6, "");
    EXPECT_EQ(run_in(folder_, {"journalctl", "--file", file, "--verify"}).err, verify);
  }
}

TEST_F(Golden, ACutFileIsRefusedAsJournalctlDoes) {
  const Outcome run = run_in(folder_, {"journalctl", "--file", "n9truncated.journal", "-o", "export"});
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.err, "Failed to open files: No data available\n");
}

TEST_F(Golden, ABootIsShownFromItsFirstKernelLine) {
  const Outcome run = run_in(folder_, {"journalctl", "--file", "stock-boot.journal", "-o", "short-monotonic", "--no-hostname"});
  EXPECT_TRUE(run.out == read_sample("stock-boot.short-monotonic.txt.zst"));
}

TEST_F(Golden, WhatIsShownBesideNoEntries) {
  struct Case {
    std::vector<std::string> options;
    int code;
    std::string out, err;
  };
  const std::string none = "-- No entries --\n";
  const std::string cursor = "-- cursor: s=09e2eb76593b4c48be344253383d8378;i=70;b=e1a960e098034393a29827ff5b607f7d;m=522ac63;t=660d79555b674;x=8f64323f3628f2\n";
  const std::vector<Case> recorded{
      {{"-n0"}, 0, none, ""},
      {{"-n0", "--show-cursor"}, 0, none + cursor, ""},
      {{"-n0", "-r", "--show-cursor"}, 0, none + cursor, ""},
      {{"-n0", "-r", "--show-cursor", "-g", "x"}, 1, none + cursor, ""},
      {{"-n0", "-r", "-g", "x"}, 0, none, ""},
      {{"--list-boots", "-q"}, 0, "0 e1a960e098034393a29827ff5b607f7d Sun 2026-11-22 06:28:13 UTC Sun 2026-11-22 06:28:19 UTC\n", ""},
      {{"/nonexistent"}, 1, "", "Couldn't canonicalize path: No such file or directory\n"},
  };
  for (const Case& expected : recorded) {
    std::vector<std::string> words{"journalctl", "--file", "n1default.journal", "--no-pager"};
    words.insert(words.end(), expected.options.begin(), expected.options.end());
    const Outcome run = run_in(folder_, words);
    SCOPED_TRACE(expected.options.back());
    EXPECT_EQ(run.code, expected.code);
    EXPECT_EQ(run.out, expected.out);
    EXPECT_EQ(run.err, expected.err);
  }
}

TEST_F(Golden, MoreFilesThanTheSoftLimitOfOpenOnes) {
  const auto values_with_limit = [this](const std::string& limit) {
    const std::string out = folder_.path() + "/.values";
    const std::string command = "cd '" + folder_.path() + "' && (ulimit -S -n " + limit + "; exec ./journalctl -D . -F _BOOT_ID) >'" + out + "' 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return read_file(out);
  };
  EXPECT_EQ(values_with_limit("12"), values_with_limit("100"));
}

TEST_F(Golden, WideCharactersAreCutAsByJournalctl) {
  NewFileOptions options;
  options.boot_id.bytes.fill(1);
  const auto file = Appender::create(folder_.path() + "/wide.journal", options, {}, {});
  ASSERT_TRUE(file.has_value());
  std::vector<DataHandle> data;
  for (const char* field : {"_HOSTNAME=machine", "SYSLOG_IDENTIFIER=ssh.s", "_PID=230",
                            "MESSAGE=entry 5751 user root started denied Error started connection connection 日本語 ünïcödé 😀"})
    data.push_back((*file)->intern(field).value());
  std::uint64_t seqnum = 0;
  ASSERT_TRUE((*file)->append({1'700'003'386'000'000, 1, options.boot_id}, data, seqnum).has_value());
  EXPECT_EQ(run_in(folder_, {"journalctl", "--file", "wide.journal", "--no-pager", "--no-full"}).out,
            "Nov 14 23:09:46 machine ssh.s[230]: entry 5751 user root started denied Error started connection connection 日…ünïcödé 😀\n");
}

}  // namespace
}  // namespace journal::test
