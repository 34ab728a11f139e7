// What a switch does with frames on layer 2 beyond VLANs: scenarios of settings and frames, each
// with a control beside us that must do the same, or the table says how and why it does not. The
// table is bridge_table.cc, which also says what its words mean.
#ifndef VSWITCH_TESTS_BRIDGE_TABLE_H_
#define VSWITCH_TESTS_BRIDGE_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vswitch {

// Who is held against us: the bridge of this kernel, Open vSwitch's userspace datapath, nobody.
enum class Control { kLinux, kOpenVswitch, kNobody };

// The ports, vm0 to vm3 on all sides.
inline constexpr int kBridgeTablePorts = 4;
// Where there are mirrors, the one that gets the copies.
inline constexpr int kMirrorTarget = 3;

struct BridgeStep {
  // Either a command, of one side...
  enum class Kind { kOurs, kControls, kFrame };
  Kind kind = Kind::kFrame;
  // As the table has it, of frames too.
  std::string_view text;

  // ...or a frame that all sides get by this port.
  int port = 0;
  std::vector<uint8_t> frame;
  // It is sent until those below hear it, not once: what was said before takes effect by and by.
  bool repeats = false;
  // The ports by which it leaves, in order; one that has it twice is there twice.
  std::vector<int> ours;
  std::vector<int> controls;
};

struct BridgeScenario {
  std::string name;
  // Where the rule comes from.
  std::string_view source;
  // Why the control does otherwise, or why there is none; empty: it does the same.
  std::string why;
  Control control = Control::kLinux;
  std::vector<BridgeStep> steps;
};

// Whether `why` is said where there is something to say, and only there.
bool SaysWhy(const BridgeScenario& scenario);

// Throws std::invalid_argument with a line that it cannot read.
std::vector<BridgeScenario> ReadBridgeTable(std::string_view table);
std::vector<BridgeScenario> BridgeTable();
std::vector<BridgeScenario> MirrorTable();

}  // namespace vswitch

#endif  // VSWITCH_TESTS_BRIDGE_TABLE_H_
