// UnitName: a checked full unit name; escaping, templates and instances (systemd.unit(5), systemd-escape(1)). [pure]
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "unitparser/base/result.h"
#include "unitparser/names/unit_type.h"

namespace unitparser {

/// Longest unit name that is valid, in bytes.
inline constexpr std::size_t unit_name_max = 255;

/// Form of a unit name.
enum class NameForm : std::uint8_t {
  plain,     ///< foo.service
  instance,  ///< foo@bar.service
  templated  ///< foo@.service
};

/// A valid unit name with its type suffix, e.g. "getty@tty1.service". Never empty but for default construction.
class UnitName {
 public:
  UnitName() = default;
  /// Checks `name`: characters, one known suffix, no leading '@', length.
  [[nodiscard]] static Result<UnitName> parse(std::string_view name);
  [[nodiscard]] static bool is_valid(std::string_view name);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] UnitType type() const { return type_; }
  [[nodiscard]] NameForm form() const { return form_; }
  [[nodiscard]] bool is_template() const { return form_ == NameForm::templated; }
  /// "getty" of getty@tty1.service (%p).
  [[nodiscard]] std::string_view prefix() const;
  /// "tty1" of getty@tty1.service, empty for plain names (%i).
  [[nodiscard]] std::string_view instance() const;
  /// The name without its suffix: "getty@tty1" (%N).
  [[nodiscard]] std::string_view stem() const;
  /// getty@.service of getty@tty1.service; only for instances.
  [[nodiscard]] UnitName template_name() const;
  /// The template with `instance` filled in; error when the result is no valid name.
  [[nodiscard]] Result<UnitName> with_instance(std::string_view instance) const;
  /// The same stem with another suffix.
  [[nodiscard]] Result<UnitName> with_type(UnitType type) const;

  auto operator<=>(const UnitName& other) const { return text_ <=> other.text_; }
  bool operator==(const UnitName& other) const { return text_ == other.text_; }

 private:
  std::string text_;
  UnitType type_ = UnitType::service;
  NameForm form_ = NameForm::plain;
};

/// Type by the suffix after the last dot.
[[nodiscard]] std::optional<UnitType> type_of_name(std::string_view name);

/// Escapes any string for use in a unit name: '/' to '-', the rest outside [a-zA-Z0-9:_.] and a leading dot to \xNN.
[[nodiscard]] std::string escape_name(std::string_view text);
/// Inverse of escape_name; error on a bad \x sequence.
[[nodiscard]] Result<std::string> unescape_name(std::string_view text);
/// Path form: "/" to "-", outer slashes dropped, doubled ones joined; error for paths with ".." components.
[[nodiscard]] Result<std::string> escape_path(std::string_view path);
/// Inverse of escape_path; always absolute.
[[nodiscard]] Result<std::string> unescape_path(std::string_view text);
/// "/var/lib" and mount to "var-lib.mount".
[[nodiscard]] Result<UnitName> name_from_path(std::string_view path, UnitType type);
/// Path named by a mount, automount, swap or device unit.
[[nodiscard]] Result<std::string> path_from_name(const UnitName& name);

enum class Globs : bool { escape, keep };
/// What a person typed (a path, a device, a word without suffix) to a unit name, as systemctl does: "/home" to
/// home.mount, "/dev/sda" to dev-sda.device, "nginx" to nginx.service; globs stay globs with Globs::keep.
[[nodiscard]] Result<std::string> mangle_name(std::string_view typed, std::string_view default_suffix, Globs globs);

/// The slice above: "a-b-c.slice" to "a-b.slice", "a.slice" to "-.slice"; error for "-.slice" and bad slice names.
[[nodiscard]] Result<UnitName> parent_slice(const UnitName& slice);
/// Whether a slice name is well formed (no leading, trailing or doubled dash; "-.slice" is).
[[nodiscard]] bool is_valid_slice(const UnitName& slice);

}  // namespace unitparser

template <>
struct std::hash<unitparser::UnitName> {
  std::size_t operator()(const unitparser::UnitName& name) const noexcept {
    return std::hash<std::string_view>{}(name.text());
  }
};
