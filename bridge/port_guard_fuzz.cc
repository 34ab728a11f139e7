// libFuzzer target: what a hostile guest can send, through every guard. A frame's head and body lie
// in buffers of exactly their lengths, so AddressSanitizer sees a read beyond them, and what passes
// is read once more by a reader that knows nothing but the simplest form of each packet: no address
// may pass that it finds not to be the port's.
//
// Input: a byte whose bits are the rules, then the frame from its Ethernet header on.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "bridge/port_guard.h"

namespace vswitch {
namespace {

constexpr uint8_t kOwnV4[4] = {10, 0, 0, 1};
constexpr uint8_t kOwnV6[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr uint8_t kOwnMac[6] = {2, 0, 0, 0, 0, 1};

GuardRules RulesOf(uint8_t bits) {
  return {.mac = (bits & 1) != 0,
          .ip = (bits & 2) != 0,
          .arp = (bits & 4) != 0,
          .nd = (bits & 8) != 0,
          .dhcp_server = (bits & 16) != 0,
          .ra = (bits & 32) != 0,
          .macs = {MacAddress::FromBytes(kOwnMac)},
          .ips = {{IpFamily::kV4, IpAddress::FromV4(kOwnV4), 32},
                  {IpFamily::kV6, IpAddress::FromV6(kOwnV6), 128}}};
}

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "passed: %s\n", what);
  std::abort();
}

bool IsNil(const uint8_t* octets, size_t count) {
  return std::all_of(octets, octets + count, [](uint8_t octet) { return octet == 0; });
}

// REQUIRES: `frame` has passed.
void ReadAgain(const GuardRules& rules, const uint8_t* frame, size_t size) {
  if (rules.mac) Require(std::memcmp(frame + 6, kOwnMac, 6) == 0, "another's MAC");
  size_t at = 12;
  while (at + 6 <= size && (frame[at] == 0x81 || frame[at] == 0x88) &&
         (frame[at + 1] == 0x00 || frame[at + 1] == 0xa8) &&
         (frame[at] == 0x81) == (frame[at + 1] == 0)) {
    at += 4;
  }
  if (at + 10 <= size && frame[at] < 6 && std::memcmp(frame + at + 2, "\xaa\xaa\3\0\0\0", 6) == 0) {
    at += 8;
  }
  if (at + 2 > size) return;
  const int type = frame[at] << 8 | frame[at + 1];
  const uint8_t* packet = frame + at + 2;
  const size_t left = size - at - 2;
  if (type == 0x0800 && left >= 20) {
    if (rules.ip && !IsNil(packet + 12, 4)) {
      Require(std::memcmp(packet + 12, kOwnV4, 4) == 0, "another's IPv4 address");
    }
    const bool is_plain_udp = packet[0] == 0x45 && packet[9] == 17 && left >= 24 &&
                              (packet[6] & 0x1f) == 0 && packet[7] == 0;
    if (rules.dhcp_server && is_plain_udp) {
      Require(packet[20] != 0 || packet[21] != 67, "a DHCP server's packet");
    }
  }
  if (type == 0x86dd && left >= 40) {
    const bool is_local = packet[8] == 0xfe && packet[9] == 0x80;
    if (rules.ip && !is_local && !IsNil(packet + 8, 16)) {
      Require(std::memcmp(packet + 8, kOwnV6, 16) == 0, "another's IPv6 address");
    }
    if (rules.ra && packet[6] == 58 && left > 40) {
      Require(packet[40] != 134, "a router advertisement");
    }
    if (rules.nd && packet[6] == 58 && left >= 64 && packet[40] == 136 && packet[48] == 0xfd) {
      Require(std::memcmp(packet + 48, kOwnV6, 16) == 0, "another's target");
    }
  }
  if (type == 0x0806 && rules.arp) {
    Require(left >= 28 && std::memcmp(packet + 8, kOwnMac, 6) == 0, "another's MAC in ARP");
    Require(IsNil(packet + 14, 4) || std::memcmp(packet + 14, kOwnV4, 4) == 0,
            "another's address in ARP");
  }
}

void Run(const uint8_t* data, size_t size) {
  if (size < 1 + kEthernetHeaderBytes) return;
  const size_t length = kOffloadHeaderBytes + size - 1;
  const size_t head_length = std::min<size_t>(length, kHeadBytes);
  const auto head = std::make_unique<uint8_t[]>(head_length);
  const auto body = std::make_unique<uint8_t[]>(length - head_length);
  std::copy_n(data + 1, head_length - kOffloadHeaderBytes, head.get() + kOffloadHeaderBytes);
  std::copy_n(data + 1 + head_length - kOffloadHeaderBytes, length - head_length, body.get());
  FrameBytes frame;
  frame.head = head.get();
  frame.body = body.get();
  frame.length = static_cast<uint32_t>(length);
  frame.head_length = static_cast<uint32_t>(head_length);
  const GuardRules rules = RulesOf(data[0]);
  const bool passes = Guard(rules, frame) == DropReason::kNone;
  if (passes) ReadAgain(rules, data + 1, size - 1);
  // Together they let pass what each lets pass alone.
  bool each = true;
  for (int bit = 0; bit < 6; ++bit) {
    if ((data[0] >> bit & 1) == 0) continue;
    each = each && Guard(RulesOf(static_cast<uint8_t>(1 << bit)), frame) == DropReason::kNone;
  }
  if (each != passes) Require(false, "what one guard alone does not pass, or the other way round");
}

}  // namespace
}  // namespace vswitch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vswitch::Run(data, size);
  return 0;
}
