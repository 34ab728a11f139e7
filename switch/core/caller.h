// On whose behalf a verb is carried out. Thread-safety: a value.
#ifndef VSWITCH_SWITCH_CORE_CALLER_H_
#define VSWITCH_SWITCH_CORE_CALLER_H_

#include <sys/types.h>

namespace vswitch {

struct Caller {
  uid_t uid;  // Of the process at the other end of the socket, as it was when it connected.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_CALLER_H_
