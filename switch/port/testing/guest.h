// A guest without QEMU: opens its TAP by name, reads and writes packets. Our end of a port reads
// and writes the same ones.
#ifndef VSWITCH_SWITCH_PORT_TESTING_GUEST_H_
#define VSWITCH_SWITCH_PORT_TESTING_GUEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "switch/base/unique_fd.h"
#include "tests/frame_builder.h"

namespace vswitch::testing {

using Bytes = std::vector<uint8_t>;

// A virtio_net_hdr and the Ethernet frame behind it, as they cross a TAP's fd.
struct Packet {
  OffloadFields header;
  Bytes frame;
};

// A frame of `size` bytes with an EtherType that no stack knows.
Packet PlainPacket(size_t size, uint8_t fill = 0);
// An IPv4/TCP frame with `payload` bytes whose checksum, and segmentation by 1448, is left to
// others.
Packet TcpSuperPacket(size_t payload);

// Opens a TAP by name as QEMU does; invalid, with errno, when that fails. `offloads`: TUN_F_*.
UniqueFd OpenAsGuest(const std::string& name, bool multi_queue = false, unsigned offloads = 0);
inline constexpr unsigned kAllOffloads = 0x0f;

// Reads one packet; an empty frame when none comes within `timeout_ms`.
Packet ReadPacket(const UniqueFd& fd, int timeout_ms = 2000);
// Returns false, with errno, when the kernel refuses it.
bool WritePacket(const UniqueFd& fd, const Packet& packet);

// What must be the same after a packet has crossed: all but hdr_len and num_buffers, which every
// sender of a packet sets as it likes.
void ExpectSame(const Packet& sent, const Packet& received);

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_PORT_TESTING_GUEST_H_
