#include "bridge/look_up.h"

namespace vswitch {
namespace {

// The first `count` frames of `scratch` are frames of one bridge with keys to look up.
void LookUpGathered(LookUpScratch& scratch, size_t count, const ForwardingConfig& config,
                    uint32_t now) {
  if (count == 0) return;
  const BridgeId bridge = scratch.frames[0]->bridge;
  config.bridges[bridge].table->LookUpBatch(std::span(scratch.keys).first(count), now,
                                            std::span(scratch.ports).first(count));
  for (size_t i = 0; i < count; ++i) {
    const PortId port = scratch.ports[i];
    // The snapshot may be newer than the table's entry. kNoPort is beyond any port too.
    if (port < config.ports.size() && config.ports[port].bridge == bridge) {
      scratch.frames[i]->egress = port;
    }
  }
}

}  // namespace

void LookUp(std::span<Frame> batch, const ForwardingConfig& config, uint32_t now,
            LookUpScratch* scratch) {
  // A table answers many keys faster than one at a time. Keys are gathered until the bridge
  // changes: the frames of one port stand together, so that is seldom.
  size_t count = 0;
  for (Frame& frame : batch) {
    if (frame.drop != DropReason::kNone || frame.destination.mac().IsGroup()) continue;
    if (count == LookUpScratch::kCapacity ||
        (count != 0 && frame.bridge != scratch->frames[0]->bridge)) {
      LookUpGathered(*scratch, count, config, now);
      count = 0;
    }
    scratch->keys[count] = frame.destination;
    scratch->frames[count] = &frame;
    ++count;
  }
  LookUpGathered(*scratch, count, config, now);
}

}  // namespace vswitch
