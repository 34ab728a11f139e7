#include "switch/fast_path/testing/fast_path_fixture.h"

#include <bpf/bpf.h>
#include <net/if.h>
#include <sched.h>

#include <string>

#include "switch/port/testing/shell.h"

namespace vswitch::testing {

void FastPathTest::SetUp() {
  ASSERT_EQ(unshare(CLONE_NEWNET), 0) << "needs root";
  auto loaded = FastPath::Load(kSwitch);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  fast_path_ = *std::move(loaded);
  cache_ = std::make_unique<StationCache>(fast_path_.get(), /*only_worker=*/true);
  order_ = std::make_unique<FlowOrder>(fast_path_->orders(), /*only_worker=*/true);
  for (int i = 0; i < kPorts; ++i) {
    const std::string device = NameOf(i);
    const std::string twin = "t" + std::to_string(i);
    Shell("ip link add " + device + " type veth peer name " + twin);
    devices_.push_back(if_nametoindex(device.c_str()));
    twins_.push_back(if_nametoindex(twin.c_str()));
    Configure(i, PORT_IS_FAST);
  }
}

void FastPathTest::Configure(int port, uint32_t flags, bool is_new) {
  port_config config = {.device = devices_[port],
                        .twin = twins_[port],
                        .bridge = port == 3 ? kBridge + 1 : kBridge,
                        .flags = flags,
                        .ageing_s = kAgeing,
                        .queue_frames = kQueueFrames};
  NameOf(port).copy(config.name, sizeof(config.name) - 1);
  Station(port).ToBytes(config.peer_address);
  ASSERT_TRUE(fast_path_->SetPort(port, config, is_new).ok());
}

uint32_t FastPathTest::RunProgram(int program, int port, std::vector<uint8_t> frame,
                                  uint32_t gso_size) {
  __sk_buff context{};
  context.ifindex = devices_[port];
  context.gso_size = gso_size;
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = frame.data();
  options.data_size_in = frame.size();
  options.ctx_in = &context;
  options.ctx_size_in = sizeof(context);
  EXPECT_EQ(bpf_prog_test_run_opts(program, &options), 0);
  return options.retval;
}

bool FastPathTest::IsFast(int port, const std::vector<uint8_t>& frame, bool serve) {
  const uint64_t before = fast_path_->CountersOf(port).ingress_frames;
  Run(port, frame);
  const bool fast = fast_path_->CountersOf(port).ingress_frames != before;
  if (!fast && serve) Serve(port, 1);
  return fast;
}

void FastPathTest::Serve(int port, uint32_t frames) {
  order_->OnRead(port, frames);
  order_->OnWritten([](PortId) { return false; });
}

void FastPathTest::Want(MacAddress station, PortId port, VlanId vlan, bool is_static) {
  cache_->Want({.bridge = kBridge,
                .key = FdbKey(station, vlan),
                .port = port,
                .seen = NowTick(),
                .is_static = is_static});
}

void FastPathTest::Settle() {
  for (int i = 0; i < 3; ++i) cache_->Settle([](const StationPlace&) { return true; });
}

}  // namespace vswitch::testing
