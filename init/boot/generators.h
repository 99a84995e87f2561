// Running generators and environment generators (systemd.generator(7), systemd.environment-generator(7)). [os]
#pragma once

#include <string>
#include <vector>

#include "unitparser/base/time.h"

namespace init {

/// How long all generators of one run may take together, at boot and at every reload.
inline constexpr auto generator_limit = unitparser::Duration::from_seconds(90);

/// Where generators are looked for and write to. The first folder that has a name wins; a link to /dev/null or an empty
/// file hides it.
struct GeneratorFolders {
  std::vector<std::string> generators;
  std::vector<std::string> environment_generators;
  std::string early, normal, late;  ///< output folders: early, normal and late priority, emptied before the run
};
[[nodiscard]] GeneratorFolders system_generator_folders();
[[nodiscard]] GeneratorFolders user_generator_folders(const std::string& runtime_directory);

/// How a run ended; one sentence for each generator that failed, was killed or ran too long.
struct GeneratorReport {
  std::vector<std::string> problems;
};

/// Empties the output folders and runs all generators at once, each as its own process with `environment`. Returns when
/// all are done or `limit` has passed: what still runs then is killed with its whole process group.
[[nodiscard]] GeneratorReport run_generators(const GeneratorFolders& folders, const std::vector<std::string>& environment,
                                             unitparser::Duration limit);

/// Runs the environment generators one after the other in order of their names, each seeing what earlier ones set;
/// returns the lines "NAME=value" that resulted. The same limit for all together; output above 64 KiB is cut.
[[nodiscard]] std::vector<std::string> run_environment_generators(const std::vector<std::string>& folders,
                                                                  std::vector<std::string> environment,
                                                                  unitparser::Duration limit, GeneratorReport& report);

}  // namespace init
