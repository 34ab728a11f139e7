// The control of our layer 2: the settings and frames of tests/bridge_table.h go through our switch
// and through the Linux bridge of this kernel (mirrors: Open vSwitch's userspace datapath), each in
// a namespace of its own. Both must do the same, but where the table says why not.
#include <fstream>
#include <memory>

#include "tests/bridge_table.h"
#include "tests/harness/open_vswitch.h"
#include "tests/harness/system_test.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {
namespace {

using Guests = std::vector<std::unique_ptr<FakeGuest>>;
using Ports = std::vector<int>;

// One more guest, of whom the table knows nothing: the teller.
constexpr int kTeller = kBridgeTablePorts;
constexpr int kGuests = kBridgeTablePorts + 1;
constexpr int kNoTarget = -1;

std::string NameOf(int port) { return "vm" + std::to_string(port); }

// A station behind each port that everybody knows: whatever is set, what the teller sends it
// arrives.
MacAddress StationToTell(int port) { return Station(100 + static_cast<uint32_t>(port)); }

// A switch with guests.
class Side {
 public:
  explicit Side(int target) : target_(target) {}
  virtual ~Side() = default;
  virtual std::string name() const = 0;
  virtual void Do(const std::string& command) = 0;

  void Send(int port, const Bytes& frame) {
    ++sent_;
    if (!guests_.at(static_cast<size_t>(port))->Send(frame)) throw Error(NameOf(port) + " is down");
  }
  // Who hears the frame, in order; who gets it twice is there twice.
  Ports HearersOf(int from, const Bytes& frame) {
    for (const auto& guest : guests_) guest->DrainNumbers();
    Send(from, frame);
    Settle();
    std::vector<int> copies(kBridgeTablePorts, 0);
    for (int round = 0; round < rounds_; ++round) Tell(frame, &copies);
    if (target_ != kNoTarget) copies[static_cast<size_t>(target_)] = CopiesAtTarget(frame);
    Ports hearers;
    for (int port = 0; port < kBridgeTablePorts; ++port) {
      hearers.insert(hearers.end(), static_cast<size_t>(copies[static_cast<size_t>(port)]), port);
    }
    return hearers;
  }

 protected:
  // Returns when all that was sent has been through, if there is a way to know.
  virtual void Settle() {}

  bool HearsTheTeller(int port) const { return port != target_ && port != kTeller; }

  // Of a mirror: nothing but copies leaves there, so that it is not told.
  const int target_;
  Guests guests_;
  uint64_t sent_ = 0;
  // How often all have to be told until all that was sent before has come.
  int rounds_ = 1;

 private:
  // What a port has not had before it is told, it never had.
  void Tell(const Bytes& frame, std::vector<int>* copies) {
    ++number_;
    for (int port = 0; port < kGuests; ++port) {
      if (!HearsTheTeller(port)) continue;
      Send(kTeller, NumberedFrame(StationToTell(port), StationToTell(kTeller), number_));
    }
    for (int port = 0; port < kGuests; ++port) {
      if (!HearsTheTeller(port)) continue;
      const auto index = static_cast<size_t>(port);
      while (true) {
        const std::optional<Bytes> heard = guests_[index]->Receive();
        if (!heard) throw Error(name() + ": " + NameOf(port) + " never heard the teller");
        if (NumberOf(*heard) == number_) break;
        (*copies)[index] += *heard == frame;
      }
    }
  }
  int CopiesAtTarget(const Bytes& frame) {
    int copies = 0;
    FakeGuest& guest = *guests_[static_cast<size_t>(target_)];
    while (const std::optional<Bytes> heard = guest.Receive(std::chrono::milliseconds(0))) {
      copies += *heard == frame;
    }
    return copies;
  }

  uint64_t number_ = 0;
};

// One for many scenarios, as making ports takes long: what each has set is put back.
class OurSide : public Side {
 public:
  OurSide(const Ctl& ctl, Guests guests, int target) : Side(target), ctl_(ctl) {
    guests_ = std::move(guests);
    for (int port = 0; port < kGuests; ++port) {
      if (!HearsTheTeller(port)) continue;
      ctl_.Ok("fdb add br0 " + StationToTell(port).ToString() + " " + NameOf(port));
    }
  }
  std::string name() const override { return "our switch"; }
  void Do(const std::string& verb) override {
    ctl_.Ok(verb);
    undo_.push_back(Opposite(Words(verb)));
  }
  void Undo() {
    for (; !undo_.empty(); undo_.pop_back()) ctl_.Ok(undo_.back());
    ctl_.Ok("fdb flush br0");
  }

 protected:
  void Settle() override {
    Expect("all frames are accounted for", [&] {
      const Balance balance = ReadBalance(ctl_.Query("stats"));
      return balance.ingress == sent_ && balance.Holds();
    });
  }

 private:
  static std::string Opposite(const std::vector<std::string>& verb) {
    if (verb.at(1) == "add") return verb[0] + " del " + verb.at(2) + " " + verb.at(3);
    std::string opposite = verb[0] + " " + verb.at(1) + " " + verb.at(2);
    for (size_t i = 3; i < verb.size(); ++i) {
      opposite += " " + verb[i].substr(0, verb[i].find('=') + 1);
    }
    return opposite;
  }

  const Ctl& ctl_;
  std::vector<std::string> undo_;
};

// Many commands of ip or bridge at the cost of one.
void RunBatch(const NetNamespace& net, const std::string& program, const std::string& lines) {
  const TempFolder folder;
  const std::string file = folder / "batch";
  std::ofstream(file) << lines;
  const CommandResult result = net.Command(program + " -batch " + file);
  if (result.status != 0) throw Error(program + ": " + result.errors);
}

// TAPs in a namespace, open and up.
Guests OpenTaps(const NetNamespace& net) {
  std::string lines;
  for (int port = 0; port < kGuests; ++port) {
    lines +=
        "tuntap add " + NameOf(port) + " mode tap vnet_hdr\nlink set " + NameOf(port) + " up\n";
  }
  RunBatch(net, "ip", lines);
  Guests guests;
  for (int port = 0; port < kGuests; ++port) {
    guests.push_back(std::make_unique<FakeGuest>(net, NameOf(port)));
  }
  return guests;
}

// It forwards a frame while that is being sent: there is nothing to wait for.
class LinuxSide : public Side {
 public:
  LinuxSide() : Side(kNoTarget) {
    guests_ = OpenTaps(net_);
    std::string lines = "link add br0 type bridge mcast_snooping 0\nlink set br0 up\n";
    std::string stations;
    for (int port = 0; port < kGuests; ++port) {
      lines += "link set " + NameOf(port) + " master br0\n";
      stations += "fdb replace " + StationToTell(port).ToString() + " dev " + NameOf(port) +
                  " master static\n";
    }
    RunBatch(net_, "ip", lines);
    Expect("all TAPs forward", [&] {
      const std::string links = net_.Command("bridge link show").output;
      int forwarding = 0;
      for (size_t at = 0; (at = links.find("state forwarding", at)) != links.npos; ++at) {
        ++forwarding;
      }
      return forwarding == kGuests;
    });
    RunBatch(net_, "bridge", stations);
  }
  std::string name() const override { return "the Linux bridge"; }
  void Do(const std::string& command) override {
    const CommandResult result = net_.Command(command);
    if (result.status != 0) throw Error(command + ": " + result.errors);
  }

 private:
  NetNamespace net_;
};

class OpenVswitchSide : public Side {
 public:
  explicit OpenVswitchSide(int target) : Side(target) {
    // It reads one port after the other: in between the first and the second that it is told by
    // the teller, it has read all others.
    rounds_ = 2;
    guests_ = OpenTaps(control_.net());
    std::vector<std::string> words = Words("add-br br0 -- set bridge br0 datapath_type=netdev");
    for (int port = 0; port < kGuests; ++port) Append(&words, "-- add-port br0 " + NameOf(port));
    control_.Vsctl(words);
    for (int port = 0; port < kGuests; ++port) {
      if (!HearsTheTeller(port)) continue;
      Send(port, NumberedFrame(kBroadcast, StationToTell(port), 0));
      guests_[kTeller]->ReceiveUntil(0);
    }
  }
  std::string name() const override { return "Open vSwitch"; }
  // The columns of a mirror.
  void Do(const std::string& columns) override {
    std::vector<std::string> words;
    for (int port = 0; port < kBridgeTablePorts; ++port) {
      const std::string alias = "@" + std::to_string(port);
      if (columns.find(alias) == columns.npos) continue;
      Append(&words, "-- --id=" + alias + " get port " + NameOf(port));
    }
    Append(&words, "-- --id=@m create mirror name=m " + columns);
    Append(&words, "-- add bridge br0 mirrors @m");
    control_.Vsctl(words);
  }

 private:
  static void Append(std::vector<std::string>* words, const std::string& line) {
    for (std::string& word : Words(line)) words->push_back(std::move(word));
  }

  OpenVswitch control_;
};

class BridgeTableTest : public SystemTest {
 protected:
  // Step by step; `commands`: those for this side.
  static void Walk(const BridgeScenario& scenario, Side& side, BridgeStep::Kind commands,
                   Ports BridgeStep::*expected) {
    const BridgeStep* before = nullptr;
    for (const BridgeStep& step : scenario.steps) {
      if (step.kind == commands) side.Do(std::string(step.text));
      if (step.kind != BridgeStep::Kind::kFrame) continue;
      Ports hearers = side.HearersOf(step.port, step.frame);
      const auto is_so = [&] {
        if (hearers == step.*expected) return true;
        if (before != nullptr) side.Send(before->port, before->frame);
        hearers = side.HearersOf(step.port, step.frame);
        return false;
      };
      if (step.repeats) WaitUntil(is_so);
      EXPECT_EQ(hearers, step.*expected) << side.name() << ": " << step.text;
      before = &step;
    }
  }
  static void WalkControl(const BridgeScenario& scenario, Side&& control) {
    Walk(scenario, control, BridgeStep::Kind::kControls, &BridgeStep::controls);
  }
  void WalkBoth(const std::vector<BridgeScenario>& table, int target) {
    OurSide ours(ctl(), AddGuests(kGuests), target);
    for (const BridgeScenario& scenario : table) {
      SCOPED_TRACE(scenario.why);
      SCOPED_TRACE(scenario.name + ": " + std::string(scenario.source));
      EXPECT_TRUE(SaysWhy(scenario));
      Walk(scenario, ours, BridgeStep::Kind::kOurs, &BridgeStep::ours);
      ours.Undo();
      if (scenario.control == Control::kLinux) WalkControl(scenario, LinuxSide());
      if (scenario.control == Control::kOpenVswitch) {
        WalkControl(scenario, OpenVswitchSide(target));
      }
    }
    ExpectBalance();
  }
};

TEST_F(BridgeTableTest, TheLinuxBridgeDoesAsWeDo) { WalkBoth(BridgeTable(), kNoTarget); }

TEST_F(BridgeTableTest, OpenVswitchMirrorsAsWeDo) {
  if (const std::string why = OpenVswitch::WhyNot(); !why.empty()) GTEST_SKIP() << why;
  WalkBoth(MirrorTable(), kMirrorTarget);
}

}  // namespace
}  // namespace vswitch::testing
