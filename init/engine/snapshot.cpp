// Writing and reading of snapshots. [pure]
#include "init/engine/snapshot.h"

namespace init {

std::string write_snapshot(const Core&) { return {}; }
Result<bool> read_snapshot(Core&, std::string_view) { return true; }

}  // namespace init
