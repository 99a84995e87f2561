// Row: one directive as data — where it stands, how text becomes config, what the bus shows — and the makers of rows. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unitparser/base/result.h"
#include "unitparser/base/value.h"
#include "unitparser/config/unit_config.h"
#include "unitparser/directives/parse_context.h"
#include "unitparser/names/unit_name.h"

namespace unitparser {

// --- Sections -----------------------------------------------------------------------------------------------------
/// Sections of all files that the tables know; the first eleven are bits of a bus interface of the same name as well.
enum class Section : std::uint8_t { unit, install, service, socket, mount, automount, swap, timer, path, slice, scope, manager, journal };
inline constexpr std::size_t section_count = 13;
constexpr std::array<std::string_view, section_count> enum_names(std::type_identity<Section>) {
  return {"Unit", "Install", "Service", "Socket", "Mount", "Automount", "Swap", "Timer", "Path", "Slice", "Scope",
          "Manager", "Journal"};
}
/// A set of sections.
struct Sections {
  std::uint16_t bits = 0;
  constexpr Sections() = default;
  constexpr Sections(Section section) : bits(static_cast<std::uint16_t>(1U << static_cast<unsigned>(section))) {}  // NOLINT: a set of one
  [[nodiscard]] constexpr bool has(Section section) const { return (bits & Sections(section).bits) != 0; }
  friend constexpr Sections operator|(Sections a, Sections b) {
    Sections both;
    both.bits = a.bits | b.bits;
    return both;
  }
};
constexpr Sections operator|(Section a, Section b) { return Sections(a) | Sections(b); }
inline constexpr Sections exec_sections = Section::service | Section::socket | Section::mount | Section::swap;
inline constexpr Sections kill_sections = exec_sections | Section::scope;
inline constexpr Sections resource_sections = kill_sections | Section::slice;

// --- Properties ---------------------------------------------------------------------------------------------------
/// What the bus says when the value changes (org.freedesktop.DBus.Property.EmitsChangedSignal).
enum class Emits : std::uint8_t { constant, nothing, invalidates, changes };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<Emits>) {
  return {"const", "false", "invalidates", "true"};
}
/// A property that a row shows. `from_graph`: its value is the engine's, what files say is only a part of it.
struct BusName {
  std::string_view name;
  Emits emits = Emits::constant;
  bool from_graph = false;
};
constexpr BusName no_property{};
consteval BusName constant(std::string_view name) { return {name, Emits::constant, false}; }
consteval BusName quiet(std::string_view name) { return {name, Emits::nothing, false}; }
consteval BusName invalidates(std::string_view name) { return {name, Emits::invalidates, false}; }
consteval BusName changes(std::string_view name) { return {name, Emits::changes, false}; }
consteval BusName from_graph(std::string_view name) { return {name, Emits::constant, true}; }

/// What a property is read from.
template <class Root>
struct Subject {
  const Root& config;
  const UnitName& name;
  const MachineFacts& machine;
};

// --- Rows ---------------------------------------------------------------------------------------------------------
enum class RowKind : std::uint8_t {
  directive,  ///< sets something
  property,   ///< only shown on the bus, no key
  given,      ///< only given over the bus, neither key nor property
  alias,      ///< another spelling of the row named by `target`
  ignored,    ///< known, but has no effect; `description` says why
};

/// Identity of a config field, for the check that every field has a row. Hashes of names rather than addresses of objects:
/// those cannot be compared at compile time under the sanitizers.
struct FieldId {
  std::uint64_t owner = 0;
  std::uint64_t field = 0;
  constexpr bool operator==(const FieldId&) const = default;
};
consteval std::uint64_t hash_of_name(std::string_view name) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}
template <auto Field>
consteval std::uint64_t field_hash() {
  return hash_of_name(__PRETTY_FUNCTION__);
}
template <class Owner>
consteval std::uint64_t owner_hash() {
  return hash_of_name(__PRETTY_FUNCTION__);
}
template <class Owner, class T>
std::type_identity<Owner> owner_of_member(T Owner::*);
template <class Owner, class T>
std::type_identity<T> type_of_member(T Owner::*);
template <auto Field>
using FieldOwner = typename decltype(owner_of_member(Field))::type;
template <auto Field>
using FieldType = typename decltype(type_of_member(Field))::type;
template <auto Field>
consteval FieldId field_id() {
  return {owner_hash<FieldOwner<Field>>(), field_hash<Field>()};
}

/// A literal as a template argument.
template <std::size_t N>
struct Literal {
  char text[N]{};
  constexpr Literal(const char (&from)[N]) {  // NOLINT: implicit on purpose
    for (std::size_t i = 0; i < N; ++i) text[i] = from[i];
  }
};

using Texts = std::vector<std::string>;
/// What a client gives a unit over the bus. The value is of the type that the row names.
struct Given {
  UnitType type;
  std::string_view property;
  const Value& value;
  Subject<UnitConfig> subject;  ///< all that the unit has so far
  Value (*get)(const Subject<UnitConfig>&) = nullptr;
  std::string_view refusal;            ///< of the row
  /// What the property is so far, as it is shown.
  [[nodiscard]] Value current() const { return get != nullptr ? get(subject) : Value(); }
};

/// One row. All views point to literals.
template <class Root>
struct Row {
  RowKind kind = RowKind::directive;
  Sections sections;
  std::string_view key;
  std::string_view value_word;   ///< kind of value for people: "boolean", "time span", …
  BusName bus;
  std::string_view signature;    ///< of the property
  std::string_view given_as;     ///< the type in which clients give it, where it is not the signature
  std::string_view refusal;      ///< what they hear when it cannot be read, from property and value, where it is not the usual
  std::string_view description;  ///< one sentence of our own
  std::string_view target;       ///< alias: "Key" of the same section, or "Section.Key"
  bool list = false;             ///< assignments add up; the empty one resets
  std::array<FieldId, 4> fields{};
  /// Reads one value; false when nothing was changed because of it (remarks say why).
  bool (*apply)(ParseContext&, Root&, std::string_view text) = nullptr;
  Value (*get)(const Subject<Root>&) = nullptr;
  /// Values to write in a file so that the property gets what is given; fails in systemd's words. nullptr: it cannot be given.
  Result<Texts> (*texts)(const Given&) = nullptr;
};
using UnitRow = Row<UnitConfig>;

// --- Access to fields ---------------------------------------------------------------------------------------------
/// Which member of UnitConfig, or of its CommonSettings, holds a part.
template <class Part>
struct PartOf;
template <>
struct PartOf<UnitSection> {
  static constexpr auto member = &UnitConfig::unit;
};
template <>
struct PartOf<UnitNeeds> {
  static constexpr auto member = &CommonSettings::unit_needs;
};
template <>
struct PartOf<UnitDocuments> {
  static constexpr auto member = &UnitConfig::unit_documents;
};
template <>
struct PartOf<UnitLimits> {
  static constexpr auto member = &CommonSettings::unit_limits;
};
template <>
struct PartOf<InstallSection> {
  static constexpr auto member = &CommonSettings::install;
};
template <>
struct PartOf<ServiceConfig> {
  static constexpr auto member = &CommonSettings::service;
};
template <>
struct PartOf<ServiceCommands> {
  static constexpr auto member = &UnitConfig::service_commands;
};
template <>
struct PartOf<ServiceTimeouts> {
  static constexpr auto member = &CommonSettings::service_timeouts;
};
template <>
struct PartOf<SocketConfig> {
  static constexpr auto member = &CommonSettings::socket;
};
template <>
struct PartOf<SocketOptions> {
  static constexpr auto member = &CommonSettings::socket_options;
};
template <>
struct PartOf<MountConfig> {
  static constexpr auto member = &CommonSettings::mount;
};
template <>
struct PartOf<AutomountConfig> {
  static constexpr auto member = &CommonSettings::automount;
};
template <>
struct PartOf<SwapConfig> {
  static constexpr auto member = &CommonSettings::swap;
};
template <>
struct PartOf<TimerConfig> {
  static constexpr auto member = &CommonSettings::timer;
};
template <>
struct PartOf<PathConfig> {
  static constexpr auto member = &CommonSettings::path;
};
template <>
struct PartOf<ScopeConfig> {
  static constexpr auto member = &CommonSettings::scope;
};
template <>
struct PartOf<ExecIdentity> {
  static constexpr auto member = &CommonSettings::exec_identity;
};
template <>
struct PartOf<ExecEnvironment> {
  static constexpr auto member = &CommonSettings::exec_environment;
};
template <>
struct PartOf<ExecStreams> {
  static constexpr auto member = &CommonSettings::exec_streams;
};
template <>
struct PartOf<ExecLogging> {
  static constexpr auto member = &CommonSettings::exec_logging;
};
template <>
struct PartOf<ExecScheduling> {
  static constexpr auto member = &CommonSettings::exec_scheduling;
};
template <>
struct PartOf<ExecPrivileges> {
  static constexpr auto member = &CommonSettings::exec_privileges;
};
template <>
struct PartOf<ExecSandbox> {
  static constexpr auto member = &CommonSettings::exec_sandbox;
};
template <>
struct PartOf<ExecPaths> {
  static constexpr auto member = &CommonSettings::exec_paths;
};
template <>
struct PartOf<ExecProvided> {
  static constexpr auto member = &CommonSettings::exec_provided;
};
template <>
struct PartOf<ResourceBasics> {
  static constexpr auto member = &CommonSettings::resource_basics;
};
template <>
struct PartOf<ResourceMemory> {
  static constexpr auto member = &CommonSettings::resource_memory;
};
template <>
struct PartOf<ResourceIo> {
  static constexpr auto member = &CommonSettings::resource_io;
};
template <>
struct PartOf<ResourceAccess> {
  static constexpr auto member = &CommonSettings::resource_access;
};
template <>
struct PartOf<KillConfig> {
  static constexpr auto member = &CommonSettings::kill;
};
template <class Part>
concept CommonPart = std::is_same_v<FieldOwner<PartOf<Part>::member>, CommonSettings>;
template <class Root, class Part>
[[nodiscard]] const Part& read_part(const Root& root) {
  if constexpr (std::is_same_v<Root, Part>)
    return root;
  else if constexpr (CommonPart<Part>)
    return (*root.common.*PartOf<Part>::member).read();
  else
    return (root.*PartOf<Part>::member).read();
}
template <class Root, class Part>
[[nodiscard]] Part& write_part(Root& root) {
  if constexpr (std::is_same_v<Root, Part>)
    return root;
  else if constexpr (CommonPart<Part>)
    return (root.common.write().*PartOf<Part>::member).write();
  else
    return (root.*PartOf<Part>::member).write();
}
/// The struct that rows of a field's owner work on: UnitConfig for its parts, the struct itself otherwise.
template <class Part>
struct RootOfPart {
  using type = Part;
};
template <class Part>
  requires requires { PartOf<Part>::member; }
struct RootOfPart<Part> {
  using type = UnitConfig;
};
template <auto Field>
using RootOf = typename RootOfPart<FieldOwner<Field>>::type;

template <auto Field>
[[nodiscard]] const FieldType<Field>& read_field(const RootOf<Field>& root) {
  return read_part<RootOf<Field>, FieldOwner<Field>>(root).*Field;
}
template <auto Field>
[[nodiscard]] FieldType<Field>& write_field(RootOf<Field>& root) {
  return write_part<RootOf<Field>, FieldOwner<Field>>(root).*Field;
}
/// Writes only what differs, so that equal parts stay shared.
template <auto Field>
void set_field(RootOf<Field>& root, FieldType<Field> value) {
  if (!(read_field<Field>(root) == value)) write_field<Field>(root) = std::move(value);
}
/// What `parse(list)` makes of a line is added to the list where it stands: a copy for each line would make long files
/// quadratic. An empty line is left to `parse`, which knows what it takes away.
template <auto Field, class Parse>
bool extend_list(RootOf<Field>& root, std::string_view text, Parse&& parse) {
  if (text.empty()) {
    FieldType<Field> list = read_field<Field>(root);
    if (!parse(list)) return false;
    set_field<Field>(root, std::move(list));
    return true;
  }
  FieldType<Field> more;
  if (!parse(more)) return false;
  if (more.empty()) return true;
  auto& all = write_field<Field>(root);
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return true;
}

// --- Codecs -------------------------------------------------------------------------------------------------------
/// A codec of T reads one text into a T, shows a T as a Value, and names its D-Bus signature and its kind of value.
/// `Codec::list` (true): it appends, and an empty text resets; `Codec::merge` (optional) does the appending.
/// `Codec::texts` (optional): what is given over the bus to texts of a file; `Codec::given_as` (optional): the type of that.
template <class Codec, class T>
concept CodecFor = requires(ParseContext& context, std::string_view text, T& value) {
  { Codec::parse(context, text, value) } -> std::same_as<bool>;
  { Codec::encode(std::as_const(value)) } -> std::same_as<Value>;
  { Codec::signature } -> std::convertible_to<std::string_view>;
  { Codec::word } -> std::convertible_to<std::string_view>;
};
template <class Codec>
consteval bool is_list() {
  if constexpr (requires { Codec::list; })
    return Codec::list;
  else
    return false;
}

/// Texts for values whose D-Bus form needs no knowledge of the directive: booleans, numbers, strings, string lists.
[[nodiscard]] Result<Texts> plain_texts(const Given& given);
/// Why a value is not taken: as the row has it, and in words of its own.
[[nodiscard]] tl::unexpected<Error> refused_setting(const Given& given);
[[nodiscard]] tl::unexpected<Error> refused_setting(std::string message);
[[nodiscard]] tl::unexpected<Error> refused_as_too_large();

template <class Codec>
[[nodiscard]] Result<Texts> codec_texts(const Given& given) {
  if constexpr (requires { Codec::texts(given); })
    return Codec::texts(given);
  else
    return plain_texts(given);
}

template <auto Field, class Codec>
bool apply_field(ParseContext& context, RootOf<Field>& root, std::string_view text) {
  if constexpr (is_list<Codec>()) {
    if (text.empty()) {
      set_field<Field>(root, {});
      return true;
    }
    FieldType<Field> more{};
    if constexpr (requires { more.insert(more.end(), more.begin(), more.end()); }) {
      const bool complete = Codec::parse(context, text, more);  // what stood in front of a bad word counts
      if (more.empty()) return complete;
      auto& all = write_field<Field>(root);
      if constexpr (requires { Codec::merge(all, std::move(more)); })
        Codec::merge(all, std::move(more));
      else
        all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
      return complete;
    } else {
      FieldType<Field> value = read_field<Field>(root);
      if (!Codec::parse(context, text, value)) return false;
      set_field<Field>(root, std::move(value));
      return true;
    }
  } else {
    FieldType<Field> value = read_field<Field>(root);
    if (!Codec::parse(context, text, value)) return false;
    set_field<Field>(root, std::move(value));
    return true;
  }
}
template <auto Field, class Codec>
Value get_field(const Subject<RootOf<Field>>& subject) {
  return Codec::encode(read_field<Field>(subject.config));
}

// --- Makers -------------------------------------------------------------------------------------------------------
/// The usual row: one field, one codec, at most one property.
template <auto Field, class Codec>
  requires CodecFor<Codec, FieldType<Field>>
consteval Row<RootOf<Field>> row(Sections sections, std::string_view key, BusName bus, std::string_view description) {
  Row<RootOf<Field>> r;
  r.sections = sections, r.key = key, r.bus = bus, r.description = description;
  r.value_word = Codec::word, r.signature = Codec::signature, r.list = is_list<Codec>();
  if constexpr (requires { Codec::given_as; }) r.given_as = Codec::given_as;
  r.fields[0] = field_id<Field>();
  r.apply = &apply_field<Field, Codec>, r.get = &get_field<Field, Codec>, r.texts = &codec_texts<Codec>;
  return r;
}
/// What a maker for several fields or odd shapes is given besides the place.
template <class Root>
struct Functions {
  bool (*apply)(ParseContext&, Root&, std::string_view) = nullptr;
  Value (*get)(const Subject<Root>&) = nullptr;
  Result<Texts> (*texts)(const Given&) = &plain_texts;
};
/// A row with its own functions; `Fields` are the config fields that it sets.
template <auto... Fields>
consteval UnitRow custom(Sections sections, std::string_view key, BusName bus, std::string_view signature,
                         std::string_view word, Functions<UnitConfig> functions, std::string_view description) {
  UnitRow r;
  r.sections = sections, r.key = key, r.bus = bus, r.signature = signature, r.value_word = word, r.description = description;
  r.apply = functions.apply, r.get = functions.get, r.texts = functions.texts;
  r.fields = {field_id<Fields>()...};
  return r;
}
/// The row as a list (assignments add up).
template <class Root>
consteval Row<Root> as_list(Row<Root> r) {
  r.list = true;
  return r;
}
/// The row with its property shown by another function.
template <class Root>
consteval Row<Root> shown_by(Row<Root> r, Value (*get)(const Subject<Root>&)) {
  r.get = get;
  return r;
}
/// Further fields that a row sets besides its own.
template <auto... Fields>
consteval UnitRow with_fields(UnitRow r) {
  std::size_t at = 1;
  ((r.fields[at++] = field_id<Fields>()), ...);
  return r;
}
/// A property that no key sets directly.
consteval UnitRow shown(Sections interfaces, BusName bus, std::string_view signature, Value (*get)(const Subject<UnitConfig>&),
                        std::string_view description) {
  UnitRow r;
  r.kind = RowKind::property;
  r.sections = interfaces, r.bus = bus, r.signature = signature, r.get = get, r.description = description;
  return r;
}
/// A property that no key sets, but that transient units can be given: texts() yields whole "Key=value" lines.
consteval UnitRow settable(UnitRow r, Result<Texts> (*texts)(const Given&), std::string_view given_as = {}) {
  r.texts = texts, r.given_as = given_as;
  return r;
}
/// What only clients say: texts() yields whole "Key=value" lines.
consteval UnitRow given_only(Sections sections, std::string_view name, std::string_view signature, Result<Texts> (*texts)(const Given&), std::string_view description) {
  UnitRow r;
  r.kind = RowKind::given;
  r.sections = sections, r.bus = quiet(name), r.signature = signature, r.texts = texts, r.description = description;
  return r;
}
/// The row with words of its own for a value that cannot be read: a format of the property and the value.
consteval UnitRow refused_as(std::string_view refusal, UnitRow r) {
  r.refusal = refusal;
  return r;
}
/// COMPAT: some refusals have no words.
inline constexpr std::string_view without_words = "Failed to set unit properties: Invalid argument";
inline constexpr std::string_view out_of_range = "Value specified in {} is out of range";
/// The row's property is only shown: clients cannot give it.
consteval UnitRow not_settable(UnitRow r) {
  r.texts = nullptr;
  return r;
}
/// An older spelling of `target` ("Key", or "Section.Key").
template <class Root = UnitConfig>
consteval Row<Root> alias(Sections sections, std::string_view key, std::string_view target) {
  Row<Root> r;
  r.kind = RowKind::alias;
  r.sections = sections, r.key = key, r.target = target, r.description = "Older spelling.";
  return r;
}
/// A known key without effect.
template <class Root = UnitConfig>
consteval Row<Root> ignored(Sections sections, std::string_view key, std::string_view why) {
  Row<Root> r;
  r.kind = RowKind::ignored;
  r.sections = sections, r.key = key, r.description = why;
  return r;
}

// --- Checks -------------------------------------------------------------------------------------------------------
/// No key twice in one section.
template <class Root, std::size_t N>
consteval bool unique_keys(const std::array<Row<Root>, N>& rows) {
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = i + 1; j < N; ++j)
      if (!rows[i].key.empty() && rows[i].key == rows[j].key && (rows[i].sections.bits & rows[j].sections.bits) != 0) return false;
  return true;
}
/// Every row has a sentence that ends as sentences do.
template <class Root, std::size_t N>
consteval bool documented(const std::array<Row<Root>, N>& rows) {
  for (const Row<Root>& r : rows)
    if (r.description.size() < 10 || r.description.back() != '.') return false;
  return true;
}

/// Converts to anything; used only to count the fields of an aggregate.
struct AnyField {
  std::size_t ignored;
  template <class T>
  operator T() const noexcept;  // NOLINT: must be implicit
};
template <class T, std::size_t... I>
consteval bool initializable(std::index_sequence<I...>) {
  return requires { T{AnyField{I}...}; };
}
template <class T, std::size_t N = 1>
consteval std::size_t field_count() {
  static_assert(N < 80, "too many fields, or a field that cannot be counted");
  if constexpr (initializable<T>(std::make_index_sequence<N>{}) && !initializable<T>(std::make_index_sequence<N + 1>{}))
    return N;
  else
    return field_count<T, N + 1>();
}
/// Every field of `Part` is set by a row.
template <class Part, class Root, std::size_t N>
consteval bool covers_every_field(const std::array<Row<Root>, N>& rows) {
  std::vector<std::uint64_t> seen;
  for (const Row<Root>& r : rows)
    for (const FieldId& id : r.fields) {
      bool known = id.owner != owner_hash<Part>();
      for (const std::uint64_t other : seen) known = known || other == id.field;
      if (!known) seen.push_back(id.field);
    }
  return seen.size() == field_count<Part>();
}

}  // namespace unitparser
