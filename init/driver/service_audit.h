// ServiceAudit: which starts and stops of services the audit log hears of. [port]
#pragma once

#include <unordered_map>

#include "init/engine/engine.h"
#include "init/os/audit.h"

namespace init {

/// Looks at services as they change and tells each start, failed start and stop once.
class ServiceAudit {
 public:
  using Record = std::function<void(AuditEvent event, const std::string& unit, bool success)>;
  ServiceAudit(const Engine& engine, Record record) : engine_(engine), record_(std::move(record)) {}
  void on_unit_changed(UnitId unit);
  /// After another image of this program: what is up was told of then.
  void adopt();

 private:
  enum class Known : std::uint8_t { down, starting, up };
  const Engine& engine_;
  Record record_;
  std::unordered_map<UnitId, Known> known_;
};

}  // namespace init
