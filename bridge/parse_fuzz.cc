// libFuzzer target: what a hostile guest can send, through the whole pipeline. Each frame lies in a
// buffer of exactly its length, so AddressSanitizer sees a read beyond it; the invariants hold for
// every batch.
//
// Input: a byte of configuration, then frames: ingress port (1 byte), length (2 bytes, little
// endian), the frame from its virtio_net_hdr on. The last frame may be cut short by the input's
// end.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "bridge/pipeline.h"
#include "bridge/port_guard.h"
#include "bridge/testing/pipeline_invariants.h"

namespace vswitch {
namespace {

constexpr size_t kPorts = 8;
constexpr size_t kMaxFrames = 64;

// Tables are made once, since that takes longer than many inputs, and are empty again for each
// input.
std::shared_ptr<MacTable> EmptyTable(BridgeId bridge) {
  static const std::array tables = {
      std::make_shared<MacTable>(MacTable::Options{.capacity = 64}),
      std::make_shared<MacTable>(MacTable::Options{.capacity = 64}),
  };
  tables[bridge]->FlushAll();
  tables[bridge]->Sweep(1, tables[bridge]->bucket_count());
  return tables[bridge];
}

// Two bridges of three ports; one port is down, one slot unused. Bit 0 lets reserved addresses
// pass, bit 1 limits the length, bit 2 makes VLANs, a port of each mode, bit 3 has groups snooped
// on the first bridge, bit 4 mirrors its port 0, bit 5 guards and locks ports.
ForwardingConfig MakeConfig(uint8_t bits) {
  static constexpr std::array kModes = {VlanMode::kTransparent,    VlanMode::kAccess,
                                        VlanMode::kTrunk,          VlanMode::kNativeTagged,
                                        VlanMode::kNativeUntagged, VlanMode::kTunnel};
  ForwardingConfig config;
  config.bridges.resize(2);
  for (BridgeId bridge = 0; bridge < 2; ++bridge) {
    config.bridges[bridge].table = EmptyTable(bridge);
    config.bridges[bridge].group_fwd_mask = bits & 1 ? 0xffff : 0;
  }
  config.ports.resize(kPorts);
  for (PortId port = 0; port < kPorts - 1; ++port) {
    config.ports[port] = {.bridge = static_cast<BridgeId>(port % 2),
                          .up = port != 5,
                          .max_frame_bytes = bits & 2 && port < 4 ? 60u : 0u};
    if (bits & 4) {
      config.ports[port].vlan = {.mode = kModes[port % kModes.size()], .tag = 1, .trunks = nullptr};
    }
  }
  if (bits & 8) {
    config.bridges[0].groups = std::make_shared<GroupMap>(GroupMap{.routers_everywhere = {2}});
  }
  if (bits & 16) {
    config.bridges[0].mirrors = {{.to = 6}};
    config.ports[6].is_mirror_target = true;
    config.ports[0].mirrors_ingress = config.ports[0].mirrors_egress = 1;
  }
  if (bits & 32) {
    config.ports[2].guard = std::make_shared<PortGuard>(GuardRules{
        .mac = true, .ip = true, .arp = true, .nd = true, .dhcp_server = true, .ra = true});
    config.ports[1].locked = true;
  }
  config.Derive();
  return config;
}

void Run(const uint8_t* data, size_t size) {
  if (size == 0) return;
  auto config = std::make_shared<const ForwardingConfig>(MakeConfig(data[0]));
  std::vector<std::unique_ptr<uint8_t[]>> buffers;
  std::vector<Frame> batch;
  for (size_t at = 1; at + 3 <= size && batch.size() < kMaxFrames;) {
    const size_t claimed = data[at + 1] | data[at + 2] << 8;
    Frame frame;
    frame.ingress = data[at] % (kPorts + 1);
    const size_t length = std::min(claimed, size - at - 3);
    buffers.push_back(std::make_unique<uint8_t[]>(length));
    std::copy_n(data + at + 3, length, buffers.back().get());
    frame.SetWhole(buffers.back().get(), static_cast<uint32_t>(length));
    frame.buffer = static_cast<uint16_t>(batch.size());
    batch.push_back(frame);
    at += 3 + frame.length;
  }
  std::array<PortCounters, kPorts + 1> counters;
  Pipeline pipeline(counters.data());
  pipeline.SetConfig(config);
  Outcome outcome;
  pipeline.Process(batch, 1, &outcome);
  const std::string wrong = CheckingWriter(counters).Write(batch, *config, outcome);
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
}

}  // namespace
}  // namespace vswitch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vswitch::Run(data, size);
  return 0;
}
