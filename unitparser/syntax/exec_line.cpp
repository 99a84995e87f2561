// Command lines of unit files. [pure]
#include "unitparser/syntax/exec_line.h"

#include <fmt/format.h>

#include <cstring>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr WordOptions exec_words{.unquote = true, .unescape = true};

/// The next word. An unknown escape is kept as written with a remark; an unclosed quote is an error with a remark.
Result<std::optional<std::string>> next_word(WordReader& reader, std::string_view value, Remarks& remarks) {
  WordReader attempt = reader;
  Result<std::optional<std::string>> word = attempt.next();
  if (!word) {
    attempt = reader;
    WordOptions lenient = exec_words;
    lenient.keep_unknown_escapes = true;
    attempt.set_options(lenient);
    word = attempt.next();
    attempt.set_options(exec_words);
    if (word) {
      remarks.add(Severity::warning, fmt::format("Ignoring unknown escape sequences: \"{}\"", word->value_or("")),
                  "a backslash begins an escape sequence; write \\\\ for a backslash", EINVAL);
    } else {
      remarks.add(Severity::error, fmt::format("Unbalanced quoting, ignoring: \"{}\"", value), "a quote is opened but not closed", EINVAL);
      return tl::unexpected(word.error());
    }
  }
  reader = attempt;
  return word;
}

/// Takes the prefix characters off; each may come once, and only one of + ! !!.
std::string_view take_prefixes(std::string_view word, ExecCommand& command, bool& separate_argv0) {
  for (; !word.empty(); word.remove_prefix(1)) {
    const bool privileged = command.full_privileges || command.ambient_magic;
    if (word[0] == '-' && !command.ignore_failure) {
      command.ignore_failure = true;
    } else if (word[0] == '@' && !separate_argv0) {
      separate_argv0 = true;
    } else if (word[0] == ':' && !command.no_env_expand) {
      command.no_env_expand = true;
    } else if (word[0] == '+' && !privileged && !command.no_setuid) {
      command.full_privileges = true;
    } else if (word[0] == '!' && !privileged) {
      command.ambient_magic = command.no_setuid;
      command.no_setuid = !command.no_setuid;
    } else {
      break;
    }
  }
  return word;
}

bool is_path_component(std::string_view name) { return !name.empty() && name.size() <= 255 && name != "." && name != ".."; }

bool is_acceptable_executable(std::string_view path) {
  if (!path.starts_with('/')) return is_path_component(path) && path.find('/') == std::string_view::npos;
  if (path.size() > longest_path) return false;
  for (const std::string_view component : split_at(path, '/'))
    if (component.size() > 255) return false;
  return true;
}

/// Doubled slashes and "/./" away; ".." stays, since it may pass through links.
std::string without_doubled_slashes(std::string_view path) {
  if (!path.starts_with('/')) return std::string(path);
  std::string out;
  for (const std::string_view component : split_at(path, '/')) {
    if (component.empty() || component == ".") continue;
    out += '/';
    out += component;
  }
  return out.empty() ? "/" : out;
}

bool at_separator(std::string_view rest, std::string_view token) {
  return rest.starts_with(token) && (rest.size() == token.size() || contains_character(whitespace, rest[token.size()]));
}

/// Reads one command after another from a line.
class ExecLineParser {
 public:
  ExecLineParser(std::string_view value, const SpecifierContext& context, Remarks& remarks)
      : value_(value), context_(context), remarks_(remarks), reader_(value, exec_words) {}

  enum class Step : std::uint8_t { command, nothing_left, ignored, fatal };

  Step next(ExecCommand& command) {
    const Result<std::optional<std::string>> first = next_word(reader_, value_, remarks_);
    if (!first) return Step::ignored;
    if (!*first) return Step::nothing_left;
    if (**first == ";") return next(command);
    bool separate_argv0 = false;
    const std::string_view rest = take_prefixes(**first, command, separate_argv0);
    ignoring_ = command.ignore_failure ? ", ignoring" : "";
    if (!read_path(rest, command)) return refused(command);
    if (!separate_argv0) command.argv.push_back(command.path);
    command.path = without_doubled_slashes(command.path);
    if (!read_arguments(command)) return refused(command);
    if (command.argv.empty() || command.argv[0].empty()) {
      complain(fmt::format("Empty executable name or zeroeth argument{}: {}", ignoring_, value_));
      return refused(command);
    }
    return Step::command;
  }

 private:
  static Step refused(const ExecCommand& command) { return command.ignore_failure ? Step::ignored : Step::fatal; }

  void complain(std::string message, int os_errno = 0) {
    remarks_.add(ignoring_.empty() ? Severity::error : Severity::warning, std::move(message), {}, os_errno);
  }

  bool read_path(std::string_view written, ExecCommand& command) {
    const Result<std::string> path = expand_specifiers(written, context_, SpecifierSet::full, longest_path);
    if (!path) {
      complain(fmt::format("Failed to resolve unit specifiers in '{}'{}: {}", written, ignoring_, strerrordesc_np(path.error().os_errno)), path.error().os_errno);
    } else if (path->empty()) {
      complain(fmt::format("Empty path in command line{}: '{}'", ignoring_, value_));
    } else if (!is_safe_string(*path)) {
      complain(fmt::format("Executable name contains special characters{}: {}", ignoring_, *path));
    } else if (!is_acceptable_executable(*path)) {
      complain(fmt::format("Neither a valid executable name nor an absolute path{}: {}", ignoring_, *path));
    } else if (path->ends_with('/')) {
      complain(fmt::format("Executable path specifies a directory{}: {}", ignoring_, *path));
    } else {
      command.path = *path;
      return true;
    }
    return false;
  }

  bool read_arguments(ExecCommand& command) {
    while (!reader_.rest().empty()) {
      const std::string_view rest = reader_.rest();
      if (at_separator(rest, ";")) {
        reader_.set_rest(trim_left(rest.substr(1)));
        return true;
      }
      if (at_separator(rest, "\\;")) {
        reader_.set_rest(trim_left(rest.substr(2)));
        command.argv.emplace_back(";");
        continue;
      }
      const Result<std::optional<std::string>> word = next_word(reader_, value_, remarks_);
      if (!word) return false;
      if (!*word) return true;
      Result<std::string> argument = expand_specifiers(**word, context_);
      if (!argument) {
        complain(fmt::format("Failed to resolve unit specifiers in {}{}: {}", **word, ignoring_, strerrordesc_np(argument.error().os_errno)), argument.error().os_errno);
        return false;
      }
      command.argv.push_back(std::move(*argument));
    }
    return true;
  }

  std::string_view value_;
  const SpecifierContext& context_;
  Remarks& remarks_;
  WordReader reader_;
  std::string ignoring_;
};

}  // namespace

ExecLineOutcome parse_exec_line(std::string_view value, const SpecifierContext& context, Origin origin, Remarks& remarks,
                                ExecCommands& commands) {
  ExecLineParser parser(trim(value), context, remarks);
  for (;;) {
    ExecCommand command;
    switch (parser.next(command)) {
      case ExecLineParser::Step::command:
        command.origin = origin;
        commands.push_back(std::move(command));
        break;
      case ExecLineParser::Step::nothing_left:
      case ExecLineParser::Step::ignored: return ExecLineOutcome::accepted;
      case ExecLineParser::Step::fatal: return ExecLineOutcome::fatal;
    }
  }
}

std::optional<std::string_view> find_variable(std::span<const std::string> environment, std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (std::size_t i = environment.size(); i-- > 0;) {
    const std::string_view entry = environment[i];
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name))
      return entry.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::string expand_variables(std::string_view text, std::span<const std::string> environment) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("$$")) {
      out += '$';
      at += 2;
      continue;
    }
    if (rest.starts_with("${")) {
      // A ':' asks for a form that unit files do not have: then the text stays as it is.
      const std::size_t end = rest.find_first_of(":}");
      if (end != std::string_view::npos && rest[end] == '}') {
        out += find_variable(environment, rest.substr(2, end - 2)).value_or("");
        at += end + 1;
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

std::vector<std::string> expand_environment(std::span<const std::string> arguments, std::span<const std::string> environment) {
  constexpr WordOptions value_words{.unquote = true, .relax = true};
  std::vector<std::string> out;
  for (const std::string& argument : arguments) {
    const bool whole_variable = argument.starts_with('$') && !argument.starts_with("${") && !argument.starts_with("$$");
    if (!whole_variable) {
      out.push_back(expand_variables(argument, environment));
      continue;
    }
    const auto value = find_variable(environment, std::string_view(argument).substr(1));
    if (!value) continue;
    WordReader reader(*value, value_words);
    for (auto word = reader.next(); word && *word; word = reader.next()) out.push_back(std::move(**word));
  }
  return out;
}

std::string format_exec_line(const ExecCommand& command) {
  const bool separate_argv0 = command.argv.empty() || command.argv[0] != command.path;
  std::string out;
  if (command.ignore_failure) out += '-';
  if (separate_argv0) out += '@';
  if (command.no_env_expand) out += ':';
  if (command.full_privileges) out += '+';
  if (command.no_setuid) out += '!';
  if (command.ambient_magic) out += "!!";
  const auto quoted = [](std::string_view text) { return '"' + escape_specifiers(escape_c(text)) + '"'; };
  const std::string path = command.path == "/" ? "/." : command.path;  // a closing slash would be refused
  const bool needs_quotes = !separate_argv0 || path.empty() || std::any_of(path.begin(), path.end(), [](char c) { return c <= ' ' || c == '"' || c == '\'' || c == '\\' || c == 127; });
  out += needs_quotes ? quoted(path) : escape_specifiers(path);
  for (std::size_t i = separate_argv0 ? 0 : 1; i < command.argv.size(); ++i) out += ' ' + quoted(command.argv[i]);
  return out;
}

}  // namespace unitparser
