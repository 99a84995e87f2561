// The statically linked executor: local files only, no PAM. [os]
#include "init/executor/context.h"
#include "init/executor/name_services.h"
#include "init/image/disk_image.h"

#include <cerrno>

namespace executor {

bool has_services() { return false; }
std::optional<Account> ask_for_user(const std::string&) { return std::nullopt; }
std::optional<Account> ask_for_uid(uid_t) { return std::nullopt; }
std::optional<gid_t> ask_for_group(const std::string&) { return std::nullopt; }
std::vector<gid_t> ask_for_groups(const std::string&, gid_t gid) { return {gid}; }

Done step_pam(Context&) { return unitparser::fail_errno(ELIBACC, "PAM needs the dynamically linked executor, which is not installed"); }

}  // namespace executor

namespace init {

unitparser::Result<std::vector<MountedPart>> mount_image(const std::string&, std::span<const unitparser::ImageOption>,
                                                         const unitparser::VeritySettings&) {
  return unitparser::fail_errno(ELIBACC, "Images need the dynamically linked executor, which is not installed");
}

}  // namespace init
