// Memory that the boot needed and the days after do not. [os]
#pragma once

namespace init {

/// Lets large buffers (a state that is committed, a reply) go back to the kernel as soon as they are free, for the rest of
/// the run: by itself the allocator would keep them from the second time on. mallopt(3) M_MMAP_THRESHOLD.
void return_large_buffers() noexcept;

/// Gives free heap pages back, and lets go of program text: what is still used is mapped again from the page cache by a
/// minor fault, the rest (generators, first loads, parsing) no longer counts as ours. malloc_trim(3), madvise(2).
void give_back_memory() noexcept;

}  // namespace init
