// The rules that the program in the kernel and bridge/ have in common: a million frames through
// both. A frame that the program lets pass goes where the pipeline sends it, and to nobody else;
// and it lets pass whatever goes from a station that both know to another one. The seed is printed
// with a failure; VSWITCH_SEED=n runs that one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bridge/testing/random_frames.h"
#include "bridge/testing/test_switch.h"
#include "switch/fast_path/testing/fast_path_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch {
namespace {

constexpr int kFrames = 1'000'000;
constexpr size_t kEthernetHeader = 14;
constexpr size_t kLongest = 1500;
// Of port 1, a veth that takes 500 bytes behind the Ethernet header. Its other end has a station's
// address, so that some frames are handed over to it.
constexpr uint32_t kVethMtu = 500;

struct Ends {
  FdbKey source;
  FdbKey destination;
  bool tagged = false;
};

Ends EndsOf(const Bytes& bytes) {
  const uint8_t* const ethernet = bytes.data() + kOffloadBytes;
  const bool tagged = bytes.size() >= kOffloadBytes + kEthernetHeader + 4 &&
                      ((ethernet[12] == 0x81 && ethernet[13] == 0x00) ||
                       (ethernet[12] == 0x88 && ethernet[13] == 0xa8));
  const VlanId vlan = tagged ? (ethernet[14] & 0xf) << 8 | ethernet[15] : 0;
  return {.source = FdbKey(MacAddress::FromBytes(ethernet + 6), vlan),
          .destination = FdbKey(MacAddress::FromBytes(ethernet), vlan),
          .tagged = tagged};
}

// Whether program and pipeline measure a frame alike: the kernel has moved a tag aside before the
// program sees it, which a call cannot.
bool IsMeasuredAlike(const Bytes& bytes, const Ends& ends) {
  return !ends.tagged || bytes.size() - kOffloadBytes <= kVethMtu + kEthernetHeader;
}

// What a call takes: something behind the Ethernet header, and the whole of an IP header.
bool MayBeCalled(const Bytes& bytes) {
  constexpr size_t kIpHeader = 40;
  const size_t frame = bytes.size() - std::min(bytes.size(), kOffloadBytes);
  if (frame <= kEthernetHeader || frame > kLongest) return false;
  const uint16_t type = bytes[kOffloadBytes + 12] << 8 | bytes[kOffloadBytes + 13];
  return (type != 0x0800 && type != 0x86dd) || frame >= kEthernetHeader + kIpHeader;
}

class SameDecisionsTest : public testing::FastPathTest {
 protected:
  void SetUp() override {
    FastPathTest::SetUp();
    bridge_ = switch_.AddBridge();
    for (int i = 0; i < 3; ++i) switch_.AddPort(bridge_);
    testing::Shell("ip link set d1 mtu " + std::to_string(kVethMtu));
    switch_.port(1).max_frame_bytes = kVethMtu + kEthernetHeader;
    Configure(1, PORT_IS_FAST | PORT_HAS_LIMIT | PORT_IS_VETH);
    seen_.resize(kPorts);
  }

  // The port that the program sent a frame to; nullopt: it was handed up. Tried twice if it `may`
  // pass: the first of a flow that was on the slow path asks for the fast one.
  std::optional<PortId> Fast(PortId ingress, const Bytes& bytes, bool may) {
    const std::vector<uint8_t> frame(bytes.begin() + kOffloadBytes, bytes.end());
    if (!IsFast(ingress, frame) && !(may && IsFast(ingress, frame))) return std::nullopt;
    std::optional<PortId> egress;
    for (PortId port = 0; port < 3; ++port) {
      const uint64_t frames = fast_path_->CountersOf(port).egress_frames;
      if (std::exchange(seen_[port], frames) != frames) egress = port;
    }
    return egress;
  }

  // Where a frame has to go that the program may let pass: both of its ends are known.
  std::optional<PortId> Known(PortId ingress, const FdbKey& source, const FdbKey& destination) {
    const MacTable& table = switch_.table(bridge_);
    const PortId egress = table.LookUp(destination, now_);
    if (table.LookUp(source, now_) != ingress || egress == kNoPort || egress == ingress) return {};
    return egress;
  }

  // As the controller does with what workers have forwarded.
  void Cache(const FdbKey& key) {
    const PortId port = switch_.table(bridge_).LookUp(key, now_);
    if (port == kNoPort) return;
    Want(key.mac(), port, key.vlan());
    Settle();
  }

  // Garbage fills the table: what it has evicted the kernel is not to know.
  void ForgetEvicted() {
    const MacTable& table = switch_.table(bridge_);
    if (std::exchange(evicted_, table.stats().evicted) == table.stats().evicted) return;
    cache_->EraseIf(
        [&](uint32_t, FdbKey key, PortId port) { return table.LookUp(key, now_) != port; });
  }

  TestSwitch switch_;
  BridgeId bridge_ = 0;
  uint32_t now_ = NowTick();
  std::vector<uint64_t> seen_;
  uint64_t evicted_ = 0;
};

TEST_F(SameDecisionsTest, OfAMillionFrames) {
  const char* const given = std::getenv("VSWITCH_SEED");
  const uint32_t seed = given == nullptr ? 1 : static_cast<uint32_t>(std::atoi(given));
  Random random(seed);
  int fast_frames = 0;
  int too_long = 0;
  for (int i = 0; i < kFrames; ++i) {
    Bytes bytes = RandomBytes(random);
    if (!MayBeCalled(bytes)) continue;
    // A call cannot give the program a super-frame with its headers.
    std::fill_n(bytes.begin(), kOffloadBytes, 0);
    const auto ingress = static_cast<PortId>(random.Below(3));
    const Ends ends = EndsOf(bytes);

    const std::optional<PortId> known = Known(ingress, ends.source, ends.destination);
    const std::optional<PortId> fast = Fast(ingress, bytes, known.has_value());
    const TestSwitch::Output slow = switch_.Process({{ingress, bytes}}, now_)[0];
    const bool sent = slow.drop == DropReason::kNone;
    if (fast.has_value() || IsMeasuredAlike(bytes, ends)) {
      ASSERT_EQ(fast.has_value(), known.has_value() && sent) << "seed " << seed << ", frame " << i;
    }
    too_long += known.has_value() && slow.drop == DropReason::kExceedsMtu;
    if (fast.has_value()) {
      ASSERT_EQ(slow.ports, std::vector{*fast}) << "seed " << seed << ", frame " << i;
      ++fast_frames;
    }
    ForgetEvicted();
    Cache(ends.source);
    Cache(ends.destination);
  }
  EXPECT_GT(fast_frames, kFrames / 100);
  EXPECT_GT(too_long, 0);
}

}  // namespace
}  // namespace vswitch
