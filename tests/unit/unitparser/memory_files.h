// A FileSource in memory, for tests: a map from path to content or link. [pure]
#pragma once

#include <cerrno>
#include <map>
#include <set>
#include <string>

#include "unitparser/load/file_source.h"
#include "unitparser/syntax/paths.h"

namespace unitparser::testing {

/// Folders exist as soon as something lies in them. Counts the calls, so that tests can say what was not read again.
class MemoryFiles final : public FileSource {
 public:
  void write(const std::string& path, std::string content) { put(path, {FileKind::regular, std::move(content)}); }
  void link(const std::string& path, std::string target) { put(path, {FileKind::symlink, std::move(target)}); }
  void make_folder(const std::string& path) { put(path, {FileKind::directory, {}}); }
  void make_pipe(const std::string& path) { put(path, {FileKind::other, {}}); }
  void remove(const std::string& path) {
    nodes_.erase(path);
    ++versions_[std::string(directory_of(path))];
  }
  [[nodiscard]] bool exists(const std::string& path) const { return nodes_.contains(path); }

  Result<std::string> read(const std::string& path, std::size_t limit, FileStamp* stamp = nullptr) override {
    ++reads;
    const std::string real = follow(path);
    if (stamp != nullptr) *stamp = link_stamp(real);
    if (real == "/dev/null") return std::string();
    const auto node = nodes_.find(real);
    if (node == nodes_.end()) return fail_errno(ENOENT, path);
    if (node->second.kind != FileKind::regular) return fail_errno(EISDIR, path);
    if (node->second.text.size() > limit) return fail(ErrorCode::too_big, path);
    return node->second.text;
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    ++lists;
    const std::string real = follow(path);
    std::vector<DirectoryEntry> entries;
    std::set<std::string> seen;
    for (const auto& [name, node] : nodes_) {
      if (!path_is_below(name, real) || name == real) continue;
      const std::string rest = name.substr(real == "/" ? 1 : real.size() + 1);
      const std::string first = rest.substr(0, rest.find('/'));
      if (!seen.insert(first).second) continue;
      entries.push_back({first, first == rest ? node.kind : FileKind::directory});
    }
    return entries;
  }
  Result<std::string> read_link(const std::string& path) override {
    const auto node = nodes_.find(path);
    if (node == nodes_.end()) return fail_errno(ENOENT, path);
    if (node->second.kind != FileKind::symlink) return fail_errno(EINVAL, path);
    return node->second.text;
  }
  FileStamp stamp(const std::string& path) override {
    ++stamps;
    return link_stamp(follow(path));
  }
  FileStamp link_stamp(const std::string& path) override {
    FileStamp stamp;
    stamp.inode = std::hash<std::string>{}(path);
    if (path == "/dev/null") {
      stamp.kind = FileKind::other;
      return stamp;
    }
    const auto node = nodes_.find(path);
    if (node != nodes_.end()) {
      stamp.kind = node->second.kind;
      stamp.size = node->second.text.size();
      stamp.modified_nsec = node->second.version;
      if (stamp.kind != FileKind::directory) return stamp;
    }
    const auto below = nodes_.lower_bound(path + "/");
    const bool has_content = below != nodes_.end() && below->first.starts_with(path + "/");
    if (node == nodes_.end() && !has_content) return {};
    stamp.kind = FileKind::directory;
    stamp.modified_nsec = versions_[path];
    return stamp;
  }

  int reads = 0;
  int lists = 0;
  int stamps = 0;

 private:
  struct Node {
    FileKind kind{};
    std::string text;
    std::uint64_t version = 0;
  };
  void put(const std::string& path, Node node) {
    node.version = ++clock_;
    nodes_[path] = std::move(node);
    for (std::string_view parent = directory_of(path); parent.size() > 1; parent = directory_of(parent))
      ++versions_[std::string(parent)];
  }
  std::string follow(std::string path) {
    for (int hop = 0; hop < 40; ++hop) {
      const auto node = nodes_.find(path);
      if (node == nodes_.end() || node->second.kind != FileKind::symlink) return path;
      path = resolve_path(directory_of(path), node->second.text);
    }
    return "/loop";
  }
  std::map<std::string, Node> nodes_;
  std::map<std::string, std::uint64_t> versions_;
  std::uint64_t clock_ = 0;
};

}  // namespace unitparser::testing
