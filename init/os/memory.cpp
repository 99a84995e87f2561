// Trims the heap and unmaps text pages, object by object. [os]
#include "init/os/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace init {
namespace {

int let_go_of_text(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::getpagesize());
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr + page - 1) & ~(page - 1);
    const std::uintptr_t end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page - 1);
    // Only pages that equal the file: it loses nothing, and may fail where there is no file behind (the vDSO).
    if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void return_large_buffers() noexcept {
  constexpr int large = 128 << 10;  // what the allocator starts with; once set, it no longer grows
  (void)::mallopt(M_MMAP_THRESHOLD, large);
  (void)::mallopt(M_TRIM_THRESHOLD, large);
}

void give_back_memory() noexcept {
  (void)::malloc_trim(0);
  (void)::dl_iterate_phdr(let_go_of_text, nullptr);
}

}  // namespace init
