// Arming and reading inotify for path units. [loop]
#include "init/driver/path_watches.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace init {
namespace {

using unitparser::PathKind;

/// Of a folder above: something in it came, went or was moved.
constexpr std::uint32_t folder_mask = IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB | IN_CREATE | IN_MOVED_TO;

std::uint32_t mask_of(PathKind kind) {
  constexpr std::uint32_t gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;
  constexpr std::uint32_t content = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
  switch (kind) {
    case PathKind::exists:
    case PathKind::exists_glob: return gone | IN_CREATE | IN_MOVED_TO;
    case PathKind::directory_not_empty: return gone | IN_CREATE | IN_MOVED_TO;
    case PathKind::changed: return gone | content;
    case PathKind::modified: return gone | content | IN_MODIFY;
  }
  return gone;
}

bool is_about_content(PathKind kind) { return kind == PathKind::changed || kind == PathKind::modified; }

/// For a glob, the folder before its first special character.
std::string watched_path(const unitparser::PathEntry& entry) {
  if (entry.kind != PathKind::exists_glob) return entry.path;
  const std::size_t special = entry.path.find_first_of("*?[");
  if (special == std::string::npos) return entry.path;
  const std::size_t slash = entry.path.rfind('/', special);
  return slash == 0 ? "/" : entry.path.substr(0, slash);
}

}  // namespace

unitparser::Result<void> PathWatches::watch(const effect::WatchPath& wanted) {
  auto [at, fresh] = watches_.try_emplace(wanted.watch.key());
  Watch& entry = at->second;
  entry.id = wanted.watch;
  entry.path = wanted.path;
  auto armed = arm(entry);
  if (!armed) watches_.erase(at);
  return armed;
}

unitparser::Result<void> PathWatches::arm(Watch& watch) {
  watch.source.reset();
  watch.primary = -1;
  watch.fd.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!watch.fd) return unitparser::fail_errno(errno, "cannot watch " + watch.path.path);
  const std::string path = watched_path(watch.path);
  // Watched from the top down: a component made meanwhile is either found or told of.
  for (std::size_t slash = 0; slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
    if (folder == path) break;
    if (::inotify_add_watch(watch.fd.get(), folder.c_str(), folder_mask) < 0 && errno == ENOSPC)
      return unitparser::fail_errno(errno, "cannot watch " + path + " (fs.inotify.max_user_watches)");
  }
  watch.primary = ::inotify_add_watch(watch.fd.get(), path.c_str(), mask_of(watch.path.kind));
  watch.source = TRY(loop_.on_ready(watch.fd.get(), EPOLLIN, Priority::traffic,
                                    [this, key = watch.id.key()](std::uint32_t) { on_events(key); }));
  return {};
}

void PathWatches::on_events(std::uint64_t key) {
  const auto at = watches_.find(key);
  if (at == watches_.end()) return;
  Watch& watch = at->second;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  bool content = false;
  bool structure = false;
  ssize_t got = 0;
  while ((got = ::read(watch.fd.get(), buffer.data(), buffer.size())) > 0) {
    for (ssize_t offset = 0; offset + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + offset);
      if (event->wd == watch.primary) content = true;
      if (event->wd != watch.primary || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) structure = true;
      offset += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  if (structure) {
    const bool was_there = watch.primary >= 0;
    (void)arm(watch);
    // The path came into being: for those who watch its content this is the first change.
    if (is_about_content(watch.path.kind) && !was_there && watch.primary >= 0) content = true;
  }
  if (content || !is_about_content(watch.path.kind))
    post_(event::PathChanged{watch.id, watch.path.kind == PathKind::modified});
}

void PathWatches::unwatch(UnitId unit) {
  std::erase_if(watches_, [unit](const auto& item) { return item.second.id.unit == unit; });
}

}  // namespace init
