// Datagrams of the native and the syslog socket, taken in batches. [os: recvmmsg]
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/daemon/dispatcher.h"
#include "journal/ingest/native_parser.h"
#include "unitparser/base/result.h"

namespace journal {

enum class DatagramKind : std::uint8_t { native, syslog };

class DatagramInput {
 public:
  explicit DatagramInput(Dispatcher& dispatcher);
  DatagramInput(const DatagramInput&) = delete;
  DatagramInput& operator=(const DatagramInput&) = delete;
  ~DatagramInput();

  /// Takes what waits in the socket, at most `batches` rounds of it. True when there may be more.
  bool receive(int fd, DatagramKind kind, int batches);

 private:
  static constexpr std::size_t batch_size = 32;
  static constexpr std::size_t control_size = 512;
  /// Address space wanted for each message of a batch, above any socket buffer; pages are used only as far as written.
  static constexpr std::size_t wanted_slot_size = 32ULL * 1024 * 1024;

  struct Ancillary {
    SenderCredentials sender;
    std::uint64_t realtime = 0;
    int fd = -1;
  };
  static Ancillary read_control(const msghdr& header);
  void take(DatagramKind kind, std::string_view message, const Ancillary& ancillary);
  void take_native(std::string_view message, const Ancillary& ancillary);
  void take_native_file(const Ancillary& ancillary);
  void take_syslog(std::string_view datagram, const Ancillary& ancillary);
  void store_native(const NativeEntry& entry, Sender& sender, const Ancillary& ancillary);

  Dispatcher& dispatcher_;
  char* arena_ = nullptr;
  std::size_t slot_size_ = wanted_slot_size;  ///< less where the system does not overcommit
  std::array<std::array<char, control_size>, batch_size> control_;
  std::array<iovec, batch_size> parts_;
  std::array<mmsghdr, batch_size> headers_;
  SharedFields journal_transport_, syslog_transport_;
  std::vector<std::string_view> fields_;
};

}  // namespace journal
