// Result<T> and Error: how every fallible function of the project reports. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace unitparser {

/// What went wrong, as far as callers distinguish it. One table maps these to D-Bus error names (names/bus_names).
enum class ErrorCode : std::uint8_t {
  invalid_argument,        ///< the caller's value cannot be understood
  not_found,               ///< the thing named does not exist
  already_exists,          ///< the thing to be made exists
  permission_denied,       ///< not allowed
  not_supported,           ///< understood, but this kernel or build cannot do it
  io,                      ///< the operating system refused; os_errno says how
  timed_out,               ///< a deadline passed
  too_big,                 ///< larger than the limit of its kind
  busy,                    ///< in use, try later
  load_failed,             ///< a unit's files could not be loaded
  masked,                  ///< the unit is masked
  no_such_unit,            ///< no unit of that name is loaded
  unit_exists,             ///< a unit of that name exists already
  bad_unit_setting,        ///< a loaded unit's settings contradict each other
  job_type_not_applicable, ///< the unit's type does not know that job
  transaction_destructive, ///< would cancel an irreversible job
  transaction_conflicting, ///< needs two jobs of a unit that exclude each other
  transaction_cyclic,      ///< an ordering cycle that cannot be broken
  only_by_dependency,      ///< RefuseManualStart= or RefuseManualStop=
  no_isolation,            ///< AllowIsolate= is off
  shutting_down,           ///< the manager no longer takes requests
  protocol,                ///< a peer broke the protocol
  no_such_process,         ///< the unit has no process of that kind
  not_referenced,          ///< the client holds no reference to the unit
  nothing_to_clean,        ///< the unit has nothing of the kind to be removed
  scope_not_running,       ///< the scope has no processes to let go
  unit_inactive,           ///< only possible while the unit is active
  unit_bad_path,           ///< a unit file lies where it must not
  unit_generated,          ///< the unit file was generated, or made for one run
  unit_linked,             ///< the unit file is a link to one outside of the search path
};

/// Where in a file something was said; line 0 means "the whole file", column 0 "the whole line". Lines from 1.
struct Position {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const Position&) const = default;
};

/// One failure: what (code), the errno behind it (0 when none), a sentence for people, and where.
struct Error {
  ErrorCode code = ErrorCode::invalid_argument;
  int os_errno = 0;
  std::string message;
  Position position;
  bool operator==(const Error&) const = default;

  /// Adds a layer in front of the message: "layer: message".
  [[nodiscard]] Error context(std::string_view layer) && {
    message.insert(0, std::string(layer) + ": ");
    return std::move(*this);
  }
};

template <class T>
using Result = tl::expected<T, Error>;

/// Makes the failed Result in a return statement.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, 0, std::move(message), {}});
}

/// Failure of a system call: `what` is followed by the text of `os_errno`, which stands alone when `what` is empty.
[[nodiscard]] tl::unexpected<Error> fail_errno(int os_errno, std::string_view what);

/// What the number alone says; the whole message of a failure without one.
[[nodiscard]] std::string reason_of(const Error& error);

/// The value inside a successful Result, moved out; nothing for Result<void>. For TRY.
template <class T>
T take_value(Result<T>& result) {
  return std::move(*result);
}
inline void take_value(Result<void>&) {}

}  // namespace unitparser

/// Evaluates a Result expression; returns its Error from the enclosing function, else yields the value.
#define TRY(expression)                                                          \
  __extension__({                                                                \
    auto try_result_ = (expression);                                             \
    if (!try_result_) return tl::unexpected(std::move(try_result_.error()));      \
    ::unitparser::take_value(try_result_);                                       \
  })
