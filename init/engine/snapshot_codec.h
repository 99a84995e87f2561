// How values stand in a snapshot: words and length-prefixed strings in braces, fields by name. [pure]
#pragma once

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "init/engine/core.h"
#include "init/engine/field_list.h"

namespace init {

/// Writes values. Units are written by name, because handles are made anew.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(const Core& core) : core_(core) {}
  /// What was written since the last clear().
  [[nodiscard]] std::string_view text() const { return out_; }
  void clear() { out_.clear(); }

  void word(std::string_view text) {
    const fmt::format_int size(text.size());
    out_.append(size.data(), size.size());
    out_ += ':';
    out_ += text;
    out_ += ' ';
  }
  void open() { out_ += '{'; }
  void close() { out_ += "}\n"; }

  void value(const std::string& text) { word(text); }
  void value(bool b) { word(b ? "1" : "0"); }
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  void value(T number) {
    const fmt::format_int text(number);
    word({text.data(), text.size()});
  }
  template <class T>
    requires(std::is_enum_v<T>)
  void value(T e) {
    if constexpr (std::is_same_v<T, UnitId>) {
      const Unit* unit = core_.units.find(e);
      word(unit == nullptr ? std::string_view{} : std::string_view(unit->name.text()));
    } else if constexpr (unitparser::NamedEnum<T>) {
      word(unitparser::to_name(e));
    } else {
      value(static_cast<std::underlying_type_t<T>>(e));
    }
  }
  void value(Duration d) { value(d.usec()); }
  template <class Clock>
  void value(unitparser::Instant<Clock> instant) {
    value(instant.usec());
  }
  template <class T>
  void value(const std::optional<T>& optional) {
    open();
    if (optional) value(*optional);
    close();
  }
  template <class T>
  void value(const std::vector<T>& list) {
    open();
    for (const T& element : list) value(element);
    close();
  }
  template <class A, class B>
  void value(const std::pair<A, B>& pair) {
    open();
    value(pair.first);
    value(pair.second);
    close();
  }
  template <class K, class V>
  void value(const std::map<K, V>& map) {
    open();
    for (const auto& entry : map) value(std::pair<K, V>(entry));
    close();
  }
  /// Fields that have their first value are left out.
  template <Listed T>
  void value(const T& record) {
    static const T plain{};
    open();
    std::apply(
        [&](const auto&... f) {
          ((record.*(f.member) == plain.*(f.member) ? void() : (word(f.name), value(record.*(f.member)))), ...);
        },
        fields(std::type_identity<T>{}));
    close();
  }

 private:
  const Core& core_;
  std::string out_;
};

/// Calls visit(UnitId) for each unit that a value mentions.
template <class T, class Visit>
void for_each_mention(const T& value, const Visit& visit) {
  if constexpr (std::is_same_v<T, UnitId>) {
    visit(value);
  } else if constexpr (Listed<T>) {
    std::apply([&](const auto&... f) { (for_each_mention(value.*(f.member), visit), ...); }, fields(std::type_identity<T>{}));
  } else if constexpr (requires { value.has_value(); }) {
    if (value) for_each_mention(*value, visit);
  } else if constexpr (requires { value.first; }) {
    for_each_mention(value.first, visit);
    for_each_mention(value.second, visit);
  } else if constexpr (requires { value.begin(); } && !std::is_same_v<T, std::string>) {
    for (const auto& element : value) for_each_mention(element, visit);
  }
}

/// Reads values back. Unknown fields are skipped; anything malformed makes `failed()` true and the rest default.
class SnapshotReader {
 public:
  using FindUnit = UnitId (*)(Core&, std::string_view name);
  SnapshotReader(Core& core, std::string_view text, FindUnit find_unit) : core_(core), rest_(text), find_unit_(find_unit) {}
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() {
    skip_space();
    return failed_ || rest_.empty();
  }

  std::string_view word() {
    skip_space();
    const std::size_t colon = rest_.substr(0, 12).find(':');
    std::size_t length = 0;
    if (colon == std::string_view::npos || std::from_chars(rest_.data(), rest_.data() + colon, length).ptr != rest_.data() + colon ||
        length > rest_.size() - colon - 1)
      return fail_word();
    const std::string_view text = rest_.substr(colon + 1, length);
    rest_.remove_prefix(colon + 1 + length);
    return text;
  }
  bool open() { return take('{'); }
  /// Whether the group ends here; takes the brace.
  bool closes() {
    skip_space();
    if (failed_ || rest_.empty()) {
      failed_ = failed_ || rest_.empty();
      return true;
    }
    if (rest_.front() != '}') return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Passes over one value of any form.
  void skip() {
    int depth = 0;
    do {
      skip_space();
      if (failed_ || rest_.empty()) {
        failed_ = true;
        return;
      }
      if (rest_.front() == '{') {
        ++depth;
        rest_.remove_prefix(1);
      } else if (rest_.front() == '}') {
        --depth;
        rest_.remove_prefix(1);
      } else {
        word();
      }
    } while (depth > 0 && !failed_);
  }

  void value(std::string& text) { text = std::string(word()); }
  void value(bool& b) { b = word() == "1"; }
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  void value(T& number) {
    const std::string_view text = word();
    if (std::from_chars(text.data(), text.data() + text.size(), number).ptr != text.data() + text.size()) failed_ = true;
  }
  template <class T>
    requires(std::is_enum_v<T>)
  void value(T& e) {
    if constexpr (std::is_same_v<T, UnitId>) {
      const std::string_view name = word();
      e = name.empty() ? UnitId::none : find_unit_(core_, name);
    } else if constexpr (unitparser::NamedEnum<T>) {
      if (auto found = unitparser::from_name<T>(word())) e = *found;
    } else {
      std::underlying_type_t<T> number{};
      value(number);
      e = T{number};
    }
  }
  void value(Duration& d) {
    std::uint64_t usec = 0;
    value(usec);
    d = Duration::from_usec(usec);
  }
  template <class Clock>
  void value(unitparser::Instant<Clock>& instant) {
    std::uint64_t usec = 0;
    value(usec);
    instant = unitparser::Instant<Clock>::from_usec(usec);
  }
  template <class T>
  void value(std::optional<T>& optional) {
    if (!open()) return;
    if (closes()) return;
    T content{};
    value(content);
    optional = std::move(content);
    if (!closes()) failed_ = true;
  }
  template <class T>
  void value(std::vector<T>& list) {
    if (!open()) return;
    while (!closes()) {
      T element{};
      value(element);
      list.push_back(std::move(element));
    }
  }
  template <class A, class B>
  void value(std::pair<A, B>& pair) {
    if (!open()) return;
    value(pair.first);
    value(pair.second);
    if (!closes()) failed_ = true;
  }
  template <class K, class V>
  void value(std::map<K, V>& map) {
    if (!open()) return;
    while (!closes()) {
      std::pair<K, V> entry;
      value(entry);
      map.insert(std::move(entry));
    }
  }
  template <Listed T>
  void value(T& record) {
    if (!open()) return;
    while (!closes()) {
      const std::string_view name = word();
      bool known = false;
      std::apply([&](const auto&... f) { ((f.name == name && !known ? (known = true, value(record.*(f.member))) : void()), ...); },
                 fields(std::type_identity<T>{}));
      if (!known) skip();
    }
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) {
      failed_ = true;
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view fail_word() {
    failed_ = true;
    rest_ = {};
    return {};
  }

  Core& core_;
  std::string_view rest_;
  FindUnit find_unit_;
  bool failed_ = false;
};

}  // namespace init
