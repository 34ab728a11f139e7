// No device that the switch makes can be opened by somebody else before it has its owner.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "switch/port/tap.h"
#include "switch/port/testing/child.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"
#include "tests/long_run.h"

namespace vswitch::testing {
namespace {

const auto kNoMark = [] { return absl::OkStatus(); };

using ::testing::HasSubstr;

constexpr uid_t kSomebody = 3000;

// What the grabber and the test share.
struct Race {
  std::atomic<int> tap = 0;   // The TAPs that are about to be made: vm<tap>, p<tap>,
  std::atomic<int> twin = 0;  // vsw<twin>.
  std::atomic<long> tries = 0;
  std::atomic<long> queues = 0;  // That the grabber got.
};

// Somebody who tries to open a queue of each device the moment that it is there.
void Grab(Race* race) {
  UniqueFd fd;
  for (;;) {
    const int tap = race->tap, twin = race->twin;
    for (const auto& [pattern, number] :
         {std::pair("vm%d", tap), std::pair("vsw%d", twin), std::pair("p%d", tap)}) {
      if (!fd) fd = UniqueFd(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
      ifreq request{};
      snprintf(request.ifr_name, sizeof(request.ifr_name), pattern, number);
      request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
      ++race->tries;
      if (ioctl(fd.get(), TUNSETIFF, &request) != 0) continue;
      ++race->queues;
      fd.Reset();
    }
  }
}

class OwnerlessTest : public PortTest {
 protected:
  OwnerlessTest()
      : race_(new (mmap(nullptr, sizeof(Race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0)) Race) {}
  ~OwnerlessTest() override { munmap(race_, sizeof(Race)); }

  std::unique_ptr<HoldingChild> StartGrabber() {
    return std::make_unique<HoldingChild>([this]() -> std::shared_ptr<void> {
      if (setuid(kSomebody) != 0) return nullptr;
      std::thread(Grab, race_).detach();
      return std::make_shared<int>();
    });
  }

  // Attaches `count` ports of `spec` one after the other, named by number.
  std::vector<std::unique_ptr<PortDevice>> AttachMany(PortSpec spec, int count,
                                                      PrivateNamespace* made_in) {
    std::vector<std::unique_ptr<PortDevice>> ports;
    for (int i = 0; i < count; ++i) {
      ++race_->tap;
      race_->twin = static_cast<int>(ports.size());
      spec.name = (spec.type == PortType::kTap ? "vm" : "p") + std::to_string(race_->tap);
      auto port = PortDevice::Attach({.spec = spec, .worker_queues = 2, .made_in = made_in});
      last_error_ = port.status();
      if (port.ok()) ports.push_back(*std::move(port));
    }
    return ports;
  }

  Race* race_;
  absl::Status last_error_;
};

PortSpec Wide() {
  PortSpec spec = Spec(PortType::kTap, "");
  spec.queues = 2;
  return spec;
}

TEST_F(OwnerlessTest, NobodyIsFasterThanTheOwner) {
  const auto grabber = StartGrabber();
  constexpr int kPorts = 50;
  const int rounds = UsualOrLong(3, 10);
  for (int round = 0; round < rounds; ++round) {
    for (const PortSpec& spec : {Spec(PortType::kTap, ""), Wide(), Spec(PortType::kInternal, "")}) {
      auto ports = AttachMany(spec, spec.queues > 1 ? 2 : kPorts, &private_namespace_);
      EXPECT_EQ(last_error_, absl::OkStatus());
      PortDevice::DestroyTogether(std::move(ports));
    }
  }
  EXPECT_EQ(race_->queues, 0);
  EXPECT_GT(race_->tries, rounds * kPorts);
}

// Where the process may not have a namespace of its own, a port that somebody was faster at is
// refused and its devices are gone, with the queue that he got.
TEST_F(OwnerlessTest, WhoeverIsFasterGetsNoPort) {
  const auto grabber = StartGrabber();
  for (int i = 0; i < UsualOrLong(10, 30); ++i) {
    const auto ports = AttachMany(Wide(), 1, /*made_in=*/nullptr);
    if (ports.empty()) {
      EXPECT_TRUE(absl::IsUnavailable(last_error_)) << last_error_;
      EXPECT_THAT(std::string(last_error_.message()), HasSubstr("CAP_SYS_ADMIN"));
      EXPECT_EQ(LinkNames(), "");
      continue;
    }
    EXPECT_EQ(Find("vsw0")->tun->open_queues, 2u);
    EXPECT_EQ(Find("vm" + std::to_string(race_->tap))->tun->open_queues, 0u);
    EXPECT_EQ(*ports[0]->Forget(/*force=*/true), false);
  }
}

// A program that a killed daemon has left on a TAP redirects to an index, whosever that is.
TEST_F(OwnerlessTest, NoDeviceHasTheIndexOfAnEarlierOne) {
  Shell("ip tuntap add other mode tap");
  int last = Find("other")->ifindex;
  for (const PortSpec& spec : {Spec(PortType::kTap, ""), Wide(), Spec(PortType::kInternal, "")}) {
    for (int i = 0; i < 3; ++i) {
      const auto ports = AttachMany(spec, 1, &private_namespace_);
      ASSERT_EQ(ports.size(), 1u) << last_error_;
      const int first = ports[0]->ifindex();
      const int twin = spec.type == PortType::kInternal ? first : Find("vsw0")->ifindex;
      EXPECT_GT(first, last);
      EXPECT_GE(twin, first);
      last = twin;
      EXPECT_EQ(*ports[0]->Forget(/*force=*/true), false);
    }
  }
}

TEST_F(OwnerlessTest, ANameThatIsTakenIsRefusedAndNothingIsLeft) {
  Shell("ip link add vm0 type veth peer name far0");
  Shell("ip link property add dev far0 altname vm1");
  for (const char* name : {"vm0", "vm1"}) {
    for (PrivateNamespace* made_in :
         {&private_namespace_, static_cast<PrivateNamespace*>(nullptr)}) {
      const absl::Status status = MakeGuestTap(name, /*multi_queue=*/true, 0, made_in, kNoMark);
      EXPECT_EQ(status.code(), made_in != nullptr ? absl::StatusCode::kAlreadyExists
                                                  : absl::StatusCode::kUnavailable)
          << status;
    }
  }
  EXPECT_EQ(LinkNames(), "far0 vm0");
  EXPECT_EQ(MakeGuestTap("vm2", true, kSomebody, &private_namespace_, kNoMark), absl::OkStatus());
  const absl::StatusOr<LinkInfo> made = Find("vm2");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->tun->owner, kSomebody);
  EXPECT_TRUE(made->tun->persistent);
  EXPECT_TRUE(made->tun->multi_queue);
  EXPECT_EQ(made->tun->open_queues, 0u);
}

}  // namespace
}  // namespace vswitch::testing
