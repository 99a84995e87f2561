// RecentParts: lets units whose configs are equal in a part share it. [pure]
#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>

#include "unitparser/config/unit_config.h"

namespace unitparser {

/// Remembers the last few values of the parts of configs. Each load asks once; what is equal to a remembered one becomes the same storage.
class RecentParts {
 public:
  void share(UnitConfig& config) {
    documents_.share(config.unit_documents);
    commands_.share(config.service_commands);
    if (common_.find(config.common)) return;
    parts_.share(config.common.write());
    common_.remember(config.common);
  }

 private:
  template <class Part>
  class Recent {
   public:
    void share(Part& part) {
      if (!find(part)) remember(part);
    }
    /// Makes it the remembered one that is equal; false: there is none.
    bool find(Part& part) const {
      if (part.is_default() || std::any_of(values_.begin(), values_.end(), [&](const Part& value) { return value.same_as(part); })) return true;
      const auto equal = std::find_if(values_.begin(), values_.end(), [&](const Part& value) { return *value == *part; });
      if (equal == values_.end()) return false;
      part = *equal;
      return true;
    }
    void remember(const Part& part) {
      values_[next_] = part;
      next_ = (next_ + 1) % values_.size();
    }

   private:
    std::array<Part, 8> values_;  ///< most units of a machine have one of a handful
    std::size_t next_ = 0;
  };
  template <auto... Members>
  class RecentMembers {
   public:
    void share(CommonSettings& settings) { (std::get<RecentOf<Members>>(recent_).share(settings.*Members), ...); }

   private:
    template <auto Member>
    using RecentOf = Recent<std::decay_t<decltype(std::declval<CommonSettings&>().*Member)>>;
    std::tuple<RecentOf<Members>...> recent_;
  };

  Recent<Shared<UnitDocuments>> documents_;
  Recent<Shared<ServiceCommands>> commands_;
  Recent<Shared<CommonSettings>> common_;
  RecentMembers<&CommonSettings::unit_needs, &CommonSettings::unit_limits, &CommonSettings::install, &CommonSettings::service, &CommonSettings::service_timeouts,
                &CommonSettings::socket_options, &CommonSettings::exec_identity, &CommonSettings::exec_environment, &CommonSettings::exec_streams,
                &CommonSettings::exec_logging, &CommonSettings::exec_scheduling, &CommonSettings::exec_privileges, &CommonSettings::exec_sandbox,
                &CommonSettings::exec_paths, &CommonSettings::exec_provided, &CommonSettings::resource_basics, &CommonSettings::resource_memory,
                &CommonSettings::resource_io, &CommonSettings::resource_access, &CommonSettings::kill>
      parts_;
};

}  // namespace unitparser
