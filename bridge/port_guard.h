// What a port's guest may claim to be. A frame by which it would speak for another, answer for
// another or give out what is not its to give is dropped where it comes in: a part of Admit, before
// anything is learned from the frame. README.md has the rules and whose they are.
//
// A guard costs a port that has none nothing: PortForwarding::guard is null there.
//
// Thread-safety: Guard() is a pure function of frame and rules, which no one changes; the trace of
// the last violation is one atomic word, written by workers and read by whoever logs.
#ifndef VSWITCH_BRIDGE_PORT_GUARD_H_
#define VSWITCH_BRIDGE_PORT_GUARD_H_

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "bridge/drop_reason.h"
#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/ip_prefix.h"
#include "mac_table/mac_address.h"

namespace vswitch {

struct GuardRules {
  // The frame's source is one of `macs`.
  bool mac = false;
  // The source of an IPv4 or IPv6 packet is one of `ips`. A family of which `ips` has nothing does
  // not pass. Beside them, as a guest must get its addresses somehow:
  //  - 0.0.0.0, from a DHCP client to a server (RFC 2131, 4.1);
  //  - ::, for duplicate address detection, router solicitations and the multicast listener reports
  //    that go with them (RFC 4862, 5.4; RFC 4861, 4.1; RFC 3590);
  //  - all of fe80::/64, which each host gives itself (RFC 4862, 5.3), unless `ips` has addresses
  //    of that kind: then only those.
  bool ip = false;
  // The sender of an ARP or RARP packet is one of `macs` (where that is empty: the frame's own
  // source) and one of `ips`, or 0.0.0.0 in a request (RFC 5227's probe; RFC 903).
  bool arp = false;
  // The same of neighbour discovery (RFC 4861): who speaks, the target of a neighbour
  // advertisement, of a redirect and of duplicate address detection, and every link-layer address
  // in an option. Never in fragments (RFC 6980).
  bool nd = false;
  // No packets of DHCP servers: from the server's port or to the client's, which alone is what
  // clients go by (RFC 2131, 4.1; RFC 8415, 7.2).
  bool dhcp_server = false;
  // No router advertisements and no redirects (RFC 6105, RFC 7113).
  bool ra = false;

  // Ascending.
  std::vector<MacAddress> macs;
  std::vector<IpPrefix> ips;

  friend bool operator==(const GuardRules&, const GuardRules&) = default;
};

// kNone, or the reason to drop: guard_mac, guard_ip, guard_arp, guard_nd, guard_dhcp_server or
// guard_ra, the first that applies in this order. What cannot be read, because it is cut short or
// nested too deep (wire/network_header.h), goes by the first rule that would have had to read it.
// REQUIRES: parse.cc accepted the frame.
DropReason Guard(const GuardRules& rules, const FrameBytes& frame);

// Whether guard=mac, if it is among the rules, lets frames from there pass.
bool MayBeSource(const GuardRules& rules, MacAddress source);

// A port's rules and the last frame that broke them.
class PortGuard {
 public:
  explicit PortGuard(GuardRules rules) : rules_(std::move(rules)) {}

  const GuardRules& rules() const { return rules_; }
  // The last source of a frame that was dropped; zero: none was. For a line in a log: which of two
  // workers' was the last does not matter. Pairs with nothing.
  MacAddress last_violator() const { return {last_violator_.load(std::memory_order_relaxed)}; }

  DropReason Check(const FrameBytes& frame) {
    const DropReason reason = Guard(rules_, frame);
    if (reason == DropReason::kNone) return reason;
    const uint64_t source = MacAddress::FromBytes(frame.ethernet() + 6).value;
    // Stored only when it changes: a flood of one source leaves the cache line shared.
    if (last_violator_.load(std::memory_order_relaxed) != source) {
      last_violator_.store(source, std::memory_order_relaxed);
    }
    return reason;
  }

 private:
  const GuardRules rules_;
  std::atomic<uint64_t> last_violator_{0};
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_PORT_GUARD_H_
