#include "journal/file/random_id.h"

#include <sys/random.h>

#include <cerrno>

namespace journal {

unitparser::Result<Id128> random_id() {
  Id128 id;
  if (::getrandom(id.bytes.data(), id.bytes.size(), 0) != static_cast<ssize_t>(id.bytes.size()))
    return unitparser::fail_errno(errno, "getrandom");
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

}  // namespace journal
