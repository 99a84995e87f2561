// The library as its users see it: what the writer sent, the reader finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <incipit-journal/reader.h>
#include <incipit-journal/writer.h>

#include <string>
#include <vector>

#include "tests/unit/journal/daemon_process.h"

namespace journal::test {
namespace {

using incipit::journal::Field;
using incipit::journal::Reader;
using incipit::journal::Writer;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

std::vector<std::string> messages(Reader& reader) {
  std::vector<std::string> all;
  while (reader.next()) all.emplace_back(reader.field("MESSAGE").value_or("none"));
  return all;
}

/// Over all that was sent so far.
Reader reader_of(const DaemonProcess& daemon) {
  EXPECT_NE(daemon.call("Synchronize"), "");
  Reader reader;
  for (const std::string& store : daemon.stores())
    if (std::filesystem::exists(store)) {
      EXPECT_FALSE(reader.open_directory(store));
    }
  return reader;
}

TEST(Library, ReadsWhatItWrote) {
  const DaemonProcess daemon;
  Writer writer(daemon.run() + "/socket");
  const std::string lines = "two\nlines", big(3 * 1024 * 1024, 'x');
  EXPECT_FALSE(writer.print(4, "one"));
  EXPECT_FALSE(writer.send({{"MESSAGE", lines}, {"NUMBER", "2"}, {"NUMBER", "3"}}));
  EXPECT_FALSE(writer.send({{"MESSAGE", "three"}, {"BIG", big}, {"EMPTY", ""}}));
  Reader reader = reader_of(daemon);
  ASSERT_FALSE(reader.add_match("_PID=" + std::to_string(::getpid())));
  EXPECT_THAT(messages(reader), ElementsAre("one", lines, "three"));
  EXPECT_EQ(reader.field("BIG"), big);
  EXPECT_EQ(reader.field("PRIORITY"), std::nullopt);
  EXPECT_TRUE(reader.previous());
  std::vector<std::string> numbers;
  for (const Field& field : reader.fields())
    if (field.name == "NUMBER") numbers.emplace_back(field.value);
  EXPECT_THAT(numbers, ElementsAre("2", "3"));

  const std::string cursor = reader.cursor(), boot = reader.boot_id();
  const std::uint64_t time = reader.realtime();
  EXPECT_EQ(boot.size(), 32U);
  EXPECT_LE(reader.monotonic(), time);
  Reader other = reader_of(daemon);
  EXPECT_FALSE(other.seek_cursor(cursor));
  ASSERT_TRUE(other.next());
  EXPECT_EQ(other.field("MESSAGE"), lines);
  other.seek_realtime(time);
  ASSERT_TRUE(other.next());
  EXPECT_GE(other.realtime(), time);
  EXPECT_THAT(other.values("NUMBER"), IsSupersetOf({"2", "3"}));
}

TEST(Library, FollowsWhatIsWritten) {
  const DaemonProcess daemon;
  Writer writer(daemon.run() + "/socket");
  Reader reader = reader_of(daemon);
  ASSERT_FALSE(reader.add_match("MESSAGE=later"));
  reader.seek_tail();
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(writer.print(6, "later"));
  EXPECT_NE(daemon.call("Synchronize"), "");
  EXPECT_TRUE(reader.refresh());
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST(Library, LeavesTheProgramItsOwnFaults) {
  // The library and this program have a guard each; the page that is lost is first the program's, then the library's.
  const TemporaryFolder folder;
  const std::string sample = read_sample("n1default.journal.zst"), path = folder.put("system.journal", sample);
  auto file = JournalFile::open(path, HeaderRule::strict);
  ASSERT_TRUE(file.has_value());
  Reader reader;
  ASSERT_FALSE(reader.open_file(path));
  ASSERT_EQ(::truncate(path.c_str(), 4096), 0);
  EntryLocation lost;
  EXPECT_FALSE((*file)->locate((*file)->header().tail_object_offset, lost));
  EXPECT_LT(messages(reader).size(), 1000U);
}

TEST(Library, TellsWhatIsWrong) {
  Reader reader;
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.open_directory("/nowhere"), std::errc::no_such_file_or_directory);
  EXPECT_TRUE(reader.open_file("/etc/passwd"));
  EXPECT_TRUE(reader.add_match("no field"));
  EXPECT_TRUE(reader.seek_cursor("nothing"));
  Writer writer("/nowhere/socket");
  EXPECT_EQ(writer.print(6, "text"), std::errc::no_such_file_or_directory);
  EXPECT_EQ(writer.print(8, "text"), std::errc::invalid_argument);
  for (const char* name : {"", "_PID", "lower", "1ST", "WITH SPACE", "A=B"})
    EXPECT_EQ(writer.send({{name, "x"}}), std::errc::invalid_argument) << name;
  EXPECT_EQ(writer.send({}), std::errc::invalid_argument);
  EXPECT_EQ(Writer(std::string(200, 'x')).print(6, "text"), std::errc::filename_too_long);
}

TEST(Library, AWriterOutlivesItsDaemon) {
  DaemonProcess daemon;
  Writer writer(daemon.run() + "/socket");
  EXPECT_FALSE(writer.print(6, "before"));
  daemon.stop(SIGTERM);
  daemon.start();
  EXPECT_FALSE(writer.print(6, "after"));
  Reader reader = reader_of(daemon);
  ASSERT_FALSE(reader.add_match("MESSAGE=after"));
  EXPECT_TRUE(reader.next());
}

}  // namespace
}  // namespace journal::test
