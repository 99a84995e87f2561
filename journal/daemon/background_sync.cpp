#include "journal/daemon/background_sync.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "unitparser/base/fd.h"

namespace journal {
namespace {

constexpr std::size_t stack_size = 64 * 1024;

}  // namespace

struct BackgroundSync::Job {
  std::shared_ptr<State> state;
  std::vector<unitparser::UniqueFd> files;
};

BackgroundSync::BackgroundSync() : state_(std::make_shared<State>()) {}

void* BackgroundSync::run(void* argument) {
  const std::unique_ptr<Job> job(static_cast<Job*>(argument));
  for (unitparser::UniqueFd& file : job->files) {
    if (::fsync(file.get()) < 0) job->state->error.store(errno);
    file.reset();
  }
  job->state->busy.store(false, std::memory_order_release);
  return nullptr;
}

bool BackgroundSync::start(std::span<const int> fds) {
  auto job = std::make_unique<Job>();
  job->state = state_;
  for (const int fd : fds) {
    unitparser::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy) return false;
    job->files.push_back(std::move(copy));
  }
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  ::pthread_attr_setstacksize(&attributes, stack_size);
  // Signals are the main loop's: a thread begins with all of them blocked.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  state_->busy.store(true, std::memory_order_release);
  pthread_t thread;
  const int error = ::pthread_create(&thread, &attributes, &BackgroundSync::run, job.get());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) {
    state_->busy.store(false, std::memory_order_release);
    return false;
  }
  [[maybe_unused]] Job* const handed_over = job.release();
  return true;
}

}  // namespace journal
