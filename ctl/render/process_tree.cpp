// The tree of control groups and processes below "CGroup:". [pure]
#include "ctl/render/process_tree.h"

#include <algorithm>
#include <limits>
#include <map>

#include "ctl/render/text.h"

namespace ctl {
namespace {

struct Node {
  std::map<std::string, Node> children;
  std::vector<const ProcessInfo*> processes;
};

class Drawer {
 public:
  Drawer(const Terminal& terminal, std::size_t width_limit) : terminal_(terminal), width_limit_(width_limit) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the control group tree
  void draw(const Node& node, const std::string& prefix) {
    auto processes = node.processes;
    std::sort(processes.begin(), processes.end(), [](const auto* a, const auto* b) { return a->pid < b->pid; });
    const auto digits = processes.empty() ? 0 : std::to_string(processes.back()->pid).size();
    for (std::size_t i = 0; i < processes.size(); ++i) {
      const bool last = i + 1 == processes.size() && node.children.empty();
      text_ += prefix;
      text_ += terminal_.glyph(last ? Glyph::tree_last : Glyph::tree_branch);
      auto line = std::to_string(processes[i]->pid);
      line.insert(0, digits - line.size(), ' ');
      line += " " + processes[i]->command;
      if (width_limit_ != std::numeric_limits<std::size_t>::max()) {
        const auto used = display_width(prefix) + 2;
        line = ellipsize(line, width_limit_ > used ? width_limit_ - used : 0, 100, terminal_.utf8());
      }
      text_ += terminal_.styled(Style::grey, line) + "\n";
    }
    std::size_t index = 0;
    for (const auto& [name, child] : node.children) {
      const bool last = ++index == node.children.size();
      text_ += prefix;
      text_ += terminal_.glyph(last ? Glyph::tree_last : Glyph::tree_branch);
      text_ += name + "\n";
      draw(child, prefix + std::string(terminal_.glyph(last ? Glyph::tree_space : Glyph::tree_vertical)));
    }
  }
  std::string text_;

 private:
  const Terminal& terminal_;
  std::size_t width_limit_;
};

}  // namespace

std::string process_tree(const Terminal& terminal, std::string_view root, const std::vector<ProcessInfo>& processes, std::size_t prefix,
                         std::size_t width_limit) {
  Node top;
  if (root == "/") root = "";
  for (const auto& process : processes) {
    std::string_view path = process.cgroup;
    if (!path.starts_with(root)) continue;
    path.remove_prefix(root.size());
    Node* node = &top;
    while (!path.empty()) {
      path.remove_prefix(path.front() == '/' ? 1 : 0);
      const auto end = std::min(path.find('/'), path.size());
      if (end > 0) node = &node->children[std::string(path.substr(0, end))];
      path.remove_prefix(end);
    }
    node->processes.push_back(&process);
  }
  Drawer drawer(terminal, width_limit);
  drawer.draw(top, std::string(prefix, ' '));
  return std::move(drawer.text_);
}

}  // namespace ctl
