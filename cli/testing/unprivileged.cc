#include "cli/testing/unprivileged.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace vswitch {
namespace {

void Require(long result, const char* what) {
  if (result == 0) return;
  perror(what);
  abort();
}

__user_cap_header_struct ThisThread() { return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0}; }

}  // namespace

Unprivileged::Unprivileged() {
  __user_cap_header_struct header = ThisThread();
  Require(syscall(SYS_capget, &header, before_), "capget");
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
  std::copy(std::begin(before_), std::end(before_), none);
  for (__user_cap_data_struct& word : none) word.effective = 0;
  Require(syscall(SYS_capset, &header, none), "capset");
}

Unprivileged::~Unprivileged() {
  __user_cap_header_struct header = ThisThread();
  Require(syscall(SYS_capset, &header, before_), "capset");
}

}  // namespace vswitch
