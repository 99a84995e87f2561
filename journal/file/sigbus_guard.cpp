#include "journal/file/sigbus_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace journal {
namespace {

SigbusGuard* first_guard = nullptr;  // a signal handler has no other way to its state
bool handler_installed = false;
struct sigaction former_action = {};  // of the program that the library is part of

}  // namespace

void SigbusGuard::on_sigbus(int signal, void* info, void* context) {
  const auto page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto fault = reinterpret_cast<std::uintptr_t>(static_cast<siginfo_t*>(info)->si_addr);
  for (SigbusGuard* guard = first_guard; guard != nullptr; guard = guard->next_) {
    const auto base = reinterpret_cast<std::uintptr_t>(guard->base_);
    if (fault < base || fault - base >= guard->size_) continue;
    void* page = reinterpret_cast<void*>(fault & ~(page_size - 1));
    if (::mmap(page, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
      break;
    guard->tripped_ = true;
    return;
  }
  if ((former_action.sa_flags & SA_SIGINFO) != 0) {
    former_action.sa_sigaction(signal, static_cast<siginfo_t*>(info), context);
    return;
  }
  ::sigaction(signal, &former_action, nullptr);
  ::raise(signal);
}

void sigbus_entry(int signal, void* info, void* context) { SigbusGuard::on_sigbus(signal, info, context); }

void SigbusGuard::watch(void* base, std::size_t size) {
  if (!handler_installed && base != nullptr) {
    struct sigaction action = {};
    action.sa_sigaction = [](int signal, siginfo_t* info, void* context) { sigbus_entry(signal, info, context); };
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, &former_action);
    handler_installed = true;
  }
  const bool was_listed = base_ != nullptr;
  if (base != nullptr && !was_listed) {
    base_ = base;
    size_ = size;
    next_ = first_guard;
    previous_ = nullptr;
    if (first_guard != nullptr) first_guard->previous_ = this;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    first_guard = this;
  } else if (base == nullptr && was_listed) {
    if (previous_ != nullptr) previous_->next_ = next_;
    else first_guard = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    base_ = nullptr;
    size_ = 0;
  } else {
    base_ = base;
    size_ = size;
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace journal
