// The length of a TAP's queue, which is its netdev's txqueuelen: of length 0 it takes no frame, and
// its link stays up. Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_PORT_QUEUE_LENGTH_H_
#define VSWITCH_SWITCH_PORT_QUEUE_LENGTH_H_

#include <cstdint>

#include "switch/link/link.h"

namespace vswitch {

// Gives the TAP, as just seen, its length back when somebody has changed it, which is logged.
void KeepQueueLength(Links& links, uint32_t frames, LinkInfo* tap);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_QUEUE_LENGTH_H_
