// A capture that runs: which ports, what of them, and the memory that a client reads it from. And
// all that run, as the workers are to know them.
//
// Inbound is what the port's other end has sent, as it came; outbound is what is sent to it, with
// the tags that it then has. What the kernel forwards by itself no worker sees: captured ports are
// kept off the fast path (core/captures.cc). What the kernel loses is only ever a number.
//
// Thread-safety: a set is immutable; what its captures write to is each worker's own.
#ifndef VSWITCH_SWITCH_CAPTURE_CAPTURE_H_
#define VSWITCH_SWITCH_CAPTURE_CAPTURE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mac_table/fdb_key.h"
#include "switch/capture/capture_memory.h"
#include "switch/capture/filter.h"

namespace vswitch {

struct Capture {
  // kNoPort: it has been deleted. The place is the number that records have.
  std::vector<PortId> ports;
  CaptureFilter filter;
  // Dropped frames have their reason, and copies that were dropped on their way out are there too.
  bool drops = false;
  std::shared_ptr<CaptureMemory> memory;
};

class CaptureSet {
 public:
  static constexpr size_t kMaxCaptures = 8;

  // REQUIRES: no more than kMaxCaptures, of no more than kMaxCapturePorts ports each.
  explicit CaptureSet(std::vector<Capture> captures);

  const std::vector<Capture>& all() const { return captures_; }
  // Bit n: the n-th capture has the port.
  uint8_t Of(PortId port) const { return of_port_[port]; }
  bool HasDrops() const { return has_drops_; }

 private:
  const std::vector<Capture> captures_;
  std::array<uint8_t, kMaxPorts> of_port_{};
  bool has_drops_ = false;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CAPTURE_CAPTURE_H_
