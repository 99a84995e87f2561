#include "journal/query/match.h"

#include <algorithm>

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

/// Field names: upper case, digits, underscore; not starting with a digit or two underscores.
bool is_matchable_name(std::string_view name) {
  if (name.empty() || name.starts_with("__") || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

Result<void> Match::add(std::string_view field_and_value) {
  const std::size_t equals = field_and_value.find('=');
  if (equals == std::string_view::npos || !is_matchable_name(field_and_value.substr(0, equals)))
    return fail(ErrorCode::invalid_argument, "Invalid argument");
  if (!open_group_) {
    groups_.emplace_back();
    open_group_ = true;
    open_term_ = false;
  }
  if (!open_term_) {
    groups_.back().emplace_back();
    open_term_ = true;
  }
  Term& term = groups_.back().back();
  const std::string_view field = field_and_value.substr(0, equals);
  auto found = std::find_if(term.begin(), term.end(), [&](const Alternatives& a) { return a.field == field; });
  if (found == term.end()) found = term.insert(term.end(), Alternatives{std::string(field), {}});
  if (std::find(found->payloads.begin(), found->payloads.end(), field_and_value) == found->payloads.end())
    found->payloads.emplace_back(field_and_value);
  return {};
}

void Match::add_or() { open_term_ = false; }

void Match::add_and() {
  open_term_ = false;
  open_group_ = false;
}

void Match::add_group(Group group) {
  add_and();
  groups_.push_back(std::move(group));
}

bool Match::is_empty() const { return groups_.empty(); }

CompiledMatch::CompiledMatch(const Match& match, const JournalFile& file) {
  if (match.is_empty()) return;
  std::vector<std::string_view> payloads;
  for (const Match::Group& group : match.groups())
    for (const Match::Term& term : group)
      for (const Match::Alternatives& values : term) payloads.insert(payloads.end(), values.payloads.begin(), values.payloads.end());
  file.fetch_data(payloads);
  root_.kind = Kind::all_of;
  for (const Match::Group& group : match.groups()) {
    Node alternatives;
    alternatives.kind = Kind::any_of;
    for (const Match::Term& term : group) {
      Node fields;
      fields.kind = Kind::all_of;
      for (const Match::Alternatives& values : term) {
        Node value_set;
        value_set.kind = Kind::any_of;
        for (const std::string& payload : values.payloads) {
          Node leaf;
          leaf.kind = Kind::list;
          leaf.list = file.entries_with(payload);
          if (leaf.list.size() > 0) value_set.children.push_back(std::move(leaf));
        }
        fields.children.push_back(std::move(value_set));
      }
      // A field without any entry makes the whole term impossible in this file.
      const bool possible = std::none_of(fields.children.begin(), fields.children.end(),
                                         [](const Node& node) { return node.children.empty(); });
      if (possible) alternatives.children.push_back(std::move(fields));
    }
    root_.children.push_back(std::move(alternatives));
  }
}

std::uint64_t CompiledMatch::find(Node& node, JournalFile& file, std::uint64_t offset, Direction direction) {
  const auto nearer = [direction](std::uint64_t a, std::uint64_t b) {
    return direction == Direction::down ? a < b : a > b;
  };
  switch (node.kind) {
    case Kind::all_entries: return file.entries().nearest(file, offset, direction);
    case Kind::list: return node.list.nearest(file, offset, direction);
    case Kind::any_of: {
      std::uint64_t best = 0;
      for (Node& child : node.children) {
        const std::uint64_t found = find(child, file, offset, direction);
        if (found == offset && found != 0) return found;
        if (found != 0 && (best == 0 || nearer(found, best))) best = found;
      }
      return best;
    }
    case Kind::all_of: {
      // Every child that cannot stay at the candidate moves it on; they agree when a whole round moved nothing.
      std::uint64_t candidate = offset;
      std::size_t agreed = 0;
      while (true) {
        for (Node& child : node.children) {
          const std::uint64_t found = find(child, file, candidate, direction);
          if (found == 0) return 0;
          agreed = found == candidate ? agreed + 1 : 1;
          candidate = found;
          if (agreed >= node.children.size()) return candidate;
        }
      }
    }
  }
  return 0;
}

std::uint64_t CompiledMatch::find_place(Node& node, JournalFile& file, Direction direction, const Locate& locate) {
  const auto farther = [direction](std::uint64_t a, std::uint64_t b) {
    return direction == Direction::down ? a > b : a < b;
  };
  switch (node.kind) {
    case Kind::all_entries: return locate(file.entries());
    case Kind::list: return locate(node.list);
    case Kind::any_of: {
      std::uint64_t best = 0;
      for (Node& child : node.children) {
        const std::uint64_t found = find_place(child, file, direction, locate);
        if (found != 0 && (best == 0 || farther(best, found))) best = found;
      }
      return best;
    }
    case Kind::all_of: {
      std::uint64_t last = 0;
      for (Node& child : node.children) {
        const std::uint64_t found = find_place(child, file, direction, locate);
        if (found == 0) return 0;
        if (last == 0 || farther(found, last)) last = found;
      }
      return last == 0 ? 0 : find(node, file, last, direction);
    }
  }
  return 0;
}

/// A bound of how many entries match.
std::uint64_t CompiledMatch::fewest_of(Node& node, JournalFile& file) {
  std::uint64_t n = node.kind == Kind::all_of ? UINT64_MAX : 0;
  switch (node.kind) {
    case Kind::all_entries: return file.entries().size();
    case Kind::list: return node.list.size();
    case Kind::any_of:
      for (Node& child : node.children) n += fewest_of(child, file);
      return n;
    case Kind::all_of:
      for (Node& child : node.children) n = std::min(n, fewest_of(child, file));
      return n;
  }
  return n;
}

void CompiledMatch::visit_next(Node& node, JournalFile& file, Direction direction, std::uint64_t most,
                               const std::function<void(std::uint64_t)>& visit) {
  switch (node.kind) {
    case Kind::all_entries: file.entries().visit_next(file, direction, most, visit); return;
    case Kind::list: node.list.visit_next(file, direction, most, visit); return;
    case Kind::any_of:
      for (Node& child : node.children) visit_next(child, file, direction, most, visit);
      return;
    case Kind::all_of: {
      // All that match are in each child's entries: the one with the fewest tells the most.
      const auto fewest = std::min_element(node.children.begin(), node.children.end(),
                                           [&](Node& a, Node& b) { return fewest_of(a, file) < fewest_of(b, file); });
      if (fewest != node.children.end()) visit_next(*fewest, file, direction, most, visit);
      return;
    }
  }
}

void CompiledMatch::visit_next(JournalFile& file, Direction direction, std::uint64_t most, const std::function<void(std::uint64_t)>& visit) {
  visit_next(root_, file, direction, most, visit);
}

std::uint64_t CompiledMatch::find_place(JournalFile& file, Direction direction, const Locate& locate) {
  return find_place(root_, file, direction, locate);
}

std::uint64_t CompiledMatch::find(JournalFile& file, std::uint64_t offset, Direction direction) {
  return find(root_, file, offset, direction);
}

}  // namespace journal
