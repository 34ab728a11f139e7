// Writes pcapng (draft-ietf-opsawg-pcapng), as far as a capture needs: a section, an interface for
// each port, packets with their direction, the reason why they were dropped and how many were lost
// before them, and totals at the end.
//
// An encoder of our own because Debian has no library for it but Wireshark's libwiretap, which is
// Wireshark's own: its interface changes with each release, and it would bring GLib along.
//
// Byte order and words are the machine's, as the format wants. Thread-safety: pure functions.
#ifndef VSWITCH_CLI_CAPTURE_PCAPNG_H_
#define VSWITCH_CLI_CAPTURE_PCAPNG_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vswitch {

// What readers are told to expect at most: tcpdump's default. Frames are never cut.
inline constexpr uint32_t kSnapLength = 262'144;

struct PcapngPacket {
  // The number of its interface: they count from 0 in the order in which they were written.
  uint32_t interface = 0;
  uint64_t time_ns = 0;
  bool is_inbound = true;
  // Lost on this interface since its packet before.
  uint32_t lost = 0;
  std::string_view comment;  // May be empty.
  std::span<const uint8_t> bytes;
};

struct PcapngStatistics {
  uint32_t interface = 0;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  // That the filter let through; of these, lost and written.
  uint64_t accepted = 0;
  uint64_t lost = 0;
  uint64_t delivered = 0;
};

// Section Header Block.
void AppendSection(std::string_view application, std::string* to);
// Interface Description Block, of Ethernet. `filter` may be empty.
void AppendInterface(std::string_view name, std::string_view filter, std::string* to);
// Enhanced Packet Block.
void AppendPacket(const PcapngPacket& packet, std::string* to);
// Interface Statistics Block.
void AppendStatistics(const PcapngStatistics& statistics, std::string* to);

}  // namespace vswitch

#endif  // VSWITCH_CLI_CAPTURE_PCAPNG_H_
