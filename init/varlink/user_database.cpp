// Records of dynamic users and groups (systemd.io USER_RECORD, USER_GROUP_API). [pure]
#include "init/varlink/user_database.h"

#include <array>
#include <cerrno>

namespace init::varlink {
namespace {

constexpr const char* service_name = "io.systemd.DynamicUser";
constexpr std::string_view interface = "io.systemd.UserDatabase.";

Json user_record(const DynamicUser& user) {
  return JsonObject{{"record", JsonObject{{"userName", user.name}, {"uid", std::int64_t{user.number}}, {"gid", std::int64_t{user.number}}, {"realName", "Dynamic User"},
                                          {"homeDirectory", "/"}, {"shell", "/usr/sbin/nologin"}, {"locked", true},
                                          {"service", service_name}, {"disposition", "dynamic"}}}};
}

Json group_record(const DynamicUser& user) {
  return JsonObject{{"record", JsonObject{{"groupName", user.name}, {"description", "Dynamic Group"}, {"gid", std::int64_t{user.number}},
                                          {"service", service_name}, {"disposition", "dynamic"}}}};
}

Json no_membership(const DynamicUser&) { return {}; }

struct Lookup {
  std::string_view method;
  std::string_view name_key;
  std::string_view number_key;       ///< empty: it has none
  Json (*record)(const DynamicUser&);
};
constexpr std::array lookups{
    Lookup{"GetUserRecord", "userName", "uid", user_record},
    Lookup{"GetGroupRecord", "groupName", "gid", group_record},
    Lookup{"GetMemberships", "userName", "", no_membership},   // nobody is a member of a dynamic group but its user
};

Answer system_error(int error) {
  return error_answer("io.systemd.System", JsonObject{{"errno", std::int64_t{error}}});
}

/// The first parameter that the method does not know or that has the wrong type, as an error.
std::optional<Answer> refuse_parameters(const Json& parameters, const Lookup& lookup) {
  for (const auto& [key, value] : std::get<JsonObject>(parameters.value)) {
    const bool is_text = key == lookup.name_key || key == "service" || (lookup.number_key.empty() && key == "groupName");
    const bool is_number = !lookup.number_key.empty() && key == lookup.number_key;
    if (!is_text && !is_number) return system_error(EADDRNOTAVAIL);
    if (is_text ? value.text() == nullptr : !value.integer()) return system_error(EINVAL);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Answer> ask_user_database(const Call& call, const std::vector<DynamicUser>& users) {
  for (const Lookup& lookup : lookups) {
    if (call.method != std::string(interface) + std::string(lookup.method)) continue;
    if (auto refused = refuse_parameters(call.parameters, lookup)) return refused;
    const Json* service = call.parameters.find("service");
    if (service == nullptr || *service->text() != service_name) return error_answer(std::string(interface) + "BadService");
    const Json* name = call.parameters.find(lookup.name_key);
    const Json* number = lookup.number_key.empty() ? nullptr : call.parameters.find(lookup.number_key);
    Answer answer;
    for (const DynamicUser& user : users) {
      if (lookup.record == no_membership) break;
      const bool name_fits = name == nullptr || *name->text() == user.name;
      const bool number_fits = number == nullptr || *number->integer() == std::int64_t{user.number};
      if (name != nullptr && number != nullptr && name_fits != number_fits) return error_answer(std::string(interface) + "ConflictingRecordFound");
      if (name_fits && number_fits) answer.replies.push_back(lookup.record(user));
    }
    if (answer.replies.empty()) return error_answer(std::string(interface) + "NoRecordFound");
    // Who wants one reply only gets the first of several.
    if (!call.more) answer.replies.resize(1);
    return answer;
  }
  return std::nullopt;
}

}  // namespace init::varlink
