// Which ports have heard a BPDU although they must not (bpdu_guard=on), and until when they are
// blocked for it. Link and guest may come and go meanwhile: who sent one BPDU would else only have
// to let go of the TAP for a moment.
//
// Thread-safety: control thread only.
#ifndef VSWITCH_SWITCH_CORE_BPDU_GUARD_H_
#define VSWITCH_SWITCH_CORE_BPDU_GUARD_H_

#include <cstdint>
#include <map>
#include <vector>

#include "mac_table/fdb_key.h"

namespace vswitch {

class BpduGuard {
 public:
  // As long as other switches' ports are by default, after the last BPDU.
  static constexpr uint32_t kBlockedSeconds = 300;

  // True when the port was not blocked before.
  bool Hear(PortId port, uint32_t now) {
    const bool is_new = !last_.contains(port);
    last_[port] = now;
    return is_new;
  }
  // True when it was.
  bool Release(PortId port) { return last_.erase(port) != 0; }
  // Those that have heard nothing for so long that they are to be released.
  std::vector<PortId> Silent(uint32_t now) const {
    std::vector<PortId> silent;
    for (const auto& [port, heard] : last_) {
      if (now - heard >= kBlockedSeconds) silent.push_back(port);
    }
    return silent;
  }
  bool IsBlocked(PortId port) const { return last_.contains(port); }
  // REQUIRES: it is.
  uint32_t SecondsLeft(PortId port, uint32_t now) const {
    const uint32_t since = now - last_.at(port);
    return since < kBlockedSeconds ? kBlockedSeconds - since : 0;
  }

 private:
  // When the last BPDU came.
  std::map<PortId, uint32_t> last_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_BPDU_GUARD_H_
