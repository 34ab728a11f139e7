// libFuzzer target: what hostile neighbours can say to a bridge, and when. The machines come to
// rest, no more is sent than may be, and no port is in a state that its role forbids.
//
// Input: steps. A byte: port (3 bits) and what happens (5 bits): below 24, a frame of so many bytes
// from the BPDU's beginning on as follow (1 byte) in the input, behind a header that is right; else
// a second passes, or the link changes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bridge/rstp/bridge.h"

namespace vswitch::rstp {
namespace {

constexpr uint16_t kPorts = 8;
constexpr BridgeIdentifier kUs = MakeBridgeIdentifier(32768, MacAddress{0x520000000005});

void Fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::abort();
}

void Check(const Bridge& bridge) {
  int roots = 0;
  for (uint16_t number = 1; number <= kPorts; ++number) {
    const Port& port = bridge.port(number);
    const bool active = port.role == Role::kRoot || port.role == Role::kDesignated;
    roots += port.role == Role::kRoot;
    if (!active && bridge.State(number) != PortState::kDiscarding) Fail("a passive port forwards");
    if (port.tx_count > kTxHoldCount) Fail("too much is sent");
    if (port.reselect || !port.selected || port.updt_info || port.rcvd_msg) Fail("not at rest");
  }
  if (roots > 1 || (roots == 0) != bridge.IsRoot()) Fail("not one root port");
}

void Hear(Bridge& bridge, uint16_t port, std::span<const uint8_t> bytes) {
  std::vector<uint8_t> frame = {0x01, 0x80, 0xc2, 0, 0, 0,    0x52, 0, 0,
                                0,    0,    1,    0, 0, 0x42, 0x42, 3};
  frame[13] = static_cast<uint8_t>(3 + bytes.size());
  frame.insert(frame.end(), bytes.begin(), bytes.end());
  frame.shrink_to_fit();
  if (const std::optional<Bpdu> bpdu = ParseBpdu(frame)) {
    // What was understood is said in the same way.
    if (ParseBpdu(BuildBpdu(*bpdu, MacAddress{1})) != bpdu &&
        bpdu->times.message_age < bpdu->times.max_age) {
      Fail("not what was said");
    }
    bridge.Receive(port, *bpdu);
  }
}

void Run(std::span<const uint8_t> data) {
  // As it is.
  (void)ParseBpdu(data);
  Bridge bridge(kUs);
  for (uint16_t number = 1; number <= kPorts; ++number) {
    bridge.AddPort(number, {.admin_edge = number == 2, .point_to_point = number != 3});
    bridge.SetEnabled(number, true);
  }
  bridge.Settle();
  for (size_t at = 0; at + 1 < data.size() && at < 4096;) {
    const auto port = static_cast<uint16_t>(1 + (data[at] & 7));
    const uint8_t what = data[at] >> 3;
    if (what < 24) {
      const size_t length = std::min<size_t>({data[at + 1], data.size() - at - 2, 200});
      Hear(bridge, port, data.subspan(at + 2, length));
      at += 2 + length;
    } else {
      if (what < 28) bridge.Tick();
      if (what >= 28) bridge.SetEnabled(port, what % 2 == 0);
      bridge.Settle();
      ++at;
    }
    Check(bridge);
    bridge.TakeEffects();
  }
}

}  // namespace
}  // namespace vswitch::rstp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vswitch::rstp::Run({data, size});
  return 0;
}
