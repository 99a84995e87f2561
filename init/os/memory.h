// Memory that the boot needed and the days after do not. [os]
#pragma once

namespace init {

/// Gives free heap pages back, and lets go of program text: what is still used is mapped again from the page cache by a
/// minor fault, the rest (generators, first loads, parsing) no longer counts as ours. malloc_trim(3), madvise(2).
void give_back_memory() noexcept;

}  // namespace init
