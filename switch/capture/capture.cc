#include "switch/capture/capture.h"

#include <utility>

namespace vswitch {

CaptureSet::CaptureSet(std::vector<Capture> captures) : captures_(std::move(captures)) {
  for (size_t i = 0; i < captures_.size(); ++i) {
    has_drops_ |= captures_[i].drops;
    for (const PortId port : captures_[i].ports) {
      if (port != kNoPort) of_port_[port] |= static_cast<uint8_t>(1u << i);
    }
  }
}

}  // namespace vswitch
