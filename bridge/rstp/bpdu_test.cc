// What is taken for a BPDU, and what it says.
#include "bridge/rstp/bpdu.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace vswitch::rstp {
namespace {

constexpr MacAddress kSource{0x525400000001};

Bpdu Example(BpduType type) {
  Bpdu bpdu = {.type = type,
               .topology_change = true,
               .priority = {.root = 0x1000525400000002,
                            .root_path_cost = 20000,
                            .designated_bridge = 0x8000525400000003,
                            .designated_port = 0x8005},
               .times = {.message_age = 1, .max_age = 20, .forward_delay = 15, .hello_time = 2}};
  if (type == BpduType::kTopologyChangeNotification) return {.type = type};
  if (type == BpduType::kConfiguration) return bpdu;
  bpdu.proposal = bpdu.learning = bpdu.agreement = true;
  return bpdu;
}

std::vector<uint8_t> FrameOf(const Bpdu& bpdu) {
  const BpduFrame frame = BuildBpdu(bpdu, kSource);
  return {frame.begin(), frame.end()};
}

TEST(BpduTest, SaysWhatWasSaid) {
  for (const BpduType type :
       {BpduType::kConfiguration, BpduType::kTopologyChangeNotification, BpduType::kRapid}) {
    EXPECT_EQ(ParseBpdu(FrameOf(Example(type))), Example(type));
  }
  for (const BpduRole role :
       {BpduRole::kAlternateOrBackup, BpduRole::kRoot, BpduRole::kDesignated}) {
    Bpdu bpdu = Example(BpduType::kRapid);
    bpdu.role = role;
    bpdu.forwarding = true;
    bpdu.topology_change_ack = true;
    EXPECT_EQ(ParseBpdu(FrameOf(bpdu)), bpdu);
  }
}

// IEEE 802.1D-2004, figure 9-3, byte for byte.
TEST(BpduTest, HasTheBytesOfTheStandard) {
  const std::vector<uint8_t> expected = {
      0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x52, 0x54, 0x00, 0x00, 0x00, 0x01,
      // 802.3: length; 802.2: LLC.
      0x00, 0x27, 0x42, 0x42, 0x03,
      // Protocol identifier, version, type; flags: TC, proposal, designated, learning, agreement.
      0x00, 0x00, 0x02, 0x02, 0x5f,
      // Root, cost, bridge, port.
      0x10, 0x00, 0x52, 0x54, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x4e, 0x20, 0x80, 0x00, 0x52,
      0x54, 0x00, 0x00, 0x00, 0x03, 0x80, 0x05,
      // Message age, max. age, hello time, forward delay, in 1/256 s; version 1 length.
      0x01, 0x00, 0x14, 0x00, 0x02, 0x00, 0x0f, 0x00, 0x00};
  std::vector<uint8_t> frame = FrameOf(Example(BpduType::kRapid));
  EXPECT_EQ(frame.size(), 60u);
  frame.resize(expected.size());
  EXPECT_EQ(frame, expected);
}

struct Case {
  std::string name;
  BpduType type = BpduType::kRapid;
  std::function<void(std::vector<uint8_t>&)> change;
  // Nullopt: it is refused.
  std::function<void(Bpdu&)> expected;
};

void SetTime(std::vector<uint8_t>& frame, size_t at, uint16_t time) {
  frame[17 + at] = static_cast<uint8_t>(time >> 8);
  frame[18 + at] = static_cast<uint8_t>(time);
}

const auto kUnchanged = [](Bpdu&) {};

std::vector<Case> Cases() {
  constexpr BpduType kRapid = BpduType::kRapid;
  constexpr BpduType kConfig = BpduType::kConfiguration;
  constexpr BpduType kTcn = BpduType::kTopologyChangeNotification;
  return {
      // 802.3, 3.2.6: the length says what is not padding.
      {"length of nothing", kRapid, [](auto& f) { f[13] = 0; }, {}},
      {"length of an LLC header alone", kTcn, [](auto& f) { f[13] = 3; }, {}},
      {"length one short", kRapid, [](auto& f) { f[13] = 3 + 35; }, {}},
      {"length beyond the frame", kRapid, [](auto& f) { f[13] = 47; }, {}},
      {"length up to the frame's end", kRapid, [](auto& f) { f[13] = 46; }, kUnchanged},
      {"an EtherType", kRapid, [](auto& f) { f[12] = 0x08; }, {}},
      {"a VLAN tag", kRapid, [](auto& f) { f[12] = 0x81, f[13] = 0x00; }, {}},
      {"no padding", kTcn, [](auto& f) { f.resize(21); }, kUnchanged},
      {"cut off", kTcn, [](auto& f) { f.resize(20); }, {}},
      {"cut off in the body", kRapid, [](auto& f) { f.resize(17 + 35); }, {}},
      {"empty", kRapid, [](auto& f) { f.clear(); }, {}},
      // 802.2 and 802.1D-2004, table 7-10.
      {"another DSAP", kRapid, [](auto& f) { f[14] = 0xaa; }, {}},
      {"another SSAP", kRapid, [](auto& f) { f[15] = 0xaa; }, {}},
      {"not unnumbered information", kRapid, [](auto& f) { f[16] = 0xf3; }, {}},
      // 9.3.4.
      {"another protocol", kRapid, [](auto& f) { f[18] = 1; }, {}},
      {"a type that there is not", kRapid, [](auto& f) { f[20] = 3; }, {}},
      {"an RST BPDU of version 0", kRapid, [](auto& f) { f[19] = 0; }, {}},
      {"MSTP: what follows is not read", kRapid, [](auto& f) { f[19] = 3; }, kUnchanged},
      {"a newer configuration BPDU", kConfig, [](auto& f) { f[19] = 9; }, kUnchanged},
      {"as old as it may get", kConfig, [](auto& f) { SetTime(f, 27, 20 * 256 - 1); },
       [](Bpdu& b) { b.times.message_age = 20; }},
      {"too old", kConfig, [](auto& f) { SetTime(f, 27, 20 * 256); }, {}},
      // An RST BPDU that is too old ages at once (17.21.23), and is valid.
      {"too old an RST BPDU", kRapid, [](auto& f) { SetTime(f, 27, 20 * 256); },
       [](Bpdu& b) { b.times.message_age = 20; }},
      {"oldest of all", kRapid, [](auto& f) { SetTime(f, 27, 0xffff); },
       [](Bpdu& b) { b.times.message_age = 255; }},
      // 9.2.9, note: without a role it is a configuration BPDU.
      {"no role", kRapid, [](auto& f) { f[21] = 0x73; },
       [](Bpdu& b) { b = Example(BpduType::kConfiguration); }},
      // Figure 9-1: a configuration BPDU has two flags.
      {"flags of an RST BPDU", kConfig, [](auto& f) { f[21] = 0x7f; }, kUnchanged},
      // Table 17-1, and 802.1D-1998, table 8-3: nobody makes us wait for ever, or not at all.
      {"times of nothing", kRapid,
       [](auto& f) {
         for (size_t i = 27; i < 35; i += 2) SetTime(f, i, 0);
       },
       [](Bpdu& b) {
         b.times = {.message_age = 0, .max_age = 6, .forward_delay = 4, .hello_time = 1};
       }},
      {"times without end", kRapid,
       [](auto& f) {
         for (size_t i = 29; i < 35; i += 2) SetTime(f, i, 0xffff);
       },
       [](Bpdu& b) {
         b.times = {.message_age = 1, .max_age = 40, .forward_delay = 30, .hello_time = 10};
       }},
      // 17.21.23: to the nearest second.
      {"an age in fractions", kRapid, [](auto& f) { SetTime(f, 27, 0x017f); }, kUnchanged},
      {"an age in larger fractions", kRapid, [](auto& f) { SetTime(f, 27, 0x0180); },
       [](Bpdu& b) { b.times.message_age = 2; }},
  };
}

TEST(BpduTest, BelievesWhatTheStandardDoes) {
  for (const Case& each : Cases()) {
    SCOPED_TRACE(each.name);
    std::vector<uint8_t> frame = FrameOf(Example(each.type));
    each.change(frame);
    const std::optional<Bpdu> bpdu = ParseBpdu(frame);
    EXPECT_EQ(bpdu.has_value(), each.expected != nullptr);
    if (!bpdu.has_value() || each.expected == nullptr) continue;
    Bpdu expected = Example(each.type);
    each.expected(expected);
    EXPECT_EQ(*bpdu, expected);
  }
}

}  // namespace
}  // namespace vswitch::rstp
