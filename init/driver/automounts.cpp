// autofs: mount, requests, answers, expiry. [loop]
#include "init/driver/automounts.h"

#include <fcntl.h>
#include <linux/auto_fs.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "init/driver/autofs_ioctl.h"

namespace init {

using unitparser::UniqueFd;

unitparser::Result<void> Automounts::open(UnitId unit, const unitparser::AutomountConfig& config) {
  if (!device_) device_.reset(::open("/dev/autofs", O_RDONLY | O_CLOEXEC));
  if (!device_) return unitparser::fail_errno(errno, "cannot open /dev/autofs");
  ::mkdir(config.where.c_str(), config.directory_mode);

  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK | O_DIRECT) != 0) return unitparser::fail_errno(errno, "cannot make a pipe");
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  std::string options = "fd=" + std::to_string(write_end.get()) + ",pgrp=" + std::to_string(::getpgrp()) +
                        ",minproto=5,maxproto=5,direct";
  if (!config.extra_options.empty()) options += "," + config.extra_options;
  const std::string source = "systemd-1";  // what users and tools know these mounts by
  if (::mount(source.c_str(), config.where.c_str(), "autofs", 0, options.c_str()) != 0)
    return unitparser::fail_errno(errno, "cannot mount autofs at " + config.where);
  write_end.reset();

  struct stat status{};
  if (::stat(config.where.c_str(), &status) != 0) return unitparser::fail_errno(errno, config.where);
  UniqueFd control(autofs_open_mount(device_.get(), config.where.c_str(), status.st_dev));
  if (!control) return unitparser::fail(unitparser::ErrorCode::io, "cannot open the automount point " + config.where);
  // The kernel counts whole seconds.
  autofs_set_timeout(device_.get(), control.get(), (config.timeout_idle.usec() + 999'999) / 1'000'000);

  Source source_handle = TRY(loop_.on_ready(read_end.get(), EPOLLIN, Priority::traffic,
                                            [this, unit](std::uint32_t revents) { on_request(unit, revents); }));
  mounts_.insert_or_assign(unit, Mount{config.where, std::move(read_end), std::move(control), std::move(source_handle)});
  return {};
}

void Automounts::close(UnitId unit) {
  const auto at = mounts_.find(unit);
  if (at == mounts_.end()) return;
  at->second.source.reset();
  at->second.pipe.reset();
  autofs_make_inert(device_.get(), at->second.control.get());
  ::umount2(at->second.where.c_str(), MNT_DETACH);
  mounts_.erase(at);
}

void Automounts::on_request(UnitId unit, std::uint32_t revents) {
  const auto at = mounts_.find(unit);
  if (at == mounts_.end()) return;
  autofs_v5_packet_union packet{};
  const ssize_t got = ::read(at->second.pipe.get(), &packet, sizeof packet);
  if (got < static_cast<ssize_t>(sizeof packet.hdr)) {
    if ((revents & (EPOLLHUP | EPOLLERR)) != 0 || got == 0) {
      at->second.source.reset();
      post_(event::AutomountRequest{unit, 0, 0, false, true});
    }
    return;
  }
  if (packet.hdr.type == autofs_ptype_missing_direct)
    post_(event::AutomountRequest{unit, packet.v5_packet.wait_queue_token, static_cast<pid_t>(packet.v5_packet.pid), false, false});
  else if (packet.hdr.type == autofs_ptype_expire_direct)
    post_(event::AutomountRequest{unit, packet.v5_packet.wait_queue_token, 0, true, false});
}

void Automounts::answer(const effect::AnswerAutomount& answer) {
  const auto at = mounts_.find(answer.unit);
  if (at == mounts_.end()) return;
  for (std::uint32_t token : answer.tokens) {
    if (answer.error != 0) autofs_answer_failed(device_.get(), at->second.control.get(), token, answer.error);
    else autofs_answer_ready(device_.get(), at->second.control.get(), token);
  }
}

std::vector<Automounts::Handed> Automounts::hand_over() const {
  std::vector<Handed> all;
  for (const auto& [unit, mount] : mounts_) all.push_back({unit, mount.pipe.get(), mount.control.get(), mount.where});
  return all;
}

void Automounts::take_over(const Handed& handed) {
  if (!device_) device_.reset(::open("/dev/autofs", O_RDONLY | O_CLOEXEC));
  UniqueFd pipe = unitparser::inherit_fd(handed.pipe), control = unitparser::inherit_fd(handed.control);
  auto source = loop_.on_ready(pipe.get(), EPOLLIN, Priority::traffic,
                               [this, unit = handed.unit](std::uint32_t revents) { on_request(unit, revents); });
  if (!source) return;
  mounts_.insert_or_assign(handed.unit, Mount{handed.where, std::move(pipe), std::move(control), std::move(*source)});
}

void Automounts::expire(UnitId unit) {
  const auto at = mounts_.find(unit);
  if (at == mounts_.end()) return;
  const pid_t child = ::fork();
  if (child != 0) return;  // reaped like every other child
  ::alarm(30);
  while (autofs_expire(device_.get(), at->second.control.get()) == 0) {
  }
  ::_exit(0);
}

}  // namespace init
