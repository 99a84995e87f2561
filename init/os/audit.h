// The kernel's audit log: records of services that started and stopped, which ausearch and auditd read. [os]
#pragma once

#include <string>

#include "unitparser/base/fd.h"

namespace init {

enum class AuditEvent : unsigned char { service_start, service_stop };

/// Opened once; where the kernel has no audit, or a container may not write to it, records go nowhere.
class AuditLog {
 public:
  AuditLog();
  /// `unit` without its suffix. Never waits.
  void record(AuditEvent event, const std::string& unit, bool success);

 private:
  unitparser::UniqueFd fd_;
};

}  // namespace init
