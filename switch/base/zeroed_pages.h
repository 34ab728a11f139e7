// Large memory straight from the kernel: it reads as zero, becomes resident page by page as it is
// written to, and goes back when the last owner lets go of it. (calloc() promises neither: what it
// reuses it clears by hand, and a heap keeps what is freed.)
//
// Thread-safety: any. Limits: refused under RLIMIT_AS and vm.overcommit_memory=2; otherwise a host
// that has promised more than it has finds out when the pages are written to.
#ifndef VSWITCH_SWITCH_BASE_ZEROED_PAGES_H_
#define VSWITCH_SWITCH_BASE_ZEROED_PAGES_H_

#include <cstddef>
#include <memory>

namespace vswitch {

// Aligned to a huge page if it is as large as one. Null when there is none.
std::shared_ptr<void> MapZeroed(size_t bytes);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_ZEROED_PAGES_H_
