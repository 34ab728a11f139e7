// Writes the seeds of the fuzz corpus: make_fuzz_corpus DIRECTORY. The format is parse_fuzz.cc's.
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/frame_builder.h"

namespace vswitch {
namespace {

struct Seed {
  std::string name;
  uint8_t config;
  std::vector<std::pair<uint8_t, FrameBuilder>> frames;
};

std::vector<Seed> Seeds() {
  const FrameBuilder there = FrameBuilder().From(Station(1)).To(Station(2));
  const FrameBuilder back = FrameBuilder().From(Station(2)).To(Station(1));
  const FrameBuilder bpdu = FrameBuilder().To(Mac("01:80:c2:00:00:00"));
  return {
      {"conversation", 0, {{0, there}, {2, back}, {4, there}, {0, back}}},
      {"down_port", 0, {{5, there}, {1, back}}},
      {"removed_port", 0, {{7, there}, {8, back}}},
      {"arp",
       0,
       {{0, FrameBuilder().To(kBroadcast).ArpRequest(1, 2)},
        {2, FrameBuilder(back).ArpReply(2, 1)}}},
      {"vlan", 0, {{0, FrameBuilder(there).Tag(5)}, {2, FrameBuilder(back).Tag(5, 0x88a8).Tag(6)}}},
      {"four_tags", 2, {{0, FrameBuilder(there).Tag(0).Tag(1).Tag(2).Tag(3)}}},
      {"vid_4095", 0, {{0, FrameBuilder(there).Tag(4095)}}},
      {"cut_tag", 0, {{0, FrameBuilder(there).EtherType(0x8100).Payload(3)}}},
      {"tag_missing", 0, {{0, FrameBuilder(there).EtherType(0x8100).Payload(0)}}},
      {"reserved", 0, {{0, bpdu}, {2, FrameBuilder(bpdu).From(Station(3))}}},
      {"reserved_relayed", 1, {{0, bpdu}}},
      {"bad_sources", 0, {{0, FrameBuilder().From(kBroadcast)}, {0, FrameBuilder().From({})}}},
      {"checksum_left", 0, {{0, FrameBuilder(there).Udp({}, 20).LeaveChecksum()}}},
      {"tso4", 2, {{0, FrameBuilder(there).Tcp({}, 300).Gso(100)}}},
      {"tso6_tagged", 2, {{0, FrameBuilder(there).Tag(5).Tcp({.ipv6 = true}, 300, 32).Gso(10)}}},
      {"uso", 2, {{0, FrameBuilder(there).Udp({}, 300).Gso(100)}}},
      {"csum_overflow",
       0,
       {{0,
         FrameBuilder(there).Offload({.flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff})}}},
      {"empty", 0, {}},
  };
}

void Write(const Seed& seed, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  out.put(static_cast<char>(seed.config));
  for (const auto& [port, frame] : seed.frames) {
    const std::vector<uint8_t> bytes = frame.Build();
    out.put(static_cast<char>(port));
    out.put(static_cast<char>(bytes.size()));
    out.put(static_cast<char>(bytes.size() >> 8));
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
  }
}

}  // namespace
}  // namespace vswitch

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_fuzz_corpus DIRECTORY\n");
    return 2;
  }
  for (const vswitch::Seed& seed : vswitch::Seeds()) {
    vswitch::Write(seed, std::string(argv[1]) + "/" + seed.name);
  }
}
