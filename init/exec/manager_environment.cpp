// Two layers of variables. [pure]
#include "init/exec/manager_environment.h"

#include <algorithm>

#include "unitparser/syntax/environment.h"

namespace init {

std::vector<std::string> ManagerEnvironment::all() const {
  std::vector<std::string> both = own_;
  for (const std::string& assignment : of_clients_) unitparser::set_variable(both, assignment);
  return both;
}

void ManagerEnvironment::set_own(const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) unitparser::set_variable(own_, assignment);
}

void ManagerEnvironment::change(const std::vector<std::string>& unset, const std::vector<std::string>& set) {
  unitparser::remove_variables(of_clients_, unset);
  for (const std::string& assignment : set) unitparser::set_variable(of_clients_, assignment);
  std::sort(of_clients_.begin(), of_clients_.end());
}

}  // namespace init
