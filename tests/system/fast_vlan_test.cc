// VLANs on the kernel's fast path, between real TAPs: that frames take it, with which tag they
// leave, and that no frame goes by a setting of before.
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

std::vector<uint8_t> Frame(int from, int to, std::optional<int> vlan = {}, uint8_t priority = 0) {
  FrameBuilder frame = FrameBuilder().From(Station(from)).To(Station(to));
  if (vlan) frame.Tag(*vlan, 0x8100, priority);
  return frame.BuildEthernet();
}

class FastVlanTest : public SystemTest {
 protected:
  // One port a setting, and a guest that is Station(its number) there.
  void AddPorts(const std::vector<std::string>& settings) {
    for (size_t i = 0; i < settings.size(); ++i) {
      guests_.push_back(AddGuest("vm" + std::to_string(i), settings[i]));
    }
  }
  uint64_t FastFrames(int port) const {
    return ctl()
        .PortStats("vm" + std::to_string(port))
        .at("ingress")
        .at("fast_frames")
        .get<uint64_t>();
  }
  // What the guest gets of a frame from another one; nullopt: nothing.
  std::optional<Bytes> Pass(int from, int to, std::span<const uint8_t> frame) {
    while (guests_[to]->Receive(std::chrono::milliseconds(0))) {
    }
    guests_[from]->Send(frame);
    return guests_[to]->Receive(std::chrono::milliseconds(50));
  }
  // Each speaks to the other until the kernel knows both.
  void MakeFast(int from, std::span<const uint8_t> there, int to, std::span<const uint8_t> back) {
    Expect("the kernel forwards", [&] {
      Pass(to, from, back);
      const uint64_t before = FastFrames(from);
      return Pass(from, to, there).has_value() && FastFrames(from) != before;
    });
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
};

struct Path {
  const char* what;
  int from;
  Bytes sent;
  int to;
  Bytes received;
  // What makes the kernel know the receiver.
  Bytes back;
};

TEST_F(FastVlanTest, FramesLeaveWithTheTagThatTheirPortHas) {
  AddPorts({"tag=10", "tag=10", "trunks=10,20", "vlan_mode=native-untagged tag=10 trunks=20",
            "vlan_mode=native-tagged tag=10", ""});
  const Path paths[] = {
      {"access to access", 0, Frame(0, 1), 1, Frame(0, 1), Frame(1, 0)},
      {"a priority tag to access", 0, Frame(0, 1, 0, 5), 1, Frame(0, 1), Frame(1, 0)},
      {"access to trunk", 0, Frame(0, 2), 2, Frame(0, 2, 10), Frame(2, 0, 10)},
      {"a priority goes on", 0, Frame(0, 2, 0, 5), 2, Frame(0, 2, 10, 5), Frame(2, 0, 10)},
      {"trunk to access", 2, Frame(2, 0, 10, 3), 0, Frame(2, 0), Frame(0, 2)},
      {"access to native-untagged", 0, Frame(0, 3), 3, Frame(0, 3), Frame(3, 0)},
      {"trunk to native-untagged", 2, Frame(2, 3, 10), 3, Frame(2, 3), Frame(3, 2)},
      {"another VLAN of both", 2, Frame(2, 3, 20), 3, Frame(2, 3, 20), Frame(3, 2, 20)},
      {"access to native-tagged", 0, Frame(0, 4), 4, Frame(0, 4, 10), Frame(4, 0)},
      {"access to transparent", 0, Frame(0, 5), 5, Frame(0, 5, 10), Frame(5, 0, 10)},
      {"transparent to access", 5, Frame(5, 0, 10), 0, Frame(5, 0), Frame(0, 5)},
  };
  for (const Path& path : paths) {
    SCOPED_TRACE(path.what);
    MakeFast(path.from, path.sent, path.to, path.back);
    const uint64_t before = FastFrames(path.from);
    EXPECT_EQ(Pass(path.from, path.to, path.sent), path.received);
    EXPECT_EQ(FastFrames(path.from), before + 1);
  }
  for (int port = 0; port < 6; ++port) {
    EXPECT_EQ(ctl().Port("vm" + std::to_string(port)).at("fast_path"), "on");
  }
  ExpectBalance();
}

// What the program is not sure of a worker drops.
TEST_F(FastVlanTest, WhatDoesNotBelongThereDoesNotPass) {
  AddPorts({"tag=10", "tag=10", "trunks=10,20"});
  MakeFast(0, Frame(0, 1), 1, Frame(1, 0));
  MakeFast(2, Frame(2, 1, 10), 1, Frame(1, 2));
  const auto twice = [](int outer, int inner) {
    return FrameBuilder().From(Station(2)).To(Station(1)).Tag(outer).Tag(inner).BuildEthernet();
  };
  EXPECT_FALSE(Pass(0, 1, Frame(0, 1, 10))) << "a tag on an access port";
  EXPECT_FALSE(Pass(2, 1, Frame(2, 1))) << "in no VLAN";
  EXPECT_FALSE(Pass(2, 1, Frame(2, 1, 20))) << "in another";
  EXPECT_FALSE(Pass(2, 1, Frame(2, 1, 4095)));
  EXPECT_FALSE(Pass(2, 1, twice(10, 20))) << "the inner tag would come to light";
  EXPECT_FALSE(Pass(2, 1, twice(0, 10)));
  ExpectBalance();
}

// What a super-frame says of its checksum counts from its start, where a tag comes and goes.
TEST_F(FastVlanTest, OffloadsStayRight) {
  AddPorts({"tag=10", "tag=10", "trunks=10"});
  MakeFast(0, Frame(0, 2), 2, Frame(2, 0, 10));
  const FrameBuilder untagged =
      FrameBuilder().From(Station(0)).To(Station(2)).Tcp({}, 60'000).Gso(1448);
  const FrameBuilder tagged =
      FrameBuilder().From(Station(2)).To(Station(0)).Tag(10).Tcp({}, 60'000).Gso(1448);
  const auto pass = [&](const FrameBuilder& frame, int from, int to) {
    EXPECT_TRUE(guests_[from]->Send(OffloadBytes(frame.offload()), frame.BuildEthernet()));
    EXPECT_TRUE(guests_[to]->Receive());
    OffloadFields received;
    std::memcpy(&received, guests_[to]->offload_header().data(), sizeof(received));
    return received;
  };
  const uint64_t before = FastFrames(0) + FastFrames(2);
  const OffloadFields there = pass(untagged, 0, 2);
  EXPECT_EQ(there.csum_start, untagged.offload().csum_start + 4);
  EXPECT_EQ(there.gso_size, 1448);
  const OffloadFields back = pass(tagged, 2, 0);
  EXPECT_EQ(back.csum_start, tagged.offload().csum_start - 4);
  EXPECT_EQ(back.gso_size, 1448);
  EXPECT_EQ(FastFrames(0) + FastFrames(2), before + 2);
  ExpectBalance();
}

// Who sends in a VLAN that is not his port's moves nobody of that VLAN.
TEST_F(FastVlanTest, AVlanThatIsNotCarriedMovesNobody) {
  AddPorts({"tag=20", "tag=20", "trunks=10"});
  MakeFast(0, Frame(0, 1), 1, Frame(1, 0));
  guests_[2]->Send(Frame(1, 0, 20));
  const uint64_t before = FastFrames(0);
  EXPECT_TRUE(Pass(0, 1, Frame(0, 1)));
  EXPECT_EQ(FastFrames(0), before + 1);
}

// A customer's tags are his own: what he sends is in the tunnel's VLAN.
TEST_F(FastVlanTest, ACustomersTagsMoveNobody) {
  AddPorts({"tag=20", "tag=20", "vlan_mode=dot1q-tunnel tag=10"});
  MakeFast(0, Frame(0, 1), 1, Frame(1, 0));
  guests_[2]->Send(Frame(1, 0, 20));
  const uint64_t before = FastFrames(0);
  EXPECT_TRUE(Pass(0, 1, Frame(0, 1)));
  EXPECT_EQ(FastFrames(0), before + 1);
}

// While frames flow as fast as one can send. Between the return of a verb that parts them and the
// call of the one that joins them again, none arrives.
TEST_F(FastVlanTest, NoFrameGoesByTheSettingOfBefore) {
  AddPorts({"tag=10", "tag=10", "tag=30"});
  const struct {
    const char* part;
    const char* join;
  } changes[] = {
      {"set port vm1 tag=20", "set port vm1 tag=10"},
      {"set port vm0 tag=20", "set port vm0 tag=10"},
      {"set port vm1 tag= trunks=20", "set port vm1 tag=10 trunks="},
  };
  std::atomic<uint64_t> sent = 0;
  for (const auto& change : changes) {
    SCOPED_TRACE(change.part);
    MakeFast(0, Frame(0, 1), 1, Frame(1, 0));
    Loop flow([&] { guests_[0]->Send(NumberedFrame(Station(1), Station(0), ++sent)); });
    ctl().Ok(change.part);
    // One may have been on its way.
    const uint64_t from = sent + 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const uint64_t until = sent;
    ctl().Ok(change.join);
    ASSERT_GT(until, from);
    for (const uint64_t number : guests_[1]->DrainNumbers()) {
      EXPECT_FALSE(number > from && number <= until) << number;
    }
    EXPECT_TRUE(guests_[2]->DrainNumbers().empty());
  }
}

TEST_F(FastVlanTest, IsTakenOverByTheNextDaemon) {
  AddPorts({"tag=10", "trunks=10", "tag=20"});
  MakeFast(0, Frame(0, 1), 1, Frame(1, 0, 10));
  vswitch().Kill();
  EXPECT_EQ(Pass(0, 1, Frame(0, 1)), Frame(0, 1, 10));
  EXPECT_EQ(Pass(1, 0, Frame(1, 0, 10)), Frame(1, 0));
  EXPECT_FALSE(Pass(1, 0, Frame(1, 0, 20)));
  vswitch().Start();
  const uint64_t before = FastFrames(0);
  EXPECT_EQ(Pass(0, 1, Frame(0, 1)), Frame(0, 1, 10));
  EXPECT_EQ(FastFrames(0), before + 1) << "the first frame is fast";
  EXPECT_EQ(ctl().FdbPort(Station(0), 10), "vm0");
  ExpectBalance();
}

// Of what an earlier daemon has left nothing goes by its settings.
TEST_F(FastVlanTest, ASettingThatChangedMeanwhileIsInForce) {
  AddPorts({"tag=10", "tag=10", "tag=20"});
  MakeFast(0, Frame(0, 1), 1, Frame(1, 0));
  vswitch().Kill();
  Json state = Json::parse(ReadFile(vswitch().state_file()));
  state.at("bridges").at(0).at("ports").at(1)["tag"] = 20;
  std::ofstream(vswitch().state_file()) << state.dump();
  vswitch().Start();
  EXPECT_FALSE(Pass(0, 1, Frame(0, 1)));
  EXPECT_TRUE(Pass(2, 1, Frame(2, 1)));
  EXPECT_EQ(ctl().FdbPort(Station(1), 10), "");
  ExpectBalance();
}

TEST_F(FastVlanTest, ATunnelIsSlowAndSaysSo) {
  AddPorts({"vlan_mode=dot1q-tunnel tag=10", "trunks=10"});
  EXPECT_EQ(ctl().Port("vm0").at("fast_path"), "off");
  EXPECT_EQ(ctl().Port("vm0").at("fast_path_reason"), "the port has vlan_mode=dot1q-tunnel");
  EXPECT_EQ(ctl().Port("vm1").at("fast_path"), "on");
}

}  // namespace
}  // namespace vswitch::testing
