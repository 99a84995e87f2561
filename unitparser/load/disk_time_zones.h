// Time zones from the files of the machine. [os: reads files]
#pragma once

#include <memory>
#include <string>

#include "unitparser/load/file_source.h"
#include "unitparser/syntax/time_zone.h"

namespace unitparser {

/// Reads zones below /usr/share/zoneinfo and the local one from `local_zone` (the TZ variable: "Europe/Berlin" or
/// ":path"; empty: /etc/localtime). Zones are read when first asked for; `forget()` drops them after a change.
class DiskTimeZones final : public TimeZones {
 public:
  explicit DiskTimeZones(FileSource& source, std::string local_zone = {});
  ~DiskTimeZones() override;
  const TimeZone* find(std::string_view name) override;
  const TimeZone& local() override;
  void forget();

 private:
  struct Cache;
  FileSource* source_;
  std::string local_zone_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace unitparser
