#include "journal/journalctl/options.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "journal/text/bytes.h"
#include "journal/text/id128.h"
#include "journal/text/levels.h"
#include "journal/text/timestamp.h"
#include "unitparser/base/text.h"
#include "unitparser/base/time.h"

namespace journal {
namespace {

struct ModeName {
  std::string_view name;
  OutputMode mode;
};
constexpr std::array mode_names{
    ModeName{"short", OutputMode::brief},
    ModeName{"short-full", OutputMode::full},
    ModeName{"short-iso", OutputMode::iso},
    ModeName{"short-iso-precise", OutputMode::iso_precise},
    ModeName{"short-precise", OutputMode::precise},
    ModeName{"short-monotonic", OutputMode::monotonic},
    ModeName{"short-delta", OutputMode::delta},
    ModeName{"short-unix", OutputMode::unix_time},
    ModeName{"verbose", OutputMode::verbose},
    ModeName{"export", OutputMode::export_format},
    ModeName{"json", OutputMode::json},
    ModeName{"json-pretty", OutputMode::json_pretty},
    ModeName{"json-sse", OutputMode::json_sse},
    ModeName{"json-seq", OutputMode::json_seq},
    ModeName{"cat", OutputMode::cat},
    ModeName{"with-unit", OutputMode::with_unit},
};

constexpr std::array<const char*, 24> facilities{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
                                                 "uucp", "cron", "authpriv", "ftp", "", "", "", "", "local0", "local1",
                                                 "local2", "local3", "local4", "local5", "local6", "local7"};

enum LongOnly : int {
  opt_version = 0x100, opt_no_pager, opt_no_full, opt_no_tail, opt_new_id, opt_this_boot, opt_list_boots, opt_user,
  opt_system, opt_file, opt_root, opt_image, opt_header, opt_facility, opt_setup_keys, opt_interval, opt_verify,
  opt_verify_key, opt_disk_usage, opt_after_cursor, opt_cursor_file, opt_show_cursor, opt_user_unit, opt_list_catalog,
  opt_dump_catalog, opt_update_catalog, opt_force, opt_utc, opt_sync, opt_flush, opt_relinquish, opt_smart_relinquish,
  opt_rotate, opt_vacuum_size, opt_vacuum_files, opt_vacuum_time, opt_no_hostname, opt_output_fields, opt_namespace,
  opt_case_sensitive,
};

const std::array long_options{
    option{"help", no_argument, nullptr, 'h'},
    option{"version", no_argument, nullptr, opt_version},
    option{"no-pager", no_argument, nullptr, opt_no_pager},
    option{"pager-end", no_argument, nullptr, 'e'},
    option{"follow", no_argument, nullptr, 'f'},
    option{"force", no_argument, nullptr, opt_force},
    option{"output", required_argument, nullptr, 'o'},
    option{"all", no_argument, nullptr, 'a'},
    option{"full", no_argument, nullptr, 'l'},
    option{"no-full", no_argument, nullptr, opt_no_full},
    option{"lines", optional_argument, nullptr, 'n'},
    option{"no-tail", no_argument, nullptr, opt_no_tail},
    option{"new-id128", no_argument, nullptr, opt_new_id},
    option{"quiet", no_argument, nullptr, 'q'},
    option{"merge", no_argument, nullptr, 'm'},
    option{"this-boot", no_argument, nullptr, opt_this_boot},
    option{"boot", optional_argument, nullptr, 'b'},
    option{"list-boots", no_argument, nullptr, opt_list_boots},
    option{"dmesg", no_argument, nullptr, 'k'},
    option{"system", no_argument, nullptr, opt_system},
    option{"user", no_argument, nullptr, opt_user},
    option{"directory", required_argument, nullptr, 'D'},
    option{"file", required_argument, nullptr, opt_file},
    option{"root", required_argument, nullptr, opt_root},
    option{"image", required_argument, nullptr, opt_image},
    option{"header", no_argument, nullptr, opt_header},
    option{"identifier", required_argument, nullptr, 't'},
    option{"priority", required_argument, nullptr, 'p'},
    option{"facility", required_argument, nullptr, opt_facility},
    option{"grep", required_argument, nullptr, 'g'},
    option{"case-sensitive", optional_argument, nullptr, opt_case_sensitive},
    option{"setup-keys", no_argument, nullptr, opt_setup_keys},
    option{"interval", required_argument, nullptr, opt_interval},
    option{"verify", no_argument, nullptr, opt_verify},
    option{"verify-key", required_argument, nullptr, opt_verify_key},
    option{"disk-usage", no_argument, nullptr, opt_disk_usage},
    option{"cursor", required_argument, nullptr, 'c'},
    option{"cursor-file", required_argument, nullptr, opt_cursor_file},
    option{"after-cursor", required_argument, nullptr, opt_after_cursor},
    option{"show-cursor", no_argument, nullptr, opt_show_cursor},
    option{"since", required_argument, nullptr, 'S'},
    option{"until", required_argument, nullptr, 'U'},
    option{"unit", required_argument, nullptr, 'u'},
    option{"user-unit", required_argument, nullptr, opt_user_unit},
    option{"field", required_argument, nullptr, 'F'},
    option{"fields", no_argument, nullptr, 'N'},
    option{"catalog", no_argument, nullptr, 'x'},
    option{"list-catalog", no_argument, nullptr, opt_list_catalog},
    option{"dump-catalog", no_argument, nullptr, opt_dump_catalog},
    option{"update-catalog", no_argument, nullptr, opt_update_catalog},
    option{"reverse", no_argument, nullptr, 'r'},
    option{"machine", required_argument, nullptr, 'M'},
    option{"utc", no_argument, nullptr, opt_utc},
    option{"flush", no_argument, nullptr, opt_flush},
    option{"relinquish-var", no_argument, nullptr, opt_relinquish},
    option{"smart-relinquish-var", no_argument, nullptr, opt_smart_relinquish},
    option{"sync", no_argument, nullptr, opt_sync},
    option{"rotate", no_argument, nullptr, opt_rotate},
    option{"vacuum-size", required_argument, nullptr, opt_vacuum_size},
    option{"vacuum-files", required_argument, nullptr, opt_vacuum_files},
    option{"vacuum-time", required_argument, nullptr, opt_vacuum_time},
    option{"no-hostname", no_argument, nullptr, opt_no_hostname},
    option{"output-fields", required_argument, nullptr, opt_output_fields},
    option{"namespace", required_argument, nullptr, opt_namespace},
    option{nullptr, 0, nullptr, 0},
};

/// Reads "[ID][±N]" as -b takes it.
bool parse_boot(std::string_view text, Options& options) {
  Id128 id;
  if (text == "all") {
    options.boot = false;
    return true;
  }
  if (text.size() >= 32) {
    const auto parsed = parse_id(text.substr(0, 32));
    if (!parsed) return false;
    id = *parsed;
    text.remove_prefix(32);
    if (!text.empty() && text[0] != '+' && text[0] != '-') return false;
  }
  int offset = 0;
  if (!text.empty()) {
    std::string_view digits = text;
    if (digits[0] == '+') digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (error != std::errc{} || end != digits.data() + digits.size()) return false;
  }
  options.boot_id = id;
  options.boot_offset = offset;
  options.boot = true;
  return true;
}

/// One pass over the arguments; each option is one case of one switch, spread over a few functions by kind.
class Parser {
 public:
  Parser(int argc, char** argv, std::uint64_t now) : argc_(argc), argv_(argv), now_(now) {}

  ParsedOptions run();

 private:
  std::optional<int> fail(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return 1;
  }
  std::optional<int> on_short(int c);
  std::optional<int> on_action(int c);
  std::optional<int> on_value(int c);
  std::optional<int> on_lines();
  std::optional<int> on_output();
  std::optional<int> on_priority();
  std::optional<int> on_facility();
  std::optional<int> on_time(std::optional<std::uint64_t>& target);
  std::optional<int> on_vacuum(int c);
  std::optional<int> check();
  std::string_view next_argument() const { return optind < argc_ ? argv_[optind] : std::string_view{}; }

  int argc_;
  char** argv_;
  std::uint64_t now_;
  Options o_;
  bool rotate_ = false, vacuum_ = false;
};

std::optional<int> Parser::on_lines() {
  const auto take = [this](std::string_view text) {
    if (text == "all") {
      o_.all_lines = true;
      o_.lines.reset();
      return true;
    }
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size() || n > INT32_MAX) return false;
    o_.lines = n;
    o_.all_lines = false;
    return true;
  };
  if (optarg != nullptr) {
    if (!take(optarg)) return fail(std::string("Failed to parse lines '") + optarg + "'");
  } else if (!next_argument().empty() && take(next_argument())) {
    ++optind;
  } else {
    o_.lines = 10;
  }
  return std::nullopt;
}

std::optional<int> Parser::on_output() {
  const std::string_view name = optarg;
  if (name == "help") {
    for (const ModeName& mode : mode_names) std::printf("%s\n", std::string(mode.name).c_str());
    return 0;
  }
  const auto found = std::find_if(mode_names.begin(), mode_names.end(), [&](const ModeName& m) { return m.name == name; });
  if (found == mode_names.end()) return fail(std::string("Unknown output format '") + optarg + "'.");
  o_.output = found->mode;
  if (o_.output >= OutputMode::export_format && o_.output <= OutputMode::cat) o_.quiet = true;
  return std::nullopt;
}

std::optional<int> Parser::on_priority() {
  const std::string_view text = optarg;
  const std::size_t dots = text.find("..");
  if (dots != std::string_view::npos) {
    const auto from = parse_level(text.substr(0, dots));
    const auto to = parse_level(text.substr(dots + 2));
    if (!from || !to) return fail(std::string("Failed to parse log level range ") + optarg);
    for (int level = std::min(*from, *to); level <= std::max(*from, *to); ++level) o_.priorities |= 1U << level;
    return std::nullopt;
  }
  const auto level = parse_level(text);
  if (!level) return fail(std::string("Unknown log level ") + optarg);
  for (int i = 0; i <= *level; ++i) o_.priorities |= 1U << i;
  return std::nullopt;
}

std::optional<int> Parser::on_facility() {
  for (const std::string_view word : unitparser::split_at(optarg, ',')) {
    if (word.empty()) continue;
    if (word == "help") {
      std::printf("Available facilities:\n");
      for (int i = 0; i < static_cast<int>(facilities.size()); ++i)
        std::printf("%s\n", *facility_name(i) != '\0' ? facility_name(i) : std::to_string(i).c_str());
      return 0;
    }
    const auto named = std::find(facilities.begin(), facilities.end(), word);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (named != facilities.end()) number = static_cast<unsigned>(named - facilities.begin());
    else if (error != std::errc{} || end != word.data() + word.size() || number > 23)
      return fail("Bad --facility= argument \"" + std::string(word) + "\".");
    o_.facilities |= 1U << number;
  }
  return std::nullopt;
}

std::optional<int> Parser::on_time(std::optional<std::uint64_t>& target) {
  target = parse_timestamp(optarg, now_);
  if (!target) return fail(std::string("Failed to parse timestamp: ") + optarg);
  return std::nullopt;
}

std::optional<int> Parser::on_vacuum(int c) {
  vacuum_ = true;
  o_.action = Action::vacuum;
  if (c == opt_vacuum_size) {
    const auto size = parse_bytes(optarg);
    if (!size) return fail(std::string("Failed to parse vacuum size: ") + optarg);
    o_.vacuum_size = *size;
  } else if (c == opt_vacuum_files) {
    const std::string_view text = optarg;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), o_.vacuum_files);
    if (error != std::errc{} || end != text.data() + text.size())
      return fail(std::string("Failed to parse vacuum files: ") + optarg);
  } else {
    const auto span = unitparser::parse_duration(optarg);
    if (!span) return fail(std::string("Failed to parse vacuum time: ") + optarg);
    o_.vacuum_time = span->usec();
  }
  return std::nullopt;
}

std::optional<int> Parser::on_action(int c) {
  switch (c) {
    case 'h': o_.action = Action::help; break;
    case opt_version: o_.action = Action::version; break;
    case 'N': o_.action = Action::list_fields; break;
    case opt_list_boots: o_.action = Action::list_boots; break;
    case opt_header: o_.action = Action::header; break;
    case opt_verify: o_.action = Action::verify; break;
    case opt_disk_usage: o_.action = Action::disk_usage; break;
    case opt_rotate: rotate_ = true; o_.action = Action::rotate; break;
    case opt_flush: o_.action = Action::flush; break;
    case opt_sync: o_.action = Action::sync; break;
    case opt_relinquish: o_.action = Action::relinquish_var; break;
    case opt_smart_relinquish: o_.action = Action::smart_relinquish_var; break;
    case opt_list_catalog: o_.action = Action::list_catalog; break;
    case opt_dump_catalog: o_.action = Action::dump_catalog; break;
    case opt_update_catalog: o_.action = Action::update_catalog; break;
    case opt_setup_keys: o_.action = Action::setup_keys; break;
    case opt_new_id: return fail("--new-id128 option is not supported anymore. Use 'systemd-id128 new' to generate IDs.");
    default: break;
  }
  return std::nullopt;
}

std::optional<int> Parser::on_value(int c) {
  switch (c) {
    case 'D': o_.directory = optarg; break;
    case opt_file: o_.files.emplace_back(optarg); break;
    case opt_root: o_.root = optarg; break;
    case opt_image: return fail("--image= needs a loop device manager, which this program does not use.");
    case 'M': o_.machine = optarg; break;
    case opt_namespace: o_.name_space = optarg; break;
    case 'c': o_.cursor = optarg; break;
    case opt_cursor_file: o_.cursor_file = optarg; break;
    case opt_after_cursor: o_.after_cursor = optarg; break;
    case 'u': o_.units.emplace_back(optarg); break;
    case opt_user_unit: o_.user_units.emplace_back(optarg); break;
    case 't': o_.identifiers.emplace_back(optarg); break;
    case 'g': o_.pattern = optarg; break;
    case 'F': o_.action = Action::field_values; o_.field = optarg; break;
    case opt_verify_key: o_.action = Action::verify; o_.verify_key = optarg; break;
    case opt_interval: {
      const auto interval = unitparser::parse_duration(optarg);
      if (!interval || interval->usec() == 0) return fail(std::string("Failed to parse sealing key change interval: ") + optarg);
      o_.seal_interval = interval->usec();
      break;
    }
    case opt_case_sensitive: {
      if (optarg == nullptr) {
        o_.case_sensitive = true;
        break;
      }
      const auto flag = unitparser::parse_boolean(optarg);
      if (!flag) return fail(std::string("Bad --case-sensitive= argument \"") + optarg + "\": Invalid argument");
      o_.case_sensitive = *flag;
      break;
    }
    case opt_output_fields:
      for (const std::string_view field : unitparser::split_at(optarg, ','))
        if (!field.empty()) o_.output_fields.emplace_back(field);
      break;
    case 'b':
      o_.boot = true;
      o_.boot_id = {};
      o_.boot_offset = 0;
      if (optarg != nullptr) {
        if (!parse_boot(optarg, o_)) return fail(std::string("Failed to parse boot descriptor '") + optarg + "'");
      } else if (!next_argument().empty() && parse_boot(next_argument(), o_)) {
        ++optind;
      }
      break;
    default: break;
  }
  return std::nullopt;
}

std::optional<int> Parser::on_short(int c) {
  switch (c) {
    case opt_no_pager: o_.no_pager = true; break;
    case 'e':
      o_.pager_end = true;
      if (!o_.lines && !o_.all_lines) o_.lines = 1000;
      break;
    case 'f': o_.follow = true; break;
    case opt_force: o_.force = true; break;
    case 'a': o_.all = true; break;
    case 'l': o_.full_width = true; break;
    case opt_no_full: o_.full_width = false; break;
    case opt_no_tail: o_.no_tail = true; break;
    case 'q': o_.quiet = true; break;
    case 'm': o_.merge = true; break;
    case opt_this_boot: o_.boot = true; break;
    case 'k': o_.boot = o_.dmesg = true; break;
    case opt_system: o_.system = true; break;
    case opt_user: o_.user = true; break;
    case opt_show_cursor: o_.show_cursor = true; break;
    case 'x': o_.catalog = true; break;
    case 'r': o_.reverse = true; break;
    case opt_utc: o_.utc = true; break;
    case opt_no_hostname: o_.no_hostname = true; break;
    case 'n': return on_lines();
    case 'o': return on_output();
    case 'p': return on_priority();
    case opt_facility: return on_facility();
    case 'S': return on_time(o_.since);
    case 'U': return on_time(o_.until);
    case opt_vacuum_size:
    case opt_vacuum_files:
    case opt_vacuum_time: return on_vacuum(c);
    case '?': return 1;
    default: {
      if (const auto code = on_action(c)) return code;
      return on_value(c);
    }
  }
  return std::nullopt;
}

std::optional<int> Parser::check() {
  if (o_.follow && !o_.no_tail && !o_.since && !o_.lines && !o_.all_lines) o_.lines = 10;
  if (!o_.directory.empty() + !o_.files.empty() + !o_.machine.empty() + !o_.root.empty() > 1)
    return fail("Please specify at most one of -D/--directory=, --file=, -M/--machine=, --root=, --image=.");
  if (o_.since && o_.until && *o_.since > *o_.until) return fail("--since= must be before --until=.");
  if (!o_.cursor.empty() + !o_.after_cursor.empty() + o_.since.has_value() > 1)
    return fail("Please specify only one of --since=, --cursor=, and --after-cursor=.");
  if (o_.follow && o_.reverse) return fail("Please specify either --reverse= or --follow=, not both.");
  const bool takes_arguments = o_.action == Action::show || o_.action == Action::dump_catalog ||
                               o_.action == Action::list_catalog;
  if (!takes_arguments && optind < argc_)
    return fail(std::string("Extraneous arguments starting with '") + argv_[optind] + "'");
  if ((o_.boot || o_.action == Action::list_boots) && o_.merge)
    return fail("Using --boot or --list-boots with --merge is not supported.");
  if (!o_.pattern.empty() && o_.lines && !o_.follow) o_.reverse = true;  // the newest matches, journalctl(1) --grep
  if (rotate_ && vacuum_) o_.action = Action::rotate_and_vacuum;
  return std::nullopt;
}

ParsedOptions Parser::run() {
  optind = 0;
  for (;;) {
    const int c = ::getopt_long(argc_, argv_, "hefo:aln::qmb::kD:p:g:c:S:U:t:u:NF:xrM:", long_options.data(), nullptr);
    if (c < 0) break;
    if (const auto code = on_short(c)) return {o_, code};
  }
  if (o_.action == Action::help || o_.action == Action::version) return {o_, std::nullopt};
  if (const auto code = check()) return {o_, code};
  for (int i = optind; i < argc_; ++i) o_.matches.emplace_back(argv_[i]);
  return {o_, std::nullopt};
}

}  // namespace

const char* facility_name(int facility) {
  return facility >= 0 && facility < static_cast<int>(facilities.size()) ? facilities[static_cast<std::size_t>(facility)]
                                                                         : "";
}

ParsedOptions parse_options(int argc, char** argv, std::uint64_t now) { return Parser(argc, argv, now).run(); }

}  // namespace journal
