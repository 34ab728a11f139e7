// Writes the seeds of group_message_fuzz.cc, whose format it is: make_group_corpus DIRECTORY.
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bridge/snooping/testing/group_frames.h"

namespace vswitch {
namespace {

std::vector<std::pair<std::string, Octets>> Seeds() {
  const MappedAddress group = Ip4(239, 1, 2, 3);
  const MappedAddress group6 = Ip6(0xff05000000000000, 0x10003);
  const MappedAddress all_routers = Ip4(224, 0, 0, 2);
  return {
      {"igmp_v2_join", Ip4Frame({.destination = group}, Igmp(kIgmpV2Report, 0, group))},
      {"igmp_leave", Ip4Frame({.destination = all_routers}, Igmp(kIgmpLeave, 0, group))},
      {"igmp_v3_join", JoinFrame(group)},
      {"igmp_query", Ip4Frame({}, Igmp(kIgmpQuery, 1, Ip4(0, 0, 0, 0)))},
      {"igmp_group_query", Ip4Frame({.destination = group}, Igmp(kIgmpQuery, 1, group))},
      {"mld_v1_join", Ip6Frame({.destination = group6}, Mld(kMldV1Report, 0, group6))},
      {"mld_v2_join", JoinFrame(group6)},
      {"mld_query", Ip6Frame({}, Mld(kMldQuery, 100, {}))},
      {"pim_hello",
       Ip4Frame({.protocol = kProtocolPim, .destination = Ip4(224, 0, 0, 13)},
                Big(kPimHello, 1) + Big(0, 1) + Big(0, 2) + Big(0x00010002, 4) + Big(105, 2))},
      {"tagged", TaggedWith(7, JoinFrame(group))},
  };
}

}  // namespace
}  // namespace vswitch

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_group_corpus DIRECTORY\n");
    return 2;
  }
  for (const auto& [name, frame] : vswitch::Seeds()) {
    std::ofstream out(std::string(argv[1]) + "/" + name, std::ios::binary);
    // Of port 1, joined by port 2; checksums mended.
    for (const char port : {17, 18}) {
      out.put(port);
      out.put(static_cast<char>(frame.size()));
      out.put(static_cast<char>(frame.size() >> 8));
      out.write(reinterpret_cast<const char*>(frame.data()), static_cast<long>(frame.size()));
    }
  }
}
