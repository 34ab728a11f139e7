// What the workers tell of ports: it goes to the log, and what ends a port is repaired.
#include <cstring>
#include <string>

#include "glog/logging.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"

namespace vswitch {

void SwitchController::OnPortNotices() {
  for (const PortNotice& notice : workers_->TakeNotices()) {
    Port* const port = notice.port < ports_by_id_.size() ? ports_by_id_[notice.port] : nullptr;
    // Another worker told of it already, and that was repaired.
    if (port == nullptr || port->device == nullptr) continue;
    const std::string why = strerror(notice.error);
    switch (notice.kind) {
      case PortNotice::Kind::kFrameLost:
        LOG(WARNING) << "port " << port->name << ": the kernel could not hand over a frame (" << why
                     << "): its offload metadata, as of a tunnel, has no place in a virtio_net_hdr;"
                     << " further ones are counted as 'unreadable'";
        break;
      case PortNotice::Kind::kWriteFailed:
        LOG(WARNING) << "port " << port->name << ": the kernel refused a frame (" << why
                     << "); further ones are counted as 'egress_error'";
        break;
      case PortNotice::Kind::kReadingEnded:
        OnReadingEnded(port, why);
        break;
    }
  }
}

void SwitchController::OnReadingEnded(Port* port, const std::string& why) {
  // Mostly the device is gone, and the link event is only slower.
  LookAtDevice(port, LinkEvent::Kind::kResync, port->device->ifindex());
  if (port->device == nullptr) return;
  Lose(port, absl::UnavailableError(StrCat("its frames could not be read any more (", why,
                                           "); it is attached again within a second")));
}

}  // namespace vswitch
