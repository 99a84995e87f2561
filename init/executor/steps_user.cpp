// Who the process becomes: names to numbers, groups, the change itself, and the delegated control group. [os]
#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "init/executor/accounts.h"
#include "init/executor/context.h"

namespace executor {
namespace {

/// A shell that only says no is not worth telling.
bool is_no_shell(const std::string& shell) {
  const std::string name = shell.substr(shell.rfind('/') + 1);
  return shell.empty() || name == "nologin" || name == "false";
}

Done look_up_user(Context& context) {
  const std::string& wanted = context.plan.identity.user;
  if (wanted.empty()) return {};
  auto account = find_account(wanted);
  User& user = context.user;
  if (!account) return unitparser::fail_errno(ESRCH, "Failed to determine user credentials");  // COMPAT: a number needs an entry too
  user.known = true;
  user.name = account->name;
  user.uid = account->uid;
  user.gid = account->gid;
  if (account->home != "/") user.home = account->home;
  if (!is_no_shell(account->shell)) user.shell = account->shell;
  return {};
}

Done look_up_group(Context& context) {
  const auto fail_group = [&context]() {
    context.failure_status = init::ExitStatus::group;
    context.failure_name = "GROUP";
    return unitparser::fail_errno(ESRCH, "Failed to determine group credentials");
  };
  const auto& identity = context.plan.identity;
  User& user = context.user;
  if (!identity.group.empty()) {
    const auto gid = find_group(identity.group);
    // A dynamic user's group has its name and its number; allocate_dynamic_user has set it.
    const bool is_own = identity.dynamic_user && identity.group == identity.dynamic_user_name;
    if (!gid && !is_own) return fail_group();
    if (gid) user.gid = *gid;
  }
  if (user.known && user.gid != 0 && !identity.dynamic_user) user.groups = groups_of(user.name, user.gid);
  for (const std::string& name : identity.supplementary_groups) {
    const auto gid = find_group(name);
    if (!gid) return fail_group();
    if (std::find(user.groups.begin(), user.groups.end(), *gid) == user.groups.end()) user.groups.push_back(*gid);
  }
  return {};
}

}  // namespace

Done step_user(Context& context) {
  if (context.plan.identity.dynamic_user)
    TRY(allocate_dynamic_user(context));
  else
    TRY(look_up_user(context));
  return look_up_group(context);
}

Done step_groups(Context& context) {
  User& user = context.user;
  if (user.gid == static_cast<gid_t>(-1) && user.groups.empty()) return {};
  if (!context.plan.identity.pam_service.empty()) {  // PAM modules may have added some
    std::vector<gid_t> present(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
    const int count = ::getgroups(static_cast<int>(present.size()), present.data());
    for (int i = 0; i < count; ++i)
      if (std::find(user.groups.begin(), user.groups.end(), present[static_cast<std::size_t>(i)]) == user.groups.end())
        user.groups.push_back(present[static_cast<std::size_t>(i)]);
  }
  if (::setgroups(user.groups.size(), user.groups.data()) < 0) {
    // A user namespace may forbid it; then none can be held either.
    if (errno != EPERM || !user.groups.empty()) return failed("Changing group credentials failed");
  }
  if (user.gid != static_cast<gid_t>(-1) && ::setresgid(user.gid, user.gid, user.gid) < 0)
    return failed("Changing group credentials failed");
  return {};
}

Done step_change_user(Context& context) {
  const User& user = context.user;
  if (user.uid == static_cast<uid_t>(-1)) return {};
  const std::uint64_t ambient = context.plan.privileges.ambient_capabilities;
  if (ambient != 0 && user.uid != 0) {
    const int bits = context.plan.privileges.secure_bits.value_or(0) | SECBIT_KEEP_CAPS;
    if (::prctl(PR_GET_SECUREBITS) != bits && ::prctl(PR_SET_SECUREBITS, bits) < 0)
      return failed("Failed to keep capabilities while changing the user");
  }
  if (::setresuid(user.uid, user.uid, user.uid) < 0) return failed("Failed to change UID to " + std::to_string(user.uid));
  // The change empties the ambient set: fill it again.
  for (unsigned capability = 0; capability < 64; ++capability)
    if ((ambient >> capability & 1U) != 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) {
      context.failure_status = init::ExitStatus::capabilities;
      context.failure_name = "CAPABILITIES";
      return failed("Failed to apply ambient capabilities (after UID change)");
    }
  return {};
}

Done step_ownership(Context& context) {
  for (const std::string& node : context.plan.identity.nodes)
    if (::lchown(node.c_str(), context.user.uid, context.user.gid) < 0) return failed("Failed to change the owner of " + node);
  context.finish = true;
  return {};
}

Done step_delegation(Context& context) {
  const std::string& group = context.plan.process.cgroup_directory;
  const uid_t uid = context.user.uid;
  const gid_t gid = context.user.gid;
  if (uid == static_cast<uid_t>(-1)) return {};
  if (::chmod(group.c_str(), 0755) < 0 || ::chown(group.c_str(), uid, gid) < 0)
    return failed("Failed to adjust control group access");
  for (const char* file : {"/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"}) {
    const std::string path = group + file;
    if (::chmod(path.c_str(), 0644) < 0 || ::chown(path.c_str(), uid, gid) < 0) {
      if (errno == ENOENT) continue;
      return failed("Failed to adjust control group access");
    }
  }
  return {};
}

}  // namespace executor
