// The BPF programs in the tcx hooks of netdevs, as others than the daemon may touch them: what
// `bpftool net` does, of which Debian 12's knows no tcx. In the calling thread's network namespace.
#ifndef VSWITCH_TESTS_TCX_H_
#define VSWITCH_TESTS_TCX_H_

#include <string>
#include <vector>

#include "switch/base/tcx.h"

namespace vswitch::testing {

bool HasTcx();
// Their names, first to last.
std::vector<std::string> TcxPrograms(const std::string& device, TcDirection direction);
// Takes all away; false when the kernel refuses.
bool ClearTcx(const std::string& device, TcDirection direction);
// Puts a program that does nothing in the place of the first, or first in an empty hook.
bool ReplaceTcx(const std::string& device, TcDirection direction);

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_TCX_H_
