#include "journal/journalctl/context.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>

#include "journal/journalctl/entry_stream.h"
#include "journal/journalctl/expression.h"
#include "journal/journalctl/printer.h"
#include "journal/journalctl/terminal.h"

namespace journal {

int print_context(const Options& options, ContextSize size, std::uint64_t now, Journal& journal) {
  const auto complain = [](const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return EXIT_FAILURE;
  };
  Options around = options;
  std::optional<Expression> wanted;
  if (is_expression(options.matches)) {
    std::string text;
    for (const std::string& word : options.matches) text += (text.empty() ? "" : " ") + word;
    auto parsed = Expression::parse(text, now);
    if (!parsed) return complain(parsed.error().message);
    wanted = std::move(*parsed);
    around.matches.clear();
  }
  if (!wanted && options.pattern.empty()) return complain("journal context: say what to look for, as an expression or with -g.");
  auto stream = EntryStream::over(around, now, journal);
  if (!stream) return complain(stream.error().message);
  Output output;
  output.start_pager(options);
  Printer printer(options, terminal_style(), nullptr);
  std::deque<std::string> before;
  std::size_t behind = 0;
  bool any = false, left_out = false;
  std::string line;
  while (output.is_open() && stream->next()) {
    line.clear();
    printer.print(journal, line);
    if (stream->has_pattern() && (!wanted || wanted->matches(journal))) {
      if (any && left_out) output.buffer().append("--\n");
      for (const std::string& earlier : before) output.buffer().append(earlier);
      before.clear();
      output.buffer().append(line);
      behind = size.behind;
      any = true;
      left_out = false;
    } else if (behind > 0) {
      --behind;
      output.buffer().append(line);
    } else {
      before.push_back(line);
      if (before.size() > size.before) {
        before.pop_front();
        left_out = true;
      }
    }
    output.flush_if_large();
  }
  output.finish();
  return any ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace journal
