// libFuzzer target: what a hostile guest can tell of groups, to a bridge that keeps what it says.
// Each frame lies in a buffer of exactly its length, so AddressSanitizer sees a read beyond it, and
// what is kept and asked stays within its limits.
//
// Input: frames: a byte whose bits 0 to 2 are the port, bit 3 lets a second pass before, and bit 4
// has the checksums put right, which no fuzzer guesses; length (2 bytes, little endian), the frame
// from its Ethernet header on. The last may be cut short by the input's end.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <vector>

#include "bridge/snooping/checksum.h"
#include "bridge/snooping/numbers.h"
#include "bridge/snooping/snooping.h"

namespace vswitch {
namespace {

constexpr size_t kMaxFrames = 64;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// As far as the header is the plainest: no tags, no extension headers but one for a router alert.
void MendChecksums(std::vector<uint8_t>* frame) {
  if (frame->size() < 14 + 20) return;
  uint8_t* const ip = frame->data() + 14;
  const size_t bytes = frame->size() - 14;
  const auto put = [](uint8_t* at, uint32_t sum) {
    const uint16_t checksum = FinishChecksum(sum);
    at[0] = static_cast<uint8_t>(checksum >> 8);
    at[1] = static_cast<uint8_t>(checksum);
  };
  size_t header = (ip[0] & 15u) * 4;
  uint32_t sum = 0;
  if (ip[0] >> 4 == 4) {
    if (header < 20 || bytes < header + 4) return;
    ip[10] = ip[11] = 0;
    put(ip + 10, ChecksumPart(std::span(ip, header)));
  } else {
    header = 40 + (ip[6] == kHopByHop ? 8 : 0);
    if (bytes < header + 4) return;
    sum = Ipv6PseudoHeader(ip + 8, static_cast<uint32_t>(bytes - header),
                           header == 40 ? ip[6] : ip[40]);
  }
  ip[header + 2] = ip[header + 3] = 0;
  put(ip + header + 2, ChecksumPart(std::span(ip + header, bytes - header), sum));
}

void Run(const uint8_t* data, size_t size) {
  Snooping snooping;
  std::map<PortId, Snooping::PortOptions> ports;
  for (PortId port = 0; port < 8; ++port) ports[port] = {.fast_leave = port == 3, .up = port != 4};
  snooping.SetPorts(ports);
  uint32_t now = 1000;
  snooping.SetOptions({.querier = true, .mac = {0x020000000001}}, now);
  for (size_t at = 0, frames = 0; at + 3 <= size && frames < kMaxFrames; ++frames) {
    const uint8_t bits = data[at];
    const size_t claimed = data[at + 1] | data[at + 2] << 8;
    const size_t length = std::min(claimed, size - at - 3);
    std::vector<uint8_t> frame(data + at + 3, data + at + 3 + length);
    frame.shrink_to_fit();
    if (bits & 16) MendChecksums(&frame);
    if (bits & 8) snooping.OnTick(++now);
    if (const auto message = ReadGroupMessage(frame)) {
      snooping.OnMessage(bits & 7, /*vlan=*/0, *message, now);
    }
    at += 3 + length;
    // One to all, and as many as a port may cause in a second.
    Require(snooping.TakeQueries().size() <=
                2 * Snooping::kQueriesPerTick + 8 * Snooping::kLeaveQueriesPerSecond,
            "too many queries");
  }
  const Snooping::Shown shown = snooping.Show(now);
  Require(shown.groups.size() <= 8 * Snooping::kGroupsPerPort, "more groups than ports may have");
  snooping.Map();
  snooping.OnTick(now + 1'000'000);
  Require(snooping.Show(now + 1'000'000).groups.empty(), "a group outlives its members");
}

}  // namespace
}  // namespace vswitch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vswitch::Run(data, size);
  return 0;
}
