// why: what happened to a unit last and what lay behind it; `journal why` knows, from the causes that the manager logs. [os: execs journal]
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"
#include "unitparser/base/text.h"

namespace ctl {

int verb_why(Session& session, Arguments arguments) {
  const Options& options = session.options();
  if (options.transport != Transport::local) return session.fail("The journal of this machine alone tells why; log in there.");
  const auto names = proper_names(session, arguments.subspan(1));
  if (!names) return EXIT_FAILURE;
  std::vector<std::string> words{"journal", "why", names->front(), "--quiet"};
  if (!options.root.empty()) words.push_back("--root=" + options.root);
  if (options.lines) words.push_back("--lines=" + std::to_string(*options.lines));
  if (options.json()) words.emplace_back("--output=json");
  if (options.timestamps == TimestampStyle::utc || options.timestamps == TimestampStyle::us_utc) words.emplace_back("--utc");
  session.out().flush();
  execvp("journal", unitparser::argument_vector(words).data());
  return session.fail(std::string("Failed to run journal: ") + std::strerror(errno));
}

}  // namespace ctl
