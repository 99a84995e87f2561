#include "journal/daemon/background_sync.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "journal/file/appender.h"
#include "journal/file/packed_file.h"

namespace journal {
namespace {

constexpr std::size_t stack_size = 64 * 1024;

}  // namespace

struct BackgroundSync::Job {
  Disk* disk = nullptr;
  std::shared_ptr<State> state;
  std::vector<SyncItem> items;
};

unitparser::Result<void> sync_item(Disk& disk, const SyncItem& item) {
  if (item.kind == SyncItem::Kind::logged) return write_batch(disk, item.fd.get(), item.batch);
  if (item.kind != SyncItem::Kind::in_use) return finish_archived(disk, item.fd.get(), item.path);
  if (disk.sync(item.fd.get()) < 0) return unitparser::fail_errno(errno, item.path);
  if (disk.sync_folder(folder_of(item.path)) < 0) return unitparser::fail_errno(errno, folder_of(item.path));
  return {};
}

BackgroundSync::BackgroundSync(Disk& disk) : disk_(disk), state_(std::make_shared<State>()) {}

void* BackgroundSync::run(void* argument) {
  const std::unique_ptr<Job> job(static_cast<Job*>(argument));
  for (SyncItem& item : job->items) {
    auto done = sync_item(*job->disk, item);
    if (done && item.kind == SyncItem::Kind::packed) done = pack_file(*job->disk, item.fd.get(), item.path);
    if (!done) job->state->error.store(done.error().os_errno);
    item.fd.reset();
  }
  job->state->busy.store(false, std::memory_order_release);
  return nullptr;
}

bool BackgroundSync::start(std::vector<SyncItem>& items) {
  auto job = std::make_unique<Job>();
  job->disk = &disk_;
  job->state = state_;
  job->items = std::move(items);
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
    items = std::move(job->items);
    return false;
  }
  [[maybe_unused]] Job* const handed_over = job.release();
  return true;
}

}  // namespace journal
