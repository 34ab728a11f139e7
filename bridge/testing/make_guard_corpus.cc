// Writes the seeds of port_guard_fuzz.cc, whose format it is: make_guard_corpus DIRECTORY.
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/raw_packets.h"

namespace vswitch {
namespace {

using namespace raw;  // NOLINT: the words of the table.

std::vector<std::pair<std::string, Octets>> Seeds() {
  const Octets ra = Icmp(134, Octets(8, 0) + Option(1, Station(1)));
  const Octets na = Icmp(136, Address6("fd00::1") + Option(2, Station(1)));
  const Octets v4 = V4("10.0.0.1", 17, Udp(67, 68));
  return {
      {"arp", Ether(0x0806, Arp(1, Station(1), "10.0.0.1"))},
      {"rarp", Ether(0x8035, Arp(3, Station(1), "0.0.0.0"))},
      {"dhcp_server", Ether(0x0800, v4)},
      {"dhcp_client", Ether(0x0800, V4("0.0.0.0", 17, Udp(68, 67), 0, 2))},
      {"ah", Ether(0x0800, V4("10.0.0.1", 51, Authentication(17, Udp(9, 9))))},
      {"fragment", Ether(0x0800, V4("10.0.0.1", 17, Udp(9, 9), 0x2000))},
      {"tags", Ether(0x8100, Tag(0, 0x88a8, Tag(5, 0x0800, v4)))},
      {"snap", Ether(50, Snap(0x8100, Tag(0, 0x0800, v4)))},
      {"na", Ether(0x86dd, V6("fd00::1", 58, na))},
      {"dad", Ether(0x86dd, V6("::", 58, Icmp(135, Address6("fd00::1"))))},
      {"ra", Ether(0x86dd, V6("fe80::1", 58, ra))},
      {"ra_behind", Ether(0x86dd, V6("fe80::1", 0, Extension(60, Extension(58, ra))))},
      {"ra_fragment", Ether(0x86dd, V6("fe80::1", 44, Fragment(58, 1, ra)))},
      {"dhcp_v6", Ether(0x86dd, V6("fe80::1", 17, Udp(547, 546)))},
  };
}

}  // namespace
}  // namespace vswitch

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_guard_corpus DIRECTORY\n");
    return 2;
  }
  for (const auto& [name, frame] : vswitch::Seeds()) {
    std::ofstream out(std::string(argv[1]) + "/" + name, std::ios::binary);
    // All guards.
    out.put(0x3f);
    out.write(reinterpret_cast<const char*>(frame.data()), static_cast<long>(frame.size()));
  }
}
