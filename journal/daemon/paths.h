// Where the daemon finds and puts things: one struct, so that tests and namespaces move all of it. [pure]
#pragma once

#include <string>
#include <string_view>

#include "journal/text/id128.h"

namespace journal {

struct DaemonPaths {
  std::string root;            ///< put before everything; empty in production
  std::string instance;        ///< journal namespace, or empty
  std::string run;             ///< sockets and state: /run/systemd/journal[.NAMESPACE]
  std::string units;           ///< what PID 1 says about units: /run/systemd/units
  std::string runtime_store;   ///< /run/log/journal/MACHINE[.NAMESPACE]
  std::string system_store_parent;  ///< /var/log/journal
  std::string system_store;    ///< /var/log/journal/MACHINE[.NAMESPACE]

  [[nodiscard]] static DaemonPaths of(std::string_view root, std::string_view instance, const Id128& machine_id) {
    DaemonPaths paths;
    paths.root = root;
    paths.instance = instance;
    const std::string suffix = instance.empty() ? std::string() : "." + paths.instance;
    paths.run = paths.root + "/run/systemd/journal" + suffix;
    paths.units = paths.root + "/run/systemd/units";
    paths.runtime_store = paths.root + "/run/log/journal/" + format_id(machine_id) + suffix;
    paths.system_store_parent = paths.root + "/var/log/journal";
    paths.system_store = paths.system_store_parent + "/" + format_id(machine_id) + suffix;
    return paths;
  }
};

}  // namespace journal
