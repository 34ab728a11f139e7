// A captured frame as a line for people, by its Ethernet header: what `tcpdump -e` begins with.
// What is inside, tcpdump and Wireshark tell better. Thread-safety: pure functions.
#ifndef VSWITCH_CLI_CAPTURE_PACKET_LINE_H_
#define VSWITCH_CLI_CAPTURE_PACKET_LINE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vswitch {

struct PacketView {
  std::string_view port;
  uint64_t time_ns = 0;
  bool is_inbound = true;
  std::string_view drop;  // A reason, or empty.
  std::span<const uint8_t> bytes;
};

// "12:00:00.123456 vm0 In  52:54:00:00:00:01 > 52:54:00:00:00:02, vlan 10, ARP (0x0806), length
// 64" in one line, in local time, with a newline.
std::string PacketLine(const PacketView& packet);
// As one line of JSON: {"time", "port", "direction": "in" or "out", "drop": REASON or null,
// "frame": HEX}; `time` is in seconds since 1970, as text: a double has no room for nanoseconds.
std::string PacketJson(const PacketView& packet);

}  // namespace vswitch

#endif  // VSWITCH_CLI_CAPTURE_PACKET_LINE_H_
