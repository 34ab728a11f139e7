#include "tests/vlan_table.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace vswitch {
namespace {

// What Open vSwitch's names stand for: ofproto/ofproto-dpif-xlate.c and ofproto-dpif.c. VID 4095:
// IEEE 802.1Q, table 9-2. A column for each port of VlanTablePorts(), in that order: the tags with
// which the frame leaves; "-": not at all. Or one word: why it is dropped at once.
//
// "!": there Open vSwitch 3.1 (vlan-limit=2) does something else, and we do not, as tags slip past
// rules so (VU#855201). It passes VID 4095; takes [0][20] for VLAN 10 on an access port and passes
// it on as [20], or as [10] with the rest cut off; lets taking a tag away uncover another on a
// native-untagged port, [0] on an access port too; and loses tags of stacks that are deeper than it
// can tell.
constexpr std::string_view kTable = R"(
#port   tags     open     acc10    acc20    trunk    trunk10  tagged   native   tunnel
# no VLAN settings: xlate_normal() takes such a port for a trunk of all VLANs
open    u        -        -        -        u        -        -        -        -
open    0p5      -        -        -        0p5      -        -        -        -
open    s0p3     -        -        -        s0p3     -        -        -        -
open    10       -        u        -        10       10       10       u        u
open    10p5     -        u        -        10p5     10p5     10p5     u        u
open    20       -        -        u        20       -        20       20       -
open    30       -        -        -        30       -        -        -        -
open    s10      -        u        -        s10      s10      s10      u        u
open    4095     vlan_reserved!
open    10.20    -        -        -        10.20    10.20    10.20    -!       20
open    20.10    -        -        -        20.10    -        20.10    20.10    -
open    s10.20   -        -        -        s10.20   s10.20   s10.20   -!       20
open    10.0p5   -        -!       -        10.0p5   10.0p5   10.0p5   -!       0p5
open    10.0.20  -        -!       -        10.0.20! 10.0.20! 10.0.20! -!       -!
open    10.4095  -        -        -        10.4095  10.4095  10.4095  -!       -!
open    0.20     -        -        -        -!       -        -        -        -
open    0p5.0    -        -        -        -!       -        -        -        -
open    10.1.2.3 -        -        -        10.1.2.3 10.1.2.3 10.1.2.3 -!       1.2.3
# input_vid_is_valid(): PORT_VLAN_ACCESS takes VID 0; xvlan_input_translate(): priority kept
acc10   u        10       -        -        10       10       10       u        u
acc10   0p5      10p5     -        -        10p5     10p5     10p5     u        u
acc10   s0p3     s10p3    -        -        s10p3    s10p3    s10p3    u        u
acc10   10       vlan_not_allowed
acc10   20       vlan_not_allowed
acc10   s10      vlan_not_allowed
acc10   4095     vlan_reserved
acc10   10.20    vlan_not_allowed
acc10   0.20     vlan_stack!
acc10   0p5.0    vlan_stack!
acc10   0.10     vlan_stack!
acc10   10.1.2.3 vlan_not_allowed
# the same
acc20   u        20       -        -        20       -        20       20       -
acc20   0p5      20p5     -        -        20p5     -        20p5     20p5     -
acc20   10       vlan_not_allowed
acc20   20       vlan_not_allowed
acc20   20.10    vlan_not_allowed
acc20   0.10     vlan_stack!
# xbundle_trunks_vlan() without trunks: all of them; xvlan_output_translate(): as it came
trunk   u        u        -        -        -        -        -        -        -
trunk   0p5      0p5      -        -        -        -        -        -        -
trunk   10       10       u        -        -        10       10       u        u
trunk   10p5     10p5     u        -        -        10p5     10p5     u        u
trunk   20       20       -        u        -        -        20       20       -
trunk   30       30       -        -        -        -        -        -        -
trunk   s10      s10      u        -        -        s10      s10      u        u
trunk   4095     vlan_reserved!
trunk   10.20    10.20    -        -        -        10.20    10.20    -!       20
trunk   20.10    20.10    -        -        -        -        20.10    20.10    -
trunk   s10.20   s10.20   -        -        -        s10.20   s10.20   -!       20
trunk   10.0p5   10.0p5   -!       -        -        10.0p5   10.0p5   -!       0p5
trunk   10.0.20  10.0.20! -!       -        -        10.0.20! 10.0.20! -!       -!
trunk   10.4095  10.4095  -        -        -        10.4095  10.4095  -!       -!
trunk   0.20     vlan_stack!
trunk   s0.10    vlan_stack!
trunk   10.1.2.3 10.1.2.3 -        -        -        10.1.2.3 10.1.2.3 -!       1.2.3
# xbundle_trunks_vlan(): untagged frames are VLAN 0, which is not among the trunks
trunk10 u        vlan_not_allowed
trunk10 0p5      vlan_not_allowed
trunk10 10       10       u        -        10       -        10       u        u
trunk10 20       vlan_not_allowed
trunk10 s10      s10      u        -        s10      -        s10      u        u
trunk10 10.20    10.20    -        -        10.20    -        10.20    -!       20
trunk10 20.10    vlan_not_allowed
trunk10 10.1.2.3 10.1.2.3 -        -        10.1.2.3 -        10.1.2.3 -!       1.2.3
# PORT_VLAN_NATIVE_TAGGED; bundle_set(): the native VLAN is always carried, VLAN 0 never
tagged  u        10       u        -        10       10       -        u        u
tagged  0p5      10p5     u        -        10p5     10p5     -        u        u
tagged  s0p3     s10p3    u        -        s10p3    s10p3    -        u        u
tagged  10       10       u        -        10       10       -        u        u
tagged  10p5     10p5     u        -        10p5     10p5     -        u        u
tagged  20       20       -        u        20       -        -        20       -
tagged  30       vlan_not_allowed
tagged  s10      s10      u        -        s10      s10      -        u        u
tagged  4095     vlan_reserved
tagged  10.20    10.20    -        -        10.20    10.20    -        -!       20
tagged  20.10    20.10    -        -        20.10    -        -        20.10    -
tagged  10.0p5   10.0p5   -!       -        10.0p5   10.0p5   -        -!       0p5
tagged  10.0.20  10.0.20! -!       -        10.0.20! 10.0.20! -        -!       -!
tagged  0.20     vlan_stack!
tagged  0.10     vlan_stack!
tagged  10.1.2.3 10.1.2.3 -        -        10.1.2.3 10.1.2.3 -        -!       1.2.3
# PORT_VLAN_NATIVE_UNTAGGED: the same, and xvlan_pop() where the native VLAN leaves
native  u        10       u        -        10       10       10       -        u
native  0p5      10p5     u        -        10p5     10p5     10p5     -        u
native  s0p3     s10p3    u        -        s10p3    s10p3    s10p3    -        u
native  10       10       u        -        10       10       10       -        u
native  10p5     10p5     u        -        10p5     10p5     10p5     -        u
native  20       20       -        u        20       -        20       -        -
native  30       vlan_not_allowed
native  s10      s10      u        -        s10      s10      s10      -        u
native  4095     vlan_reserved
native  10.20    10.20    -        -        10.20    10.20    10.20    -        20
native  20.10    20.10    -        -        20.10    -        20.10    -        -
native  10.0p5   10.0p5   -!       -        10.0p5   10.0p5   10.0p5   -        0p5
native  10.0.20  10.0.20! -!       -        10.0.20! 10.0.20! 10.0.20! -        -!
native  0.20     vlan_stack!
native  0p5.0    vlan_stack!
native  10.1.2.3 10.1.2.3 -        -        10.1.2.3 10.1.2.3 10.1.2.3 -        1.2.3
# PORT_VLAN_DOT1Q_TUNNEL: xvlan_push_uninit() in, xvlan_pop() out
tunnel  u        s10      u        -        s10      s10      s10      u        -
tunnel  0p5      s10.0p5  -!       -        s10.0p5  s10.0p5  s10.0p5  -!       -
tunnel  10       s10.10   -        -        s10.10   s10.10   s10.10   -!       -
tunnel  20       s10.20   -        -        s10.20   s10.20   s10.20   -!       -
tunnel  s10      s10.s10  -        -        s10.s10  s10.s10  s10.s10  -!       -
tunnel  4095     vlan_reserved!
tunnel  10.20    s10.10.20! -      -        s10.10.20! s10.10.20! s10.10.20! -! -
tunnel  10.0.20  s10.10.0.20! -    -        s10.10.0.20! s10.10.0.20! s10.10.0.20! -! -
tunnel  10.4095  s10.10.4095! -    -        s10.10.4095! s10.10.4095! s10.10.4095! -! -
tunnel  0.20     vlan_stack!
tunnel  s0.10    vlan_stack!
tunnel  10.1.2.3 s10.10.1.2.3! -   -        s10.10.1.2.3! s10.10.1.2.3! s10.10.1.2.3! -! -
)";

TableTag TagOf(std::string_view text) {
  TableTag tag;
  if (text.front() == 's') {
    tag.tpid = 0x88a8;
    text.remove_prefix(1);
  }
  const size_t at = text.find('p');
  std::from_chars(text.data(), text.data() + text.size(), tag.vid);
  if (at != text.npos) {
    std::from_chars(text.data() + at + 1, text.data() + text.size(), tag.priority);
  }
  return tag;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

VlanRow::Cell CellOf(std::string_view text) {
  const bool differs = text.ends_with('!');
  return {.tags = text.substr(0, text.size() - differs), .differs = differs};
}

VlanRow RowOf(std::string_view line, std::string_view source) {
  const std::vector<std::string_view> words = Split(line, ' ');
  VlanRow row{.port = words[0], .tags = words[1], .drop = "", .leaves = {}, .source = source};
  if (words.size() == 3) {
    const VlanRow::Cell drop = CellOf(words[2]);
    row.drop = drop.tags;
    row.leaves.fill({.tags = "-", .differs = drop.differs});
  } else {
    for (size_t i = 0; i < kVlanTablePorts; ++i) row.leaves[i] = CellOf(words.at(i + 2));
  }
  return row;
}

}  // namespace

std::vector<VlanRow> VlanTable() {
  std::vector<VlanRow> rows;
  std::string_view source;
  for (const std::string_view line : Split(kTable, '\n')) {
    if (line.starts_with("#")) {
      source = line.substr(1);
    } else {
      rows.push_back(RowOf(line, source));
    }
  }
  return rows;
}

std::vector<TableTag> TagsOf(std::string_view text) {
  std::vector<TableTag> tags;
  if (text == "u") return tags;
  for (const std::string_view tag : Split(text, '.')) tags.push_back(TagOf(tag));
  return tags;
}

std::string TextOf(std::span<const TableTag> tags) {
  if (tags.empty()) return "u";
  std::string text;
  for (const TableTag& tag : tags) {
    if (!text.empty()) text += ".";
    if (tag.tpid == 0x88a8) text += "s";
    text += std::to_string(tag.vid);
    if (tag.priority != 0) text += "p" + std::to_string(tag.priority);
  }
  return text;
}

FrameBuilder Tagged(FrameBuilder frame, std::string_view tags) {
  for (const TableTag& tag : TagsOf(tags)) frame.Tag(tag.vid, tag.tpid, tag.priority);
  return frame;
}

std::string TagsIn(std::span<const uint8_t> frame) {
  const auto word = [&](size_t at) {
    return static_cast<uint16_t>(frame[at] << 8 | frame[at + 1]);
  };
  std::vector<TableTag> tags;
  for (size_t at = 12; at + 6 <= frame.size() && (word(at) == 0x8100 || word(at) == 0x88a8);
       at += 4) {
    tags.push_back({.tpid = word(at),
                    .vid = static_cast<uint16_t>(word(at + 2) & 0xfff),
                    .priority = static_cast<uint8_t>(word(at + 2) >> 13)});
  }
  return TextOf(tags);
}

const std::array<VlanTablePort, kVlanTablePorts>& VlanTablePorts() {
  static const auto* const ports = new std::array<VlanTablePort, kVlanTablePorts>{{
      {"open", "", "", 0, {}},
      {"acc10", "tag=10", "access", 10, {}},
      {"acc20", "vlan_mode=access tag=20", "access", 20, {}},
      {"trunk", "vlan_mode=trunk", "trunk", 0, {}},
      {"trunk10", "trunks=10", "trunk", 0, {10}},
      {"tagged", "vlan_mode=native-tagged tag=10 trunks=20", "native-tagged", 10, {20}},
      {"native", "vlan_mode=native-untagged tag=10 trunks=20", "native-untagged", 10, {20}},
      {"tunnel", "vlan_mode=dot1q-tunnel tag=10", "dot1q-tunnel", 10, {}},
  }};
  return *ports;
}

}  // namespace vswitch
