#include "journal/daemon/stream_input.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "journal/daemon/clock.h"
#include "journal/file/random_id.h"
#include "journal/ingest/syslog_parser.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::UniqueFd;

constexpr std::size_t most_streams = 4096;
constexpr std::size_t buffer_size = 64 * 1024;
constexpr int reads_when_draining = 1024;

std::string_view strip_right(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\n\r");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

/// Value of a KEY= line in a saved state; values are escaped as C strings.
std::string state_value(std::string_view text, std::string_view key) {
  for (const std::string_view line : unitparser::split_at(text, '\n'))
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
      auto value = unitparser::unescape_c(line.substr(key.size() + 1), {true, false});
      return value ? std::move(*value) : std::string();
    }
  return {};
}

std::string random_stream_id() { return format_id(random_id().value_or(Id128{})); }

}  // namespace

StreamInput::StreamInput(Dispatcher& dispatcher, Notifier& notifier, std::string state_folder, std::size_t line_max,
                         std::function<void(int)> unwatch)
    : dispatcher_(dispatcher), notifier_(notifier), state_folder_(std::move(state_folder)),
      unwatch_(std::move(unwatch)), line_max_(line_max), buffer_(buffer_size) {
  for (std::size_t level = 0; level < priorities_.size(); ++level) priorities_[level].set({"PRIORITY=" + std::to_string(level)});
}

/// States stay behind on purpose: the next daemon finds the streams by them.
StreamInput::~StreamInput() = default;

bool StreamInput::learn_peer(Stream& stream) const {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (::getsockopt(stream.fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return false;
  stream.sender = {peer.pid, peer.uid, peer.gid, {}};
  stream.tells_unit = peer.uid == 0;
  std::array<char, 256> label{};
  size = label.size();
  if (::getsockopt(stream.fd.get(), SOL_SOCKET, SO_PEERSEC, label.data(), &size) == 0)
    stream.label.assign(label.data(), ::strnlen(label.data(), size));
  const int on = 1;
  ::setsockopt(stream.fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  struct stat st = {};
  if (::fstat(stream.fd.get(), &st) < 0) return false;
  stream.state_path = state_folder_ + "/" + std::to_string(st.st_dev) + ":" + std::to_string(st.st_ino);
  return true;
}

int StreamInput::add(std::unique_ptr<Stream> stream) {
  const int fd = stream->fd.get();
  streams_[fd] = std::move(stream);
  return fd;
}

int StreamInput::accept(int listener) {
  UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) return -1;
  if (streams_.size() >= most_streams) {
    dispatcher_.say(4, {}, "Too many stdout streams, refusing connection.");
    return -1;
  }
  auto stream = std::make_unique<Stream>(std::move(fd), StreamParser(line_max_));
  if (!learn_peer(*stream) || ::shutdown(stream->fd.get(), SHUT_WR) < 0) return -1;
  stream->id = random_stream_id();
  return add(std::move(stream));
}

int StreamInput::restore(UniqueFd fd) {
  auto stream = std::make_unique<Stream>(std::move(fd), StreamParser(line_max_));
  if (!learn_peer(*stream)) return -1;
  const auto text = read_small_file(stream->state_path);
  if (!text) return -1;
  StreamHeader header;
  const auto is_set = [&](std::string_view key) { return state_value(*text, key) == "1"; };
  const std::string priority = state_value(*text, "PRIORITY");
  std::from_chars(priority.data(), priority.data() + priority.size(), header.priority);
  header.identifier = state_value(*text, "IDENTIFIER");
  header.unit = state_value(*text, "UNIT");
  header.level_prefix = is_set("LEVEL_PREFIX");
  header.forward_to_syslog = is_set("FORWARD_TO_SYSLOG");
  header.forward_to_kmsg = is_set("FORWARD_TO_KMSG");
  header.forward_to_console = is_set("FORWARD_TO_CONSOLE");
  stream->id = state_value(*text, "STREAM_ID");
  if (!parse_id(stream->id)) stream->id = random_stream_id();
  ::fcntl(stream->fd.get(), F_SETFL, ::fcntl(stream->fd.get(), F_GETFL) | O_NONBLOCK);
  stream->parser = StreamParser(line_max_, std::move(header));
  stream->announced = stream->stored = true;
  set_fixed_fields(*stream);
  return add(std::move(stream));
}

void StreamInput::forget_unclaimed() {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(state_folder_.c_str()), ::closedir);
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] == '.') continue;
    const std::string path = state_folder_ + "/" + entry->d_name;
    const bool claimed = std::any_of(streams_.begin(), streams_.end(),
                                     [&](const auto& known) { return known.second->state_path == path; });
    if (!claimed) ::unlink(path.c_str());
  }
}

void StreamInput::save(const Stream& stream) const {
  const StreamHeader& header = stream.parser.header();
  const auto flag = [](bool value) { return value ? "1\n" : "0\n"; };
  std::string text = "# This is private data. Do not parse\n";
  text += "PRIORITY=" + std::to_string(header.priority) + "\n";
  text += std::string("LEVEL_PREFIX=") + flag(header.level_prefix);
  text += std::string("FORWARD_TO_SYSLOG=") + flag(header.forward_to_syslog);
  text += std::string("FORWARD_TO_KMSG=") + flag(header.forward_to_kmsg);
  text += std::string("FORWARD_TO_CONSOLE=") + flag(header.forward_to_console);
  text += "STREAM_ID=" + stream.id + "\n";
  if (!header.identifier.empty()) text += "IDENTIFIER=" + unitparser::escape_c(header.identifier) + "\n";
  if (!header.unit.empty()) text += "UNIT=" + unitparser::escape_c(header.unit) + "\n";
  ::mkdir(state_folder_.c_str(), 0755);
  const std::string temporary = state_folder_ + "/.#" + stream.id;
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(temporary.c_str(), stream.state_path.c_str()) < 0)
    ::unlink(temporary.c_str());
}

void StreamInput::set_fixed_fields(Stream& stream) const {
  const StreamHeader& header = stream.parser.header();
  std::vector<std::string> fields{"_TRANSPORT=stdout", "_STREAM_ID=" + stream.id};
  if ((header.priority >> 3) != 0) fields.push_back("SYSLOG_FACILITY=" + std::to_string(header.priority >> 3));
  if (!header.identifier.empty()) fields.push_back("SYSLOG_IDENTIFIER=" + header.identifier);
  stream.fixed.set(std::move(fields));
}

void StreamInput::announce(Stream& stream) {
  stream.announced = true;
  set_fixed_fields(stream);
  save(stream);
  unstored_.push_back(stream.fd.get());
  store_descriptors();
}

bool StreamInput::store_descriptors() {
  while (!unstored_.empty()) {
    const auto found = streams_.find(unstored_.back());
    if (found != streams_.end() && !found->second->stored) {
      if (!notifier_.send("FDSTORE=1", found->first)) return false;
      found->second->stored = true;
    }
    unstored_.pop_back();
  }
  return true;
}

void StreamInput::take_line(Stream& stream, Sender& sender, std::string_view line, LineBreak why) {
  const StreamHeader& header = stream.parser.header();
  int priority = header.priority;
  if (header.level_prefix) take_priority(line, priority, PrefixKind::level_only);
  line = strip_right(line);
  if (line.empty() || Dispatcher::is_unwanted(sender, priority, line)) return;
  SenderCredentials from = stream.sender;
  dispatcher_.forwarder().forward({priority, header.identifier, line, from, {}},
                                  {header.forward_to_syslog, header.forward_to_kmsg, header.forward_to_console});
  next_.message.assign("MESSAGE=").append(line);
  next_.priority = priority;
  switch (why) {
    case LineBreak::newline: next_.line_break = {}; break;
    case LineBreak::nul: next_.line_break = "_LINE_BREAK=nul"; break;
    case LineBreak::line_max: next_.line_break = "_LINE_BREAK=line-max"; break;
    case LineBreak::end_of_file: next_.line_break = "_LINE_BREAK=eof"; break;
    case LineBreak::pid_change: next_.line_break = "_LINE_BREAK=pid-change"; break;
  }
  next_.expected = dispatcher_.expect(next_.message);
  store_waiting(stream, sender);
  std::swap(next_, waiting_);
  is_waiting_ = true;
}

void StreamInput::store_waiting(Stream& stream, Sender& sender) {
  if (!std::exchange(is_waiting_, false)) return;
  const std::array<std::string_view, 2> fields{waiting_.message, waiting_.line_break};
  SharedFields* const shared[] = {&priorities_[static_cast<std::size_t>(waiting_.priority & 7)], &stream.fixed};
  IncomingMessage incoming;
  incoming.fields = std::span(fields).first(waiting_.line_break.empty() ? 1 : 2);
  incoming.shared = shared;
  incoming.priority = waiting_.priority;
  incoming.expected = waiting_.expected;
  dispatcher_.dispatch(&sender, incoming);
}

void StreamInput::close(int fd) {
  const auto found = streams_.find(fd);
  if (found == streams_.end()) return;
  ::unlink(found->second->state_path.c_str());
  unwatch_(fd);
  streams_.erase(found);
}

bool StreamInput::receive(int fd, int reads) {
  const auto found = streams_.find(fd);
  if (found == streams_.end()) return false;
  Stream& stream = *found->second;
  if (std::exchange(is_waiting_, false)) dispatcher_.count_dropped(nullptr, DropReason::no_memory);  // the turn of a stream ended early
  for (int i = 0; i < reads; ++i) {
    iovec part{buffer_.data(), buffer_.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(256)> control{};
    msghdr header = {};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    SenderCredentials sender = stream.sender;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); n > 0 && c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS) continue;
      ucred credentials = {};
      std::memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
      if (credentials.pid > 0) sender = {credentials.pid, credentials.uid, credentials.gid, {}};
    }
    const auto unit_hint = [&stream]() -> std::string_view {
      return stream.tells_unit ? std::string_view(stream.parser.header().unit) : std::string_view{};
    };
    const auto find_sender = [&](SenderCredentials credentials) -> Sender& {
      credentials.label = stream.label;
      return dispatcher_.senders().find(credentials, unit_hint(), monotonic_now());
    };
    if (sender.pid != stream.sender.pid && stream.parser.has_partial_line()) {
      Sender& before = find_sender(stream.sender);
      stream.parser.flush(LineBreak::pid_change,
                          [&](std::string_view line, LineBreak why) { take_line(stream, before, line, why); });
      store_waiting(stream, before);
    }
    if (n > 0) stream.sender = sender;
    if (n <= 0) {
      if (stream.parser.has_partial_line() && stream.parser.has_header()) {
        Sender& last = find_sender(stream.sender);
        stream.parser.flush(LineBreak::end_of_file,
                            [&](std::string_view line, LineBreak why) { take_line(stream, last, line, why); });
        store_waiting(stream, last);
      }
      close(fd);
      return false;
    }
    // The sender is looked up when it wrote something: a stream that only introduces itself costs no look at /proc. What
    // begins a line may have ended when the rest comes.
    Sender* known = nullptr;
    const bool good = stream.parser.feed({buffer_.data(), static_cast<std::size_t>(n)},
                                         [&](std::string_view line, LineBreak why) {
                                           if (!stream.announced) announce(stream);
                                           if (known == nullptr) known = &find_sender(stream.sender);
                                           take_line(stream, *known, line, why);
                                         });
    if (known != nullptr) store_waiting(stream, *known);
    if (!good) {
      close(fd);
      return false;
    }
    if (!stream.announced && stream.parser.has_header()) announce(stream);
    if (known == nullptr && stream.parser.has_header() && stream.parser.has_partial_line()) find_sender(stream.sender);
  }
  return true;
}

void StreamInput::drain_all() {
  std::vector<int> fds;
  fds.reserve(streams_.size());
  for (const auto& [fd, stream] : streams_) fds.push_back(fd);
  for (const int fd : fds) receive(fd, reads_when_draining);
}

}  // namespace journal
