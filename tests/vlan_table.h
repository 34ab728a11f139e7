// What becomes of a frame on a bridge with VLANs, by the port it comes in by and its tags: a table
// of what must leave by each port of every kind.
//
// Tags are written from the outermost on, with points between: "10.20". Each is a VID, with s in
// front for TPID 0x88a8 instead of 0x8100, and p and the priority behind: "s10p5". "u" is no tag.
#ifndef VSWITCH_TESTS_VLAN_TABLE_H_
#define VSWITCH_TESTS_VLAN_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/frame_builder.h"

namespace vswitch {

// The ports of the bridge, in the order of the table's columns.
struct VlanTablePort {
  std::string_view name;
  // As for `vswitchctl set`, and `ovs-vsctl set port`.
  std::string_view settings;
  // What these come down to; empty: nothing.
  std::string_view mode;
  uint16_t tag;
  std::vector<uint16_t> trunks;
};
inline constexpr size_t kVlanTablePorts = 8;
const std::array<VlanTablePort, kVlanTablePorts>& VlanTablePorts();

struct VlanRow {
  struct Cell {
    std::string_view tags;
    // Open vSwitch does something else, and vlan_table.cc says why we do not.
    bool differs = false;
  };
  // Where the frame comes in: a port's name.
  std::string_view port;
  std::string_view tags;
  // Why it is dropped at once; empty: it is not.
  std::string_view drop;
  // By each port the tags with which it leaves; "-": not.
  std::array<Cell, kVlanTablePorts> leaves;
  // Where the rule comes from.
  std::string_view source;
};
std::vector<VlanRow> VlanTable();

struct TableTag {
  uint16_t tpid = 0x8100;
  uint16_t vid = 0;
  uint8_t priority = 0;
};
std::vector<TableTag> TagsOf(std::string_view text);
std::string TextOf(std::span<const TableTag> tags);

// With these tags inside those that the frame has.
FrameBuilder Tagged(FrameBuilder frame, std::string_view tags);
// Those of an Ethernet frame.
std::string TagsIn(std::span<const uint8_t> frame);

}  // namespace vswitch

#endif  // VSWITCH_TESTS_VLAN_TABLE_H_
