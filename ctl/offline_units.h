// Units read from files, with no manager: for the verbs that explain. [src]
#pragma once

#include <memory>
#include <string>

#include "ctl/options.h"
#include "ctl/verb_list.h"
#include "unitparser/load/unit_loader.h"

namespace ctl {

/// The unit files below --root=, with the folders of files that are asked about in front of the search path.
class OfflineUnits {
 public:
  OfflineUnits(const Options& options, Arguments operands);

  /// A unit by name ("nginx" is nginx.service), by path, or "-" for a service on standard input; templates get the
  /// instance "test-instance". What is no name at all comes back with a finding that says so.
  [[nodiscard]] unitparser::LoadedUnit load(const std::string& operand);

  [[nodiscard]] unitparser::FileSource& source() { return *source_; }
  [[nodiscard]] const unitparser::UnitFiles& files() const { return files_; }
  [[nodiscard]] unitparser::UnitLoader& loader() { return loader_; }

 private:
  std::unique_ptr<unitparser::FileSource> source_;
  unitparser::UnitFiles files_;
  unitparser::UnitLoader loader_;
};

}  // namespace ctl
