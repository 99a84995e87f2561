// The running daemon: its sockets, signals and deadlines in one loop. [os: epoll]
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/daemon/config.h"
#include "journal/daemon/datagram_input.h"
#include "journal/daemon/dispatcher.h"
#include "journal/daemon/kernel_input.h"
#include "journal/daemon/notifier.h"
#include "journal/daemon/paths.h"
#include "journal/daemon/storage.h"
#include "journal/daemon/stream_input.h"
#include "journal/daemon/varlink_input.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

/// How the program was called.
struct ServerOptions {
  std::string root;      ///< everything below this folder; for tests
  std::string instance;  ///< journal namespace
  bool read_kernel = true;
};

class Server {
 public:
  [[nodiscard]] static unitparser::Result<std::unique_ptr<Server>> create(const ServerOptions& options);

  /// Serves until a signal ends it; the exit code.
  int run();

 private:
  enum class Source : std::uint32_t { native, syslog, stream_listener, stream, varlink_listener, varlink, kernel,
                                      audit, signals, hostname };
  Server(const ServerOptions& options, const Id128& machine_id, const Id128& boot_id, DaemonConfig config);

  [[nodiscard]] unitparser::Result<void> start();
  [[nodiscard]] unitparser::Result<void> adopt_descriptors();
  [[nodiscard]] unitparser::Result<void> open_missing_sockets();
  void watch(int fd, Source source, std::uint32_t events);
  /// Logs what is wrong with our files.
  void say_findings(const unitparser::Diagnostics& findings);
  void on_ready(Source source, int fd);
  void on_signal();
  void on_hostname();
  void on_audit(int fd);
  VarlinkOutcome on_varlink(std::string_view method);
  void drain();
  [[nodiscard]] bool synchronize();
  void serve(Source source, int fd);
  void after_events();
  void tell_ready();
  /// Messages come by the ten thousand a second: counts those of this turn.
  [[nodiscard]] bool is_flooded();
  void gather() const;
  void write_stamp(const char* name) const;
  [[nodiscard]] int timeout() const;

  ServerOptions options_;
  Id128 machine_id_, boot_id_;
  DaemonConfig config_;
  DaemonPaths paths_;
  Notifier notifier_;
  Storage storage_;
  Accounts accounts_;
  SenderCache senders_;
  Forwarder forwarder_;
  Dispatcher dispatcher_;
  DatagramInput datagrams_;
  StreamInput streams_;
  KernelInput kernel_;
  VarlinkInput varlink_;
  unitparser::UniqueFd epoll_, native_, syslog_, stream_listener_, varlink_listener_, audit_, signals_, hostname_;
  std::uint64_t watchdog_interval_ = 0, watchdog_due_ = 0;
  std::uint64_t window_begin_ = 0, window_count_ = 0;  ///< messages since then
  bool stopping_ = false;
  bool has_long_queues_ = false;  ///< senders can go on for a while without us
  bool descriptors_waiting_ = false;
  bool ready_told_ = false;  ///< the manager has our READY=1
};

}  // namespace journal
