// cat and edit: the files that make up units. [bus] [os: files, runs an editor]
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "ctl/dependency_walk.h"
#include "ctl/job_waiter.h"
#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

constexpr std::size_t largest_unit_file = 8U << 20;  // what is larger is no file a person wants to see

/// Whole content of a file; the errno of what failed.
tl::expected<std::string, int> read_file(const std::string& path) {
  const unitparser::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return tl::unexpected(errno);
  std::string content;
  std::array<char, 65536> buffer{};
  while (content.size() < largest_unit_file) {
    const auto got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(errno);
    if (got == 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return content;
}

int write_file(const std::string& path, std::string_view content) {
  const unitparser::UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return errno;
  while (!content.empty()) {
    const auto written = write(fd.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int print_file(Session& session, const std::string& unit, const std::string& path, bool after_another) {
  auto& out = session.out();
  const auto content = read_file(path);
  if (!content) return session.fail("Failed to cat " + path + ": " + std::strerror(content.error()));
  session.tell({{"unit", unit}, {"path", path}, {"content", *content}});
  if (session.options().json_forced) return EXIT_SUCCESS;
  if (after_another) out << "\n";
  out << out.style(Style::blue) << "# " << out.path_link(path) << out.style(Style::normal) << "\n" << *content;
  return EXIT_SUCCESS;
}

void print_staleness(Session& session, const std::string& name) {
  auto& out = session.out();
  out.say(Severity::warning, "# Warning: " + name +
                                 " changed on disk, the version systemd has loaded is outdated.\n"
                                 "# This output shows the current version of the unit's original fragment and drop-in files.\n"
                                 "# If fragments or drop-ins were added or removed, they are not properly reflected in this output.\n"
                                 "# Run '" +
                                 own_command(session.options()) + " daemon-reload' to reload units.");
}

/// Runs the user's editor on files; false when it failed or none was found.
bool run_editor(Session& session, std::vector<std::string> files) {
  session.out().flush();
  const auto pid = fork();
  if (pid < 0) return false;
  if (pid == 0) {
    std::string chosen;
    for (const char* name : {"SYSTEMD_EDITOR", "EDITOR", "VISUAL"})
      if (const char* value = std::getenv(name); chosen.empty() && value != nullptr) chosen = value;
    const auto execute = [&files](const std::string& editor) {
      std::vector<std::string> words;
      for (const auto word : unitparser::split_whitespace(editor)) words.emplace_back(word);
      words.insert(words.end(), files.begin(), files.end());
      execvp(words[0].c_str(), unitparser::argument_vector(words).data());
    };
    if (!chosen.empty()) execute(chosen);
    for (const char* editor : {"editor", "nano", "vim", "vi"}) execute(editor);
    _exit(127);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct Edit {
  std::string target, temporary;
};

constexpr std::string_view above_marker = "### Anything between here and the comment below will become the new contents of the file";
constexpr std::string_view below_marker = "### Lines below this comment will be discarded";

/// What the editor is given for a drop-in: the present content between two markers, the unit's files as comments below.
std::string drop_in_template(const std::string& target, const Properties& properties) {
  std::string text = "### Editing " + target + "\n" + std::string(above_marker) + "\n\n";
  if (const auto present = read_file(target)) text += *present;
  text += "\n\n" + std::string(below_marker) + "\n";
  auto files = properties.texts("DropInPaths");
  if (const auto fragment = properties.text("FragmentPath"); !fragment.empty()) files.insert(files.begin(), std::string(fragment));
  for (const auto& file : files) {
    const auto content = file == target ? tl::expected<std::string, int>(tl::unexpected(0)) : read_file(file);
    if (!content) continue;
    text += "\n### " + file + "\n";
    for (const auto line : unitparser::split_at(unitparser::trim_right(*content), '\n'))
      text += line.empty() ? "\n" : "# " + std::string(line) + "\n";
  }
  return text;
}

/// The part between the markers, trimmed; the whole text when there are none.
std::string without_markers(std::string_view text) {
  if (const auto at = text.find(above_marker); at != std::string_view::npos) text.remove_prefix(at + above_marker.size());
  if (const auto at = text.find(below_marker); at != std::string_view::npos) text = text.substr(0, at);
  const auto trimmed = unitparser::trim(text);
  return trimmed.empty() ? std::string() : std::string(trimmed) + "\n";
}

}  // namespace

int verb_cat(Session& session, Arguments arguments) {
  const auto& options = session.options();
  if (options.annotate) return verb_cat_annotated(session, arguments);
  auto expanded = expand_names(session, arguments.subspan(1));
  Client* client = session.manager();
  if (!expanded || client == nullptr) return EXIT_FAILURE;
  if (options.with_dependencies) {
    auto wider = with_dependencies(session, *client, expanded->names);
    if (!wider) return EXIT_FAILURE;
    expanded->names = std::move(*wider);
  }
  if (options.pager && !options.json_forced) session.out().open_pager();
  bool first = true;
  for (const auto& name : expanded->names) {
    const auto properties = client->all_properties(unit_path(name), unit_interface);
    if (!properties) return session.fail("get properties", properties.error());
    const std::string fragment(properties->text("FragmentPath"));
    const auto drop_ins = properties->texts("DropInPaths");
    if (fragment.empty() && drop_ins.empty()) return session.fail("No files found for " + name + ".");
    if (!std::exchange(first, false) && !options.json_forced) session.out() << "\n";
    if (properties->flag("NeedDaemonReload")) print_staleness(session, name);
    bool after_another = false;
    if (!fragment.empty()) {
      if (const int status = print_file(session, name, fragment, false); status != EXIT_SUCCESS) return status;
      after_another = true;
    }
    for (const auto& path : drop_ins) {
      if (const int status = print_file(session, name, path, after_another); status != EXIT_SUCCESS) return status;
      after_another = true;
    }
  }
  return EXIT_SUCCESS;
}

int verb_edit(Session& session, Arguments arguments) {
  const auto& options = session.options();
  if (!session.out().on_terminal()) return session.fail("Cannot edit units if not on a tty.");
  if (options.transport != Transport::local) return session.fail("Cannot edit units remotely.");
  const auto expanded = expand_names(session, arguments.subspan(1));
  Client* client = session.manager();
  if (!expanded || client == nullptr) return EXIT_FAILURE;
  std::vector<Edit> edits;
  std::vector<std::string> files;
  const std::string home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
  const std::string folder = options.scope == Scope::user     ? home + "/.config/systemd/user/"
                             : options.scope == Scope::global ? "/etc/systemd/user/"
                             : options.runtime                ? "/run/systemd/system/"
                                                              : "/etc/systemd/system/";
  for (const auto& name : expanded->names) {
    const auto properties = client->all_properties(unit_path(name), unit_interface);
    if (!properties) return session.fail("get properties", properties.error());
    const std::string fragment(properties->text("FragmentPath"));
    if (properties->text("LoadState") == "masked") return session.fail("Cannot edit " + name + ": unit is masked.");
    if (fragment.empty() && options.force == 0) {
      session.fail("No files found for " + name + ".");
      session.out().say(Severity::info, "Run '" + own_command(options) + " edit --force --full " + name + "' to create a new unit.");
      return EXIT_FAILURE;
    }
    Edit edit;
    edit.target = options.full ? folder + name : folder + name + ".d/override.conf";
    edit.temporary = edit.target + ".edit" + std::to_string(getpid());
    std::string parent = edit.target.substr(0, edit.target.rfind('/'));
    for (std::size_t at = 1; at != std::string::npos;) {
      at = parent.find('/', at + 1);
      mkdir(parent.substr(0, at).c_str(), 0755);  // an error shows when the file is written
    }
    std::string content;
    if (options.full) {
      if (const auto present = read_file(fragment)) content = *present;
    } else {
      content = drop_in_template(edit.target, *properties);
    }
    if (const int error = write_file(edit.temporary, content); error != 0)
      return session.fail("Failed to create temporary file for \"" + edit.target + "\": " + std::strerror(error));
    files.push_back(edit.temporary);
    edits.push_back(std::move(edit));
  }
  int status = run_editor(session, files) ? EXIT_SUCCESS : session.fail("Cannot edit units, no editor available. Please set either $SYSTEMD_EDITOR, $EDITOR or $VISUAL.");
  for (const auto& edit : edits) {
    const auto edited = read_file(edit.temporary);
    const auto content = !edited ? std::string() : options.full ? *edited : without_markers(*edited);
    unlink(edit.temporary.c_str());
    if (status != EXIT_SUCCESS) continue;
    if (content.empty()) {
      session.out().say(Severity::warning, "Editing \"" + edit.target + "\" canceled: temporary file is empty.");
      continue;
    }
    const std::string ready = edit.temporary + "~";
    int error = write_file(ready, content);
    if (error == 0 && rename(ready.c_str(), edit.target.c_str()) < 0) error = errno;
    if (error != 0) status = session.fail("Failed to write \"" + edit.target + "\": " + std::strerror(error));
    else session.out().say(Severity::info, "Successfully installed edited file '" + edit.target + "'.");
  }
  if (status != EXIT_SUCCESS || !options.reload) return status;
  return reload_manager(session);
}

}  // namespace ctl
