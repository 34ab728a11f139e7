// The program in the kernel and bridge/ decide alike: random frames, under random settings, between
// four TAPs that have the program. What it lets pass leaves by the port, and with the bytes, that
// the pipeline says, and by no other; and it lets pass whatever goes from a station that both know
// to another one. The seed is printed with a failure; VSWITCH_SEED=n runs that one, VSWITCH_LONG=1
// a million frames.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/port_guard.h"
#include "bridge/testing/random_frames.h"
#include "bridge/testing/test_switch.h"
#include "bridge/wire/vlan_tag.h"
#include "switch/base/now_tick.h"
#include "switch/core/fast_forwarding.h"
#include "switch/fast_path/flow_order.h"
#include "switch/link/link.h"
#include "switch/port/tap.h"
#include "switch/port/tc_hook.h"
#include "switch/port/testing/shell.h"

namespace vswitch {
namespace {

constexpr PortId kPorts = 4;
constexpr int kFramesPerSetting = 1'000;
constexpr size_t kEthernetHeader = 14;
// With less behind a tag the kernel loses a frame.
constexpr size_t kLeastTagged = kEthernetHeader + kVlanTagBytes + 2;
// Of port 1, which takes 500 bytes behind the Ethernet header.
constexpr PortId kShortPort = 1;
constexpr uint32_t kShortMtu = 500;
// Of whom frames come.
constexpr uint32_t kStations = 12;
constexpr VlanId kVlans[] = {0, 1, 2, 4094};

int FramesToSend() { return std::getenv("VSWITCH_LONG") != nullptr ? 1'000'000 : 100'000; }

VlanPolicy RandomPolicy(Random& random) {
  static constexpr VlanMode kModes[] = {VlanMode::kTransparent, VlanMode::kAccess, VlanMode::kTrunk,
                                        VlanMode::kNativeTagged, VlanMode::kNativeUntagged};
  VlanPolicy policy{.mode = random.Pick(kModes)};
  if (policy.mode == VlanMode::kTransparent) return policy;
  if (policy.mode != VlanMode::kTrunk) policy.tag = kVlans[1 + random.Below(3)];
  if (policy.mode == VlanMode::kAccess || random.OneIn(3)) return policy;
  auto trunks = std::make_shared<VlanSet>();
  for (const VlanId vlan : kVlans) (*trunks)[vlan] = random.OneIn(2);
  policy.trunks = std::move(trunks);
  return policy;
}

struct Sent {
  Bytes bytes;
  PortId ingress = kNoPort;
  FrameBytes frame;
  // As it is classified; nothing else counts when it is not let in.
  bool is_in = false;
  VlanId vlan = 0;
  VlanState state;

  FdbKey source() const { return {MacAddress::FromBytes(frame.ethernet() + 6), vlan}; }
  FdbKey destination() const { return {MacAddress::FromBytes(frame.ethernet()), vlan}; }
  bool is_super() const { return bytes[1] != 0; }
};

class SameDecisionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(unshare(CLONE_NEWNET), 0) << "needs root";
    // No frame but ours.
    std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << "1";
    fast_ = std::make_unique<FastForwarding>(
        FastForwarding::Options{.switch_id = "0123456789abcdef", .programs = {}});
    ASSERT_TRUE(fast_->is_on()) << fast_->why_off();
    order_ = std::make_unique<FlowOrder>(fast_->orders(), /*only_worker=*/true);
    bridge_ = switch_.AddBridge();
    switch_.bridge(bridge_).probe_id = 1;  // It guards against loops.
    for (PortId port = 0; port < kPorts; ++port) {
      switch_.AddPort(bridge_);
      MakeDevices(port);
    }
    switch_.port(kShortPort).max_frame_bytes = kShortMtu + kEthernetHeader;
    Configure();
  }

  void MakeDevices(PortId port) {
    const auto make = [&](const std::string& name, UniqueFd* fd, int* ifindex) {
      auto made = OpenTap({.name = name, .nonblocking = true, .must_be_new = true});
      ASSERT_TRUE(made.ok()) << made.status();
      *fd = std::move(made->fds[0]);
      testing::Shell("ip link set " + name + " up");
      auto links = Links::Open();
      const auto link = links->Find(name);
      ASSERT_TRUE(link.ok()) << link.status();
      *ifindex = link->ifindex;
    };
    Device& device = devices_[port];
    make("d" + std::to_string(port), &device.guest, &device.ifindex);
    make("t" + std::to_string(port), &device.queue, &device.twin_ifindex);
    auto links = Links::Open();
    const auto link = links->Find("d" + std::to_string(port));
    auto hook = TcHook::Attach(*link, TcDirection::kIngress, {.fd = fast_->program_fd()});
    ASSERT_TRUE(hook.ok()) << hook.status();
    device.hook = *std::move(hook);
    if (port == kShortPort) testing::Shell("ip link set d1 mtu " + std::to_string(kShortMtu));
  }

  bool IsShut(PortId port) {
    return switch_.port(port).loop_blocked || switch_.port(port).is_mirror_target;
  }
  // As the controller does with new settings.
  void Configure() {
    std::vector<std::pair<PortId, FastPort>> ports;
    for (PortId port = 0; port < kPorts; ++port) {
      ports.push_back({port,
                       {.name = "d" + std::to_string(port),
                        .device = devices_[port].ifindex,
                        .twin = devices_[port].twin_ifindex,
                        .ageing_s = kDefaultAgeingSeconds,
                        .queue_frames = 500,
                        .has_limit = port == kShortPort,
                        .is_fast = !IsShut(port),
                        .rules = RulesOf(switch_.port(port))}});
    }
    fast_->SetPorts(ports);
  }
  void ChangeSettings(Random& random) {
    // Before garbage makes it evict.
    if (switch_.table(bridge_).stats().entries > 2'000) switch_.table(bridge_).FlushAll();
    for (PortId port = 0; port < kPorts; ++port) {
      if (!random.OneIn(3)) switch_.port(port).vlan = RandomPolicy(random);
      switch_.port(port).isolated = random.OneIn(3);
      switch_.port(port).learns = !random.OneIn(6);
      switch_.port(port).locked = random.OneIn(6);
      switch_.port(port).loop_blocked = random.OneIn(8);
      switch_.port(port).is_mirror_target = random.OneIn(10);
      switch_.port(port).guard = random.OneIn(4) ? SomeSources(port) : nullptr;
    }
    PinSome(random);
    Configure();
    TellAll();
  }

  // guard=mac, for some of those that are known there.
  std::shared_ptr<PortGuard> SomeSources(PortId port) {
    GuardRules rules{.mac = true};
    for (const FdbEntry& entry : Entries()) {
      if (entry.port == port && entry.key.mac().value % 4 != 0)
        rules.macs.push_back(entry.key.mac());
    }
    std::ranges::sort(rules.macs, {}, &MacAddress::value);
    return std::make_shared<PortGuard>(std::move(rules));
  }
  // Makes some of the entries static or sticky, instead of those that were.
  void PinSome(Random& random) {
    MacTable& table = switch_.table(bridge_);
    for (const FdbKey key : std::exchange(pinned_, {})) table.Remove(key);
    for (const FdbEntry& entry : Entries()) {
      if (!random.OneIn(8)) continue;
      pinned_.push_back(entry.key);
      if (random.OneIn(2)) {
        table.AddStatic(entry.key, entry.port, NowTick());
      } else {
        table.AddSticky(entry.key, entry.port, NowTick());
      }
    }
  }
  std::vector<FdbEntry> Entries() {
    std::vector<FdbEntry> entries;
    switch_.table(bridge_).ForEach(NowTick(),
                                   [&](const FdbEntry& entry) { entries.push_back(entry); });
    return entries;
  }

  MacTable* TableOf(uint32_t number) { return number == 0 ? &switch_.table(bridge_) : nullptr; }
  FastForwarding::TableOf table_of() {
    return [this](uint32_t number) { return TableOf(number); };
  }
  // Of whatever the table knows, as if it had just been used; what it knows no more is forgotten.
  void TellAll() {
    fast_->OnTick(table_of(),
                  {.lost = [](PortId) { return 0; }, .has_frames = [](PortId) { return false; }},
                  /*stations_have_moved=*/true);
    std::vector<Candidate> all;
    switch_.table(bridge_).ForEach(NowTick(), [&](const FdbEntry& entry) {
      all.push_back({.source = entry.key, .destination = entry.key});
    });
    fast_->OnCandidates(all, table_of());
    Settle();
  }
  void Settle() {
    while (fast_->Settle(table_of())) {
    }
  }

  // What is to be read there; empty: nothing is. Of a super-frame that the kernel has cut, the
  // first.
  static Bytes ReadAll(const UniqueFd& fd) {
    std::array<uint8_t, 70'000> buffer;
    Bytes first;
    for (ssize_t got; (got = read(fd.get(), buffer.data(), buffer.size())) > 0;) {
      if (first.empty()) first.assign(buffer.begin(), buffer.begin() + got);
    }
    return first;
  }

  struct Passed {
    PortId port = kNoPort;
    // Empty: the receiving device's side of the kernel has no use for such a frame.
    Bytes bytes;
  };
  // False when the kernel takes no such frame from a guest.
  bool Write(const Sent& sent) {
    const UniqueFd& guest = devices_[sent.ingress].guest;
    return write(guest.get(), sent.bytes.data(), sent.bytes.size()) > 0;
  }
  // Where the program has sent it; nullopt: to the twin, or nowhere.
  std::optional<Passed> Receive(const Sent& sent) {
    if (fast_->CountersOf(sent.ingress).ingress_frames != came_[sent.ingress]) {
      ++came_[sent.ingress];
      return Pass();
    }
    ReadAll(devices_[sent.ingress].queue);
    const port_order& order = fast_->orders()[sent.ingress];
    order_->OnRead(sent.ingress, static_cast<uint32_t>(order.total - order.read));
    order_->OnWritten([](PortId) { return false; });
    return std::nullopt;
  }

  // Of the frame that has passed just now.
  Passed Pass() {
    Passed passed;
    for (PortId port = 0; port < kPorts; ++port) {
      const uint64_t frames = fast_->CountersOf(port).egress_frames;
      const Bytes bytes = ReadAll(devices_[port].guest);
      if (std::exchange(left_[port], frames) == frames) {
        EXPECT_TRUE(bytes.empty());
        continue;
      }
      EXPECT_EQ(passed.port, kNoPort) << "to two ports";
      passed = {port, bytes};
    }
    return passed;
  }

  Sent Next(Random& random) {
    Sent sent;
    do {
      sent.bytes = RandomBytes(random);
    } while (sent.bytes.size() < kOffloadBytes + kLeastTagged);
    sent.frame.SetWhole(sent.bytes.data(), static_cast<uint32_t>(sent.bytes.size()));
    // Most stations stay where they are.
    const uint8_t number = sent.frame.ethernet()[11];
    sent.ingress = (random.OneIn(8) ? random.Below(kPorts) : number) % kPorts;
    const VlanPolicy& policy = switch_.port(sent.ingress).vlan;
    sent.is_in =
        ClassifyVlan(policy, ReadTags(sent.frame), &sent.vlan, &sent.state) == DropReason::kNone;
    return sent;
  }

  // Where a frame has to go that the program may let pass: both of its ends are known.
  std::optional<PortId> Known(const Sent& sent) {
    const MacTable& table = switch_.table(bridge_);
    const PortId egress = table.LookUp(sent.destination(), NowTick());
    if (!sent.is_in || table.LookUp(sent.source(), NowTick()) != sent.ingress) return {};
    if (egress == kNoPort || egress == sent.ingress) return {};
    return egress;
  }

  // What the program leaves to a worker although it passes: it does not know one of its ends, as
  // others may not send there; it measures in another way, or not at all (MIN_TCP_SEGMENT).
  bool MayBeLeft(const Sent& sent, PortId egress) {
    for (const FdbKey key : {sent.source(), sent.destination()}) {
      const auto entry = switch_.table(bridge_).Get(key, NowTick());
      if (!entry.has_value() || !MayBeKnown(RulesOf(switch_.port(entry->port)), *entry))
        return true;
    }
    if (sent.is_super()) return egress == kShortPort || sent.bytes[4] + 256 * sent.bytes[5] < 48;
    return egress == kShortPort && sent.state.covers_tag;
  }

  // The bytes that leave by a port. The kernel writes the virtio_net_hdr anew, cuts what the
  // receiver might not take, and loses what it cannot cut.
  void ExpectSameBytes(const Sent& sent, const Passed& passed) {
    const bool is_plain = std::all_of(sent.bytes.begin(), sent.bytes.begin() + kOffloadBytes,
                                      [](uint8_t byte) { return byte == 0; });
    if (passed.bytes.empty() && !is_plain) return;
    const Bytes& expected = switch_.written().front();
    constexpr size_t kLinkHeader = kOffloadBytes + kEthernetHeader + kVlanTagBytes;
    const size_t compared = is_plain ? expected.size() : kLinkHeader;
    ASSERT_GE(passed.bytes.size(), compared);
    if (is_plain) {
      ASSERT_EQ(passed.bytes.size(), expected.size());
    }
    ASSERT_TRUE(std::equal(expected.begin() + kOffloadBytes, expected.begin() + compared,
                           passed.bytes.begin() + kOffloadBytes));
    const TagEdit edit = EditFor(switch_.port(passed.port).vlan, sent.vlan, sent.state);
    ++edits_[static_cast<size_t>(edit)];
  }

  // By which rules its sender may send, of one that has passed: these have to stay fast.
  void CountRules(const Sent& sent) {
    const auto source = switch_.table(bridge_).Get(sent.source(), NowTick());
    const PortForwarding& port = switch_.port(sent.ingress);
    by_rule_["static"] += source->kind == FdbEntryKind::kStatic;
    by_rule_["sticky"] += source->kind == FdbEntryKind::kSticky;
    by_rule_["locked"] += port.locked;
    by_rule_["guard=mac"] += port.guard != nullptr;
  }
  // As a worker tells of what it has forwarded.
  void Tell(const Sent& sent, DropReason drop) {
    const PortId place = switch_.table(bridge_).LookUp(sent.source(), NowTick());
    // The program has taken it for moved, which the controller sees in time.
    if (drop != DropReason::kNone && place != sent.ingress) fast_->Forget(0, sent.source());
    const Candidate candidate{.source = sent.source(), .destination = sent.destination()};
    fast_->OnCandidates({&candidate, 1}, table_of());
    Settle();
  }

  struct Device {
    UniqueFd guest;
    UniqueFd queue;
    int ifindex = 0;
    int twin_ifindex = 0;
    TcHook hook;
  };
  std::unique_ptr<FastForwarding> fast_;
  std::unique_ptr<FlowOrder> order_;
  std::array<Device, kPorts> devices_;
  TestSwitch switch_;
  BridgeId bridge_ = 0;
  // By the fast path, so far.
  std::array<uint64_t, kPorts> came_{};
  std::array<uint64_t, kPorts> left_{};
  std::vector<FdbKey> pinned_;
  std::map<std::string, int> by_rule_;
  // Of frames that have passed, by TagEdit.
  std::array<int, 4> edits_{};
};

TEST_F(SameDecisionsTest, OfRandomFramesUnderRandomSettings) {
  const char* const given = std::getenv("VSWITCH_SEED");
  const uint32_t seed = given == nullptr ? 1 : static_cast<uint32_t>(std::atoi(given));
  Random random(seed);
  const int frames = FramesToSend();
  int fast_frames = 0;
  int too_long = 0;
  for (int i = 0; i < frames; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", frame " + std::to_string(i));
    if (i % kFramesPerSetting == 0) ChangeSettings(random);
    const Sent sent = Next(random);
    const std::optional<PortId> known = Known(sent);
    if (!Write(sent)) continue;
    std::optional<Passed> passed = Receive(sent);
    // The first of a flow that was on the slow path asks for the fast one.
    if (!passed.has_value() && known.has_value()) {
      ASSERT_TRUE(Write(sent));
      passed = Receive(sent);
    }
    const TestSwitch::Output slow = switch_.Process({{sent.ingress, sent.bytes}}, NowTick())[0];
    if (slow.drop == DropReason::kBadOffloadHeader) {
      // The kernel has made a valid one of it before program or worker see the frame.
      Tell(sent, slow.drop);
      continue;
    }
    const bool sent_on = known.has_value() && slow.drop == DropReason::kNone;
    if (passed.has_value() || !sent_on || !MayBeLeft(sent, *known)) {
      ASSERT_EQ(passed.has_value(), sent_on);
    }
    too_long += known.has_value() && slow.drop == DropReason::kExceedsMtu;
    if (passed.has_value()) {
      ASSERT_EQ(slow.ports, std::vector{passed->port});
      ASSERT_NO_FATAL_FAILURE(ExpectSameBytes(sent, *passed));
      ++fast_frames;
      CountRules(sent);
    }
    Tell(sent, slow.drop);
  }
  EXPECT_GT(fast_frames, frames / 100);
  for (const auto& [rule, passed] : by_rule_) EXPECT_GT(passed, frames / 10'000) << rule;
  EXPECT_GT(too_long, 0);
  for (const int edits : edits_) EXPECT_GT(edits, frames / 10'000);
}

}  // namespace
}  // namespace vswitch
