#include "switch/port/queue_length.h"

#include "glog/logging.h"

namespace vswitch {

void KeepQueueLength(Links& links, uint32_t frames, LinkInfo* tap) {
  if (tap->txqueuelen == frames) return;
  const absl::Status status = links.Change(*tap, {.txqueuelen = frames});
  LOG(WARNING) << "the txqueuelen of " << tap->name << " was set to " << tap->txqueuelen << ": "
               << (status.ok() ? "it is what its port was given again" : status.message());
  if (status.ok()) tap->txqueuelen = frames;
}

}  // namespace vswitch
