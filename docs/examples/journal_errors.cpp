// The last errors in a journal, newest first, and then a line of one's own. A program that uses libincipit-journal:
//
//   g++ journal_errors.cpp $(pkg-config --cflags --libs incipit-journal) -o journal_errors
//   ./journal_errors [FOLDER [SOCKET]]
#include <incipit-journal/reader.h>
#include <incipit-journal/writer.h>

#include <cstdio>
#include <string>

namespace {

constexpr int most_shown = 10;

int fail(const char* what, const std::error_code& error) {
  std::fprintf(stderr, "%s: %s\n", what, error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  incipit::journal::Reader reader;
  const std::error_code opened = argc > 1 ? reader.open_directory(argv[1]) : reader.open_machine();
  if (opened) return fail("The journal cannot be opened", opened);
  // Values of one field are alternatives: emergency, alert, critical or error.
  for (const char* priority : {"PRIORITY=0", "PRIORITY=1", "PRIORITY=2", "PRIORITY=3"})
    if (const std::error_code error = reader.add_match(priority)) return fail(priority, error);

  int shown = 0;
  reader.seek_tail();
  for (; shown < most_shown && reader.previous(); ++shown) {
    const auto text = [&reader](const char* field) { return std::string(reader.field(field).value_or("-")); };
    const std::string unit = text("_SYSTEMD_UNIT"), message = text("MESSAGE");
    std::printf("%llu %s: %s\n", static_cast<unsigned long long>(reader.realtime()), unit.c_str(), message.c_str());
  }

  incipit::journal::Writer writer = argc > 2 ? incipit::journal::Writer(argv[2]) : incipit::journal::Writer();
  const std::string count = std::to_string(shown);
  if (const auto error = writer.send({{"MESSAGE", "Errors were looked at"}, {"PRIORITY", "6"}, {"ERRORS_SHOWN", count}})) return fail("The line was not sent", error);
  return 0;
}
