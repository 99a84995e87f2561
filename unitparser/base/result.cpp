#include "unitparser/base/result.h"

#include <cerrno>
#include <cstring>

namespace unitparser {

tl::unexpected<Error> fail_errno(int os_errno, std::string_view what) {
  ErrorCode code = ErrorCode::io;
  switch (os_errno) {
    case ENOENT: code = ErrorCode::not_found; break;
    case EEXIST: code = ErrorCode::already_exists; break;
    case EACCES:
    case EPERM: code = ErrorCode::permission_denied; break;
    case ENOSYS:
    case EOPNOTSUPP: code = ErrorCode::not_supported; break;
    case EBUSY: code = ErrorCode::busy; break;
    case ETIMEDOUT: code = ErrorCode::timed_out; break;
    default: break;
  }
  std::string message(what);
  if (!message.empty()) message += ": ";
  message += ::strerrordesc_np(os_errno) != nullptr ? ::strerrordesc_np(os_errno) : "unknown error";
  return tl::unexpected<Error>(Error{code, os_errno, std::move(message), {}});
}

std::string reason_of(const Error& error) { return error.os_errno == 0 ? error.message : fail_errno(error.os_errno, "").value().message; }

}  // namespace unitparser
