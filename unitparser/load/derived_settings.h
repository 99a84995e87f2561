// What a load adds to what the files say: settings that follow from others, and the checks of each type. [pure]
#pragma once

#include "unitparser/config/machine_facts.h"
#include "unitparser/config/manager_config.h"
#include "unitparser/directives/parse_context.h"
#include "unitparser/names/unit_name.h"

namespace unitparser {

/// Fills in what 252 derives at the end of a load: Type=, NotifyAccess=, streams, slice, DynamicUser= and its kind,
/// capabilities that go with sandboxing, Where= and so on.
void derive_settings(UnitConfig& config, const UnitName& name, const ManagerDefaults& manager, const LoadDefaults& defaults,
                     ManagerScope scope);

/// The slice of a unit whose files name none: mounts that are not this manager's lie in the root slice, instances in a
/// slice of their template's own, slices in their parent; empty for the root slice.
[[nodiscard]] std::string default_slice(const UnitConfig& config, const UnitName& name, ManagerScope scope);

/// Why a unit with these settings cannot work: the sentence that is logged behind the unit's name; empty: it can.
/// `remarks` gets what is merely ignored.
[[nodiscard]] std::string verify_settings(const UnitConfig& config, const UnitName& name, Remarks& remarks);

/// What a unit that loaded well is called when no file says it.
void derive_description(UnitConfig& config, const UnitName& name, ManagerScope scope);

}  // namespace unitparser
