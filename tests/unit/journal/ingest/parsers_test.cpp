#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "journal/ingest/audit_parser.h"
#include "journal/ingest/kmsg_parser.h"
#include "journal/ingest/native_parser.h"
#include "journal/ingest/stream_parser.h"
#include "journal/ingest/syslog_parser.h"

namespace journal {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

std::string counted(const std::string& name, const std::string& value) {
  const std::uint64_t size = value.size();
  char encoded[8];
  std::memcpy(encoded, &size, sizeof size);
  return name + "\n" + std::string(encoded, 8) + value + "\n";
}

TEST(NativeProtocol, TextAndCountedFields) {
  const std::string message = "MESSAGE=one\nPRIORITY=3\n" + counted("BLOB", "a\nb\0c"s) + "\nMESSAGE=two\n";
  NativeParser parser(message);
  NativeEntry entry;
  ASSERT_TRUE(parser.next(entry));
  ASSERT_EQ(entry.fields.size(), 3U);
  EXPECT_EQ(entry.message, "one");
  EXPECT_EQ(entry.priority, "3");
  EXPECT_EQ(entry.fields[2], "BLOB=a\nb\0c"s);
  ASSERT_TRUE(parser.next(entry));
  EXPECT_EQ(entry.message, "two");
  EXPECT_FALSE(parser.next(entry));
}

TEST(NativeProtocol, NamesThatClientsMustNotSetAreLeftOut) {
  const std::string message = "_PID=1\nlower=1\n9A=1\n=x\nA B=1\n" + std::string(65, 'A') + "=1\n" + std::string(64, 'B') +
                              "=1\n#comment\n.reserved=1\nMESSAGE=x\n";
  NativeParser parser(message);
  NativeEntry entry;
  ASSERT_TRUE(parser.next(entry));
  ASSERT_EQ(entry.fields.size(), 2U);
  EXPECT_EQ(entry.fields[0].substr(0, 65), std::string(64, 'B') + "=");
  EXPECT_EQ(entry.message, "x");
}

TEST(NativeProtocol, LyingSizesEndTheMessage) {
  for (const std::uint64_t size : {~0ULL, 1ULL << 62, 1000ULL, 4ULL}) {
    char encoded[8];
    std::memcpy(encoded, &size, sizeof size);
    const std::string message = "MESSAGE=x\nBLOB\n" + std::string(encoded, 8) + "abc\n";
    NativeParser parser(message);
    NativeEntry entry;
    ASSERT_TRUE(parser.next(entry)) << size;
    EXPECT_EQ(entry.fields.size(), 1U);
    EXPECT_FALSE(parser.next(entry));
  }
  for (const std::string& cut : {"BLOB\n"s, "BLOB\nabc"s, "BLOB"s, "\n\n\n"s}) {
    NativeParser parser(cut);
    NativeEntry entry;
    EXPECT_FALSE(parser.next(entry));
  }
}

TEST(NativeProtocol, AnEntryWithTooManyFieldsIsDroppedWhole) {
  std::string message;
  for (int i = 0; i < 1025; ++i) message += "F" + std::to_string(i) + "=1\n";
  message += "\nMESSAGE=next\n";
  NativeParser parser(message);
  NativeEntry entry;
  ASSERT_TRUE(parser.next(entry));
  EXPECT_EQ(entry.message, "next");
  EXPECT_EQ(parser.dropped(), 1U);
}

TEST(Syslog, TheUsualFrame) {
  SyslogMessage message;
  ASSERT_TRUE(parse_syslog("<30>Jan  2 03:04:05 rawtag[77]: raw syslog frame", message));
  EXPECT_EQ(message.priority, 30);
  EXPECT_EQ(message.timestamp, "Jan  2 03:04:05 ");
  EXPECT_EQ(message.identifier, "rawtag");
  EXPECT_EQ(message.pid, "77");
  EXPECT_EQ(message.message, "raw syslog frame");
  EXPECT_TRUE(message.raw.empty());
}

TEST(Syslog, OddFrames) {
  SyslogMessage message;
  EXPECT_FALSE(parse_syslog("", message));
  EXPECT_FALSE(parse_syslog(" \n\n", message));
  ASSERT_TRUE(parse_syslog("no priority at all", message));
  EXPECT_EQ(message.priority, 14);
  EXPECT_EQ(message.message, "no priority at all");
  ASSERT_TRUE(parse_syslog("<999>x", message));
  EXPECT_EQ(message.message, "<999>x");
  ASSERT_TRUE(parse_syslog("<13>tag:", message));
  EXPECT_EQ(message.identifier, "tag");
  EXPECT_EQ(message.message, "");
  ASSERT_TRUE(parse_syslog("<13>tag: text\n", message));
  EXPECT_EQ(message.message, "text");
  EXPECT_EQ(message.raw, "<13>tag: text\n");
  ASSERT_TRUE(parse_syslog("<13>a\0b"sv, message));
  EXPECT_EQ(message.message, "a");
  EXPECT_EQ(message.raw, "<13>a\0b"sv);
  ASSERT_TRUE(parse_syslog("<13>[77]: x", message));
  EXPECT_EQ(message.message, "x");
}

TEST(Kmsg, RecordWithDevice) {
  KernelRecord record;
  ASSERT_TRUE(parse_kmsg("6,339,5140900,-;acpi PNP0A03:00: \\x41 text\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n", record));
  EXPECT_EQ(record.priority, 6);
  EXPECT_EQ(record.sequence, 339U);
  EXPECT_EQ(record.time, 5140900U);
  EXPECT_EQ(record.message, "acpi PNP0A03:00: A text");
  EXPECT_THAT(record.fields, ::testing::ElementsAre("_KERNEL_SUBSYSTEM=acpi", "_KERNEL_DEVICE=+acpi:PNP0A03:00"));
  EXPECT_EQ(record.device, "+acpi:PNP0A03:00");
  ASSERT_TRUE(parse_kmsg("30,1,2,c,caller=T1;x", record));
  EXPECT_EQ(record.message, "x");
  for (const char* bad : {"", "6", "6,1", "6,1,", "6,1,2,-", "a,1,2,-;x", ";x"}) EXPECT_FALSE(parse_kmsg(bad, record)) << bad;
}

TEST(Audit, KeysBecomeFields) {
  AuditRecord record;
  ASSERT_TRUE(parse_audit(1130, "audit(1436125716.123:456): pid=1 uid=0 auid=4 msg='unit=x comm=\"systemd\" exe=\"/sbin/init\" res=success'", record));
  EXPECT_EQ(record.realtime, 1436125716123000U);
  EXPECT_THAT(record.fields, ::testing::IsSupersetOf({"_AUDIT_TYPE_NAME=SERVICE_START", "_AUDIT_ID=456", "_PID=1", "_AUDIT_LOGINUID=4",
                                                       "_COMM=systemd", "_EXE=/sbin/init", "_AUDIT_FIELD_RES=success"}));
  for (const char* bad : {"", "audit(", "audit(1.2)", "audit(x.1:2):", "pid=1"}) EXPECT_FALSE(parse_audit(1130, bad, record)) << bad;
  EXPECT_TRUE(parse_audit(2999, "audit(1.2:3): = == a= =b 'x \"y", record));
  EXPECT_EQ(audit_type_name(2999), "AUDIT2999");
}

struct Line {
  std::string text;
  LineBreak why;
  bool operator==(const Line&) const = default;
};

const std::string header = "ident\nx.service\n30\n1\n0\n0\n1\n";

std::vector<Line> lines_of(StreamParser& parser, const std::string& bytes, std::size_t piece) {
  std::vector<Line> lines;
  const auto keep = [&](std::string_view line, LineBreak why) { lines.push_back({std::string(line), why}); };
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    EXPECT_TRUE(parser.feed(std::string_view(bytes).substr(at, piece), keep));
  parser.flush(LineBreak::end_of_file, keep);
  return lines;
}

TEST(Stream, LinesAreTheSameHoweverTheyArrive) {
  const std::string bytes = header + "first\n\nnul\0after"s + "\n" + std::string(100, 'x') + "\nlast";
  const std::vector<Line> expected{{"first", LineBreak::newline},
                                   {"", LineBreak::newline},
                                   {"nul", LineBreak::nul},
                                   {"after", LineBreak::newline},
                                   {std::string(80, 'x'), LineBreak::line_max},
                                   {std::string(20, 'x'), LineBreak::newline},
                                   {"last", LineBreak::end_of_file}};
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 81U, 1000U}) {
    StreamParser parser(80);
    EXPECT_EQ(lines_of(parser, bytes, piece), expected) << piece;
    EXPECT_EQ(parser.header().identifier, "ident");
    EXPECT_EQ(parser.header().unit, "x.service");
    EXPECT_EQ(parser.header().priority, 30);
    EXPECT_TRUE(parser.header().level_prefix);
    EXPECT_TRUE(parser.header().forward_to_console);
  }
}

TEST(Stream, WrongHeadersAreRefused) {
  const auto nothing = [](std::string_view, LineBreak) { FAIL(); };
  for (const std::string& bad : {"i\nu\nnumber\n"s, "i\nu\n999\n"s, "i\nu\n6\nmaybe\n"s, "i\0"s, std::string(5000, 'x')}) {
    StreamParser parser(80);
    EXPECT_FALSE(parser.feed(bad, nothing)) << bad.substr(0, 20);
  }
}

}  // namespace
}  // namespace journal
