// set-property, bind, mount-image: changes to a running unit. [bus]
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "ctl/agents.h"
#include "ctl/property_assignment.h"
#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"
#include "unitparser/base/text.h"

namespace ctl {

int verb_set_property(Session& session, Arguments arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  const auto names = proper_names(session, arguments.subspan(1, 1));
  if (!names) return EXIT_FAILURE;
  unitparser::ArrayValue properties{"(sv)", {}};
  for (const auto& assignment : arguments.subspan(2)) {
    auto parsed = parse_assignment(assignment, unitparser::type_of_name(names->front()).value_or(unitparser::UnitType::service));
    if (!parsed) return session.fail(parsed.error());
    properties.elements.push_back(unitparser::struct_of(parsed->name, unitparser::VariantValue{{std::move(parsed->value)}}));
  }
  const auto answer = client->manager("SetUnitProperties", {names->front(), session.options().runtime, std::move(properties)});
  return answer ? EXIT_SUCCESS : session.fail("set unit properties on " + names->front(), answer.error());
}

int verb_bind(Session& session, Arguments arguments) {
  const auto& options = session.options();
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto names = proper_names(session, arguments.subspan(1, 1));
  if (!names) return EXIT_FAILURE;
  const auto& source = arguments[2];
  const auto& destination = arguments.size() > 3 ? arguments[3] : source;
  const auto answer = client->manager("BindMountUnit", {names->front(), source, destination, options.read_only, options.make_directory});
  return answer ? EXIT_SUCCESS : session.fail("bind mount", answer.error());
}

int verb_mount_image(Session& session, Arguments arguments) {
  const auto& options = session.options();
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto names = proper_names(session, arguments.subspan(1, 1));
  if (!names) return EXIT_FAILURE;
  unitparser::ArrayValue mount_options{"(ss)", {}};
  if (arguments.size() > 4)
    for (const auto piece : unitparser::split_at(arguments[4], ',')) {
      const auto colon = piece.find(':');
      const bool named = colon != std::string_view::npos;
      mount_options.elements.push_back(unitparser::struct_of(std::string(named ? piece.substr(0, colon) : "root"),
                                                             std::string(named ? piece.substr(colon + 1) : piece)));
    }
  const auto& destination = arguments.size() > 3 ? arguments[3] : arguments[2];
  const auto answer = client->manager("MountImageUnit", {names->front(), arguments[2], destination, options.read_only, options.make_directory,
                                                         std::move(mount_options)});
  return answer ? EXIT_SUCCESS : session.fail("mount image", answer.error());
}

}  // namespace ctl
