// BusServer: serves org.freedesktop.systemd1 on the private socket and on the bus, from tables. [bus]
#pragma once

#include <systemd/sd-event.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "init/bus/manager_port.h"
#include "init/engine/engine.h"

namespace init {

/// What the bus works with; everything outlives it.
struct BusParts {
  const Engine& engine;
  std::function<void(Event)> post;
  bus::ManagerPort& manager;
  std::function<void(int priority, const std::string& message)> log;
};

struct BusOptions {
  std::string private_socket = "/run/systemd/private";
  std::string bus_address;    ///< as of sd_bus_set_address(3)
  bool bus_is_there = false;  ///< it is no unit of ours: connected to at once
  bool user_manager = false;  ///< of one user, who may do everything; polkit is not asked
};

/// Usec of the phases of the boot, as the StartupFinished signal carries them.
struct StartupTimes {
  std::uint64_t firmware = 0, loader = 0, kernel = 0, initrd = 0, userspace = 0, total = 0;
};

/// One server of one manager. Clients that ask for signals get them gathered: once for each round of the loop.
class BusServer {
 public:
  explicit BusServer(BusParts parts);
  ~BusServer();
  BusServer(const BusServer&) = delete;
  BusServer& operator=(const BusServer&) = delete;

  /// Listens on the private socket. The bus is connected to when its unit is seen active, see on_effect.
  [[nodiscard]] Result<bool> start(sd_event* loop, BusOptions options);

  // --- One image of the manager after another: hand_over.cpp
  /// Nobody waits for an answer of ours, nor we for one, and all that we sent was taken (perhaps not by everybody).
  enum class SlowReaders : std::uint8_t { waited_for, left_behind };
  [[nodiscard]] bool settled(SlowReaders slow);
  /// Ends serving so that the next image can go on: hand_over() lists the clients' connections from now on.
  void leave();
  /// There is no next image after all: serves on.
  void stay();
  /// What the next image needs, a line each, and the descriptors that the lines speak of. Before leave(), which a crash does
  /// not call, connections are not among it: nobody knows how far their conversations are.
  [[nodiscard]] std::vector<std::string> hand_over() const;
  [[nodiscard]] std::vector<int> descriptors() const;
  /// Takes one of those lines; before start(). A line that is not understood is left alone.
  void take_over(std::string_view line);

  /// Takes all effects that concern the bus (Reply, Unit…, Job…, …BusName, RequestScopeStop) and ignores all others. Call
  /// it in the order of the effects, after the turn.
  void on_effect(const Effect& effect);
  /// After each round of the loop: makes signals of what was told.
  void end_round();
  /// Before the loop sleeps: sends answers and signals.
  void send_out();
  void on_reloading(bool active);
  void on_startup_finished(const StartupTimes& times);
  void on_unit_files_changed();
  /// Connects to the bus anew (SIGUSR1).
  void reconnect();
  /// Whether a name that is watched has an owner.
  [[nodiscard]] bool bus_name_owned(const std::string& name) const;

  /// What a client gave a transient unit as standard input, output and error (-1: nothing); ours until the unit goes.
  [[nodiscard]] std::array<int, 3> standard_fds(UnitId unit) const;

  struct State;  ///< for this room's own files

 private:
  std::unique_ptr<State> state_;
};

}  // namespace init
