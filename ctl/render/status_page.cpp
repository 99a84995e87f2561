// The page of `status` for one unit, and the one for the whole manager. Knows no D-Bus. [pure]
#include "ctl/render/status_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <limits>

#include "ctl/listing.h"
#include "ctl/render/exit_names.h"
#include "ctl/render/property_text.h"
#include "ctl/render/time_text.h"
#include "unitparser/base/bytes.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

using namespace unitparser;
constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t unit_label_width = 11, manager_label_width = 9;  // labels end at this column
constexpr std::uint64_t msec = 1000, second = 1'000'000;

class Page {
 public:
  Page(const Terminal& terminal, const UnitStatus& status, std::size_t label_width)
      : t_(terminal), s_(status), p_(status.properties), label_width_(label_width), blanks_(label_width + 2, ' ') {}

  std::string unit();
  std::string manager(std::string_view host_name);

 private:
  void line(std::string_view label, std::string_view value) { text_ += fmt::format("{:>{}}: {}\n", label, label_width_, value); }
  void more(std::string_view value) { text_ += blanks_ + std::string(value) + "\n"; }
  [[nodiscard]] std::string dot(std::string_view state) const {
    const auto [glyph, style] = active_state_mark(state);
    return style == Style::normal ? std::string(t_.glyph(glyph)) : t_.styled(style, t_.glyph(glyph));
  }
  [[nodiscard]] std::string when(std::uint64_t usec) const { return timestamp_text(usec, s_.timestamps); }
  [[nodiscard]] std::string ago(std::uint64_t usec) const { return relative_text(usec, s_.now_realtime); }
  [[nodiscard]] bool is_running() const {
    const auto state = p_.text("ActiveState");
    return state == "active" || state == "reloading";
  }

  void loaded();
  void drop_ins();
  void active();
  void until();
  void trigger();
  void triggers();
  void triggered_by();
  void list(std::string_view label, const std::vector<std::string>& values);
  void condition(std::string_view kind);
  void device_and_mount();
  void documentation();
  void listening();
  void commands();
  void command(std::string_view property, const RecordedCommand& c);
  void main_process();
  void messages();
  void resources();
  void memory();
  void processes();

  const Terminal& t_;
  const UnitStatus& s_;
  const Properties& p_;
  std::size_t label_width_;
  std::string blanks_;  ///< before what continues a value
  std::string text_;
};

Style state_style(std::string_view state) {
  return state == "failed" ? Style::red : state == "active" || state == "reloading" ? Style::green : Style::normal;
}

Style file_state_style(std::string_view state) {
  if (state == "enabled") return Style::green;
  return state == "disabled" ? Style::yellow : Style::normal;
}

void Page::loaded() {
  const auto state = p_.text("LoadState");
  std::string value(state == "error" || state == "bad-setting" || state == "not-found" ? t_.styled(Style::red, state) : std::string(state));
  const auto* error = p_.find("LoadError");
  const auto* fields = error == nullptr ? nullptr : std::get_if<StructValue>(&error->storage);
  std::string reason;
  if (fields != nullptr && fields->fields.size() == 2) reason = std::get<std::string>(fields->fields[1].storage);
  const auto fragment = p_.text("FragmentPath"), source = p_.text("SourcePath");
  const auto path = source.empty() ? fragment : source;
  const auto file_state = p_.text("UnitFileState"), preset = p_.text("UnitFilePreset");
  if (!reason.empty()) return line("Loaded", value + " (Reason: " + reason + ")");
  if (path.empty()) return line("Loaded", value);
  value += " (" + t_.path_link(path);
  if (!file_state.empty()) {
    const auto style = file_state_style(file_state);
    value += "; ";
    value += style == Style::normal ? std::string(file_state) : t_.styled(style, file_state);
    const bool has_preset = !preset.empty() && file_state != "static" && file_state != "generated" && file_state != "alias" && file_state != "transient";
    if (has_preset) {
      const auto preset_style = file_state_style(preset);
      value += "; preset: ";
      value += preset_style == Style::normal ? std::string(preset) : t_.styled(preset_style, preset);
    } else if (t_.colors()) {
      value += t_.styled(Style::green, "");  // an empty word in colour, as the original leaves it
    }
  }
  line("Loaded", value + ")");
}

void Page::drop_ins() {
  const auto paths = p_.texts("DropInPaths");
  std::string folder;
  bool first = true;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto slash = paths[i].rfind('/');
    const auto here = paths[i].substr(0, slash);
    const bool begins = i == 0 || here != folder;
    if (begins) {
      folder = here;
      if (std::exchange(first, false))
        line("Drop-In", folder);
      else
        text_ += "\n" + blanks_ + folder + "\n";
      const bool last_folder = std::none_of(paths.begin() + static_cast<std::ptrdiff_t>(i), paths.end(),
                                            [&](const std::string& p) { return p.substr(0, p.rfind('/')) != folder; });
      text_ += blanks_ + std::string(t_.glyph(last_folder ? Glyph::tree_last : Glyph::tree_branch));
    } else {
      text_ += ", ";
    }
    text_ += t_.path_link(paths[i]) == paths[i] ? paths[i].substr(slash + 1) : t_.link("file://" + paths[i], paths[i].substr(slash + 1));
  }
  if (!paths.empty()) text_ += "\n";
}

void Page::active() {
  const auto state = p_.text("ActiveState"), sub = p_.text("SubState"), result = p_.text("Result");
  const auto style = state_style(state);
  const bool green = style == Style::green;
  const auto words = std::string(state) + (sub == state || sub.empty() || !green ? "" : " (" + std::string(sub) + ")");
  std::string value = style == Style::normal ? words : t_.styled(style, words);
  if (!green && sub != state && !sub.empty()) value += " (" + std::string(sub) + ")";
  if (!result.empty() && result != "success") value += " (Result: " + std::string(result) + ")";
  const std::string_view stamp = is_running()                                    ? "ActiveEnterTimestamp"
                                 : state == "inactive" || state == "failed"      ? "InactiveEnterTimestamp"
                                 : state == "activating"                         ? "InactiveExitTimestamp"
                                                                                 : "ActiveExitTimestamp";
  const auto since = p_.number(stamp);
  if (const auto text = when(since); !text.empty()) value += " since " + text + (ago(since).empty() ? "" : "; " + ago(since));
  line("Active", value);
}

void Page::until() {
  const auto limit = p_.find_number("RuntimeMaxUSec").value_or(unlimited);
  const auto extra = p_.number("RuntimeRandomizedExtraUSec");
  const auto entered = p_.number("ActiveEnterTimestamp");
  if (limit != unlimited && limit != 0 && is_running() && entered != 0 && extra == 0)
    line("Until", when(entered + limit) + "; " + ago(entered + limit));
  const auto state = p_.text("ActiveState");
  const auto enter = p_.number("ActiveEnterTimestampMonotonic"), exit = p_.number("ActiveExitTimestampMonotonic");
  const bool ended = state != "active" && state != "reloading" && state != "activating";
  if (s_.name.ends_with(".target") || !ended || enter == 0 || exit <= enter) return;
  line("Duration", span_text(exit - enter, msec));
}

void Page::trigger() {
  if (!s_.name.ends_with(".timer")) return;
  const auto next = next_elapse_realtime(p_.number("NextElapseUSecMonotonic"), p_.number("NextElapseUSecRealtime"));
  const auto text = when(next);
  line("Trigger", text.empty() ? "n/a" : text + "; " + ago(next));
}

void Page::list(std::string_view label, const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 0)
      line(label, values[i]);
    else
      more(values[i]);
  }
}

/// The dot before a triggered unit is a full one in every state, only its colour tells.
void Page::triggers() {
  std::vector<std::string> values;
  for (const auto& unit : s_.triggers) {
    const auto style = state_style(unit.active_state);
    const auto full = t_.glyph(Glyph::black_circle);
    values.push_back((style == Style::normal ? std::string(full) : t_.styled(style, full)) + " " + unit.name);
  }
  list("Triggers", values);
}

void Page::triggered_by() {
  std::vector<std::string> values;
  for (const auto& unit : s_.triggered_by) values.push_back(dot(unit.active_state) + " " + unit.name);
  list("TriggeredBy", values);
}

/// "Condition" or "Assert": shown when the last check failed.
void Page::condition(std::string_view kind) {
  const auto stamp = p_.number(std::string(kind) + "Timestamp");
  const auto* result = p_.find(std::string(kind) + "Result");
  if (stamp == 0 || result == nullptr || *result == Value(true)) return;
  line(kind, fmt::format("start {} {} at {}{}{}", kind == "Assert" ? "assertion" : "condition",
                         kind == "Assert" ? t_.styled(Style::red, "failed") : "failed", when(stamp), ago(stamp).empty() ? "" : "; ", ago(stamp)));
  const auto* list = p_.find(std::string(kind) + "s");
  const auto* array = list == nullptr ? nullptr : std::get_if<ArrayValue>(&list->storage);
  if (array == nullptr) return;
  std::vector<std::string> unmet;
  bool one_of_many = false;
  for (const auto& element : array->elements) {  // (sbbsi): type, trigger, negate, parameter, state
    const auto* f = std::get_if<StructValue>(&element.storage);
    if (f == nullptr || f->fields.size() != 5 || std::get<std::int32_t>(f->fields[4].storage) >= 0) continue;
    const bool is_trigger = std::get<bool>(f->fields[1].storage);
    one_of_many = one_of_many || is_trigger;
    unmet.push_back(fmt::format("{}={}{}{} was not met", std::get<std::string>(f->fields[0].storage), is_trigger ? "|" : "",
                                std::get<bool>(f->fields[2].storage) ? "!" : "", std::get<std::string>(f->fields[3].storage)));
  }
  if (one_of_many) more(std::string(t_.glyph(Glyph::tree_last)) + " none of the trigger conditions were met");
  else
    for (std::size_t i = 0; i < unmet.size(); ++i)
      more(std::string(t_.glyph(i + 1 == unmet.size() ? Glyph::tree_last : Glyph::tree_branch)) + unmet[i]);
}

void Page::device_and_mount() {
  if (const auto path = p_.text("SysFSPath"); !path.empty()) line("Device", path);
  if (const auto path = p_.text("Where"); !path.empty()) line("Where", path);
  if (const auto what = p_.text("What"); !what.empty() && s_.name.ends_with("mount")) line("What", what);
}

void Page::documentation() {
  bool first = true;
  for (const auto& document : p_.texts("Documentation")) {
    const bool url = document.starts_with("man:") || document.starts_with("http") || document.starts_with("file:") || document.starts_with("info:");
    const auto shown = url ? t_.link(document, document) : document;
    if (std::exchange(first, false))
      line("Docs", shown);
    else
      more(shown);
  }
}

void Page::listening() {
  const auto* value = p_.find("Listen");
  const auto* list = value == nullptr ? nullptr : std::get_if<ArrayValue>(&value->storage);
  bool first = true;
  for (const auto& address : list == nullptr ? std::vector<std::string>{} : property_texts("Listen", *value, s_.timestamps)) {
    if (std::exchange(first, false))
      line("Listen", address);
    else
      more(address);
  }
  if (!p_.flag("Accept")) return;
  auto counts = fmt::format("{}; Connected: {};", p_.number("NAccepted"), p_.number("NConnections"));
  if (const auto refused = p_.number("NRefused"); refused > 0) counts += fmt::format(" Refused: {}", refused);
  line("Accepted", counts);
}

void Page::command(std::string_view property, const RecordedCommand& c) {
  const bool clean = c.code == CLD_EXITED ? c.status == 0 : c.code == CLD_KILLED && (c.status == SIGTERM || c.status == SIGHUP || c.status == SIGINT || c.status == SIGPIPE);
  std::string end = c.code == CLD_EXITED ? "status=" + std::to_string(c.status) : "signal=" + signal_name(c.status);
  if (c.code == CLD_EXITED && !exit_status_name(c.status).empty()) end += "/" + std::string(exit_status_name(c.status));
  const auto outcome = fmt::format("(code={}, {})", exit_code_name(c.code), end);
  line("Process", fmt::format("{} {}={} {}", c.pid, property, unitparser::join(c.arguments, " "), clean ? outcome : t_.styled(Style::red, outcome)));
}

void Page::commands() {
  constexpr std::array<std::string_view, 9> lists{"ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload",
                                                  "ExecStopPre", "ExecStop", "ExecStopPost", "ExecMount"};
  const auto show = [&](std::string_view property) {
    const auto* value = p_.find(property);
    const auto* list = value == nullptr ? nullptr : std::get_if<ArrayValue>(&value->storage);
    for (const auto& element : list == nullptr ? std::vector<Value>{} : list->elements)
      if (const auto c = recorded_command(element); c && c->code != 0 && c->exit_realtime != 0) command(property, *c);
  };
  for (const auto property : lists) show(property);
  for (const std::string_view property : {"ExecUnmount", "ExecRemount", "ExecActivate", "ExecDeactivate"}) show(property);
}

std::string process_name(std::uint64_t pid) {
  std::array<char, 64> name{};
  const auto path = fmt::format("/proc/{}/comm", pid);
  if (FILE* file = std::fopen(path.c_str(), "re"); file != nullptr) {
    if (std::fgets(name.data(), static_cast<int>(name.size()), file) != nullptr) name[std::strcspn(name.data(), "\n")] = '\0';
    std::fclose(file);
  }
  return name.data();
}

void Page::main_process() {
  const auto recorded = p_.number("ExecMainPID"), main = p_.number("MainPID"), control = p_.number("ControlPID");
  const auto pid = main > 0 ? main : recorded;
  std::string value;
  if (pid > 0) {
    value = std::to_string(pid);
    const auto code = static_cast<std::int32_t>(p_.number("ExecMainCode")), status = static_cast<std::int32_t>(p_.number("ExecMainStatus"));
    if (main > 0) {
      if (const auto name = process_name(main); !name.empty()) value += " (" + name + ")";
    } else if (code != 0) {
      const auto name = exit_status_name(status);
      value += code == CLD_EXITED ? fmt::format(" (code={}, status={}{}{})", exit_code_name(code), status, name.empty() ? "" : "/", name)
                                  : fmt::format(" (code={}, signal={})", exit_code_name(code), signal_name(status));
    } else {
      value.clear();
    }
  }
  if (control > 0) {
    const auto name = process_name(control);
    const auto text = std::to_string(control) + (name.empty() ? "" : " (" + name + ")");
    if (value.empty()) return line("Cntrl PID", text);
    value += "; Control PID: " + text;
  }
  if (!value.empty()) line("Main PID", value);
}

void Page::messages() {
  if (const auto text = p_.text("StatusText"); !text.empty()) line("Status", "\"" + (t_.colors() ? t_.styled(Style::bold, text) : std::string(text)) + "\"");
  if (const auto number = static_cast<int>(p_.number("StatusErrno")); number > 0) line("Error", fmt::format("{} ({})", number, std::strerror(number)));
}

void Page::memory() {
  const auto current = p_.find_number("MemoryCurrent").value_or(unlimited);
  if (current == unlimited) return;
  std::string limits;
  const auto add = [&](std::string_view label, std::string_view property, std::uint64_t unset) {
    const auto value = p_.find_number(property).value_or(unset);
    if (value != unset) limits += (limits.empty() ? "" : " ") + std::string(label) + ": " + (value == unlimited ? "infinity" : unitparser::format_bytes(value));
  };
  add("min", "MemoryMin", 0);
  add("low", "MemoryLow", 0);
  add("high", "MemoryHigh", unlimited);
  add("max", "MemoryMax", unlimited);
  add("swap max", "MemorySwapMax", unlimited);
  add("limit", "MemoryLimit", unlimited);
  add("available", "MemoryAvailable", unlimited);
  line("Memory", unitparser::format_bytes(current) + (limits.empty() ? "" : " (" + limits + ")"));
}

void Page::resources() {
  const auto count = [&](std::string_view name) { return p_.find_number(name).value_or(unlimited); };
  if (count("IPIngressBytes") != unlimited && count("IPEgressBytes") != unlimited)
    line("IP", unitparser::format_bytes(count("IPIngressBytes")) + " in, " + unitparser::format_bytes(count("IPEgressBytes")) + " out");
  if (count("IOReadBytes") != unlimited && count("IOWriteBytes") != unlimited)
    line("IO", unitparser::format_bytes(count("IOReadBytes")) + " read, " + unitparser::format_bytes(count("IOWriteBytes")) + " written");
  if (const auto tasks = count("TasksCurrent"); tasks != unlimited) {
    const auto limit = count("TasksMax");
    line("Tasks", std::to_string(tasks) + (limit == unlimited ? "" : t_.styled(Style::grey, fmt::format(" (limit: {})", limit))));
  }
  memory();
  if (const auto nsec = count("CPUUsageNSec"); nsec != unlimited) line("CPU", span_text(nsec / 1000, msec));
}

void Page::processes() {
  const auto group = p_.text("ControlGroup");
  if (group.empty()) return;
  line("CGroup", group);
  text_ += process_tree(t_, group, s_.processes, blanks_.size(), s_.full ? unlimited : t_.line_limit());
}

std::string Page::unit() {
  const auto id = p_.text("Id"), description = p_.text("Description");
  text_ = dot(p_.text("ActiveState")) + " " + std::string(id);
  if (!description.empty() && description != id) text_ += " - " + std::string(description);
  text_ += "\n";
  if (const auto following = p_.text("Following"); !following.empty()) line("Follows", "unit currently follows state of " + std::string(following));
  loaded();
  if (p_.flag("Transient")) line("Transient", "yes");
  drop_ins();
  active();
  until();
  trigger();
  triggers();
  triggered_by();
  condition("Condition");
  condition("Assert");
  device_and_mount();
  documentation();
  listening();
  commands();
  main_process();
  messages();
  resources();
  if (!s_.dropped.empty()) line("Log drops", s_.dropped);
  processes();
  return std::move(text_);
}

std::string Page::manager(std::string_view host_name) {
  const auto state = p_.text("SystemState");
  const auto style = state == "running" ? Style::green : state == "degraded" ? Style::red : state == "maintenance" ? Style::yellow : Style::normal;
  const auto in_style = [&](std::string_view text) { return style == Style::normal ? std::string(text) : t_.styled(style, text); };
  text_ = in_style(t_.glyph(Glyph::black_circle)) + " " + std::string(host_name) + "\n";
  line("State", in_style(state));
  line("Units", fmt::format("{} loaded (incl. loaded aliases)", p_.number("NNames")));
  line("Jobs", fmt::format("{} queued", p_.number("NJobs")));
  line("Failed", fmt::format("{} units", p_.number("NFailedUnits")));
  const auto since = p_.number("UserspaceTimestamp");
  if (since != 0) line("Since", when(since) + "; " + ago(since));
  line("systemd", p_.text("Version"));
  if (const auto tainted = p_.text("Tainted"); !tainted.empty()) line("Tainted", t_.colors() ? t_.styled(Style::yellow, tainted) : std::string(tainted));
  const auto group = p_.text("ControlGroup");
  line("CGroup", group.empty() ? "/" : group);
  text_ += process_tree(t_, group, s_.processes, blanks_.size(), s_.full ? unlimited : t_.line_limit());
  return std::move(text_);
}

}  // namespace

std::string unit_status_page(const Terminal& terminal, const UnitStatus& status) {
  return Page(terminal, status, unit_label_width).unit();
}

std::string manager_status_page(const Terminal& terminal, const UnitStatus& status, std::string_view host_name) {
  return Page(terminal, status, manager_label_width).manager(host_name);
}

int status_exit_code(const Properties& properties) {
  constexpr int not_running = 3, unknown = 4;
  if (properties.text("LoadState") == "not-found" && properties.text("ActiveState") == "inactive") return unknown;
  const auto state = properties.text("ActiveState");
  return state == "active" || state == "reloading" ? 0 : not_running;
}

}  // namespace ctl
