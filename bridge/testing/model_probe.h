// Which frames are a bridge's own loop probes, for PipelineModel: the slow and obvious way.
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_PROBE_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_PROBE_H_

#include <cstdint>

#include "bridge/frame.h"

namespace vswitch {

// loop_probe.h: an id behind the type, and 28 octets in all.
inline bool ModelIsProbe(const Frame& frame, uint64_t id) {
  const uint8_t* const type = frame.ethernet() + 12;
  const bool is_tagged =
      (type[0] == 0x81 && type[1] == 0x00) || (type[0] == 0x88 && type[1] == 0xa8);
  const uint32_t type_at = is_tagged ? 16 : 12;
  if (id == 0 || frame.ethernet_length() < type_at + 30) return false;
  if (MacAddress::FromBytes(frame.ethernet()).value != 0x037673776c67) return false;
  if (frame.ethernet()[type_at] != 0x88 || frame.ethernet()[type_at + 1] != 0xb6) return false;
  uint64_t read = 0;
  for (uint32_t i = 0; i < 8; ++i) read = read << 8 | frame.ethernet()[type_at + 2 + i];
  return read == id;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_MODEL_PROBE_H_
