// The fixture of tests on ports: each test has a network namespace of its own. They work on real
// devices and need root; without it they skip and say so.
#ifndef VSWITCH_SWITCH_PORT_TESTING_PORT_FIXTURE_H_
#define VSWITCH_SWITCH_PORT_TESTING_PORT_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "switch/link/link.h"
#include "switch/port/port_device.h"
#include "switch/port/private_namespace.h"
#include "switch/port/testing/child.h"

namespace vswitch::testing {

PortSpec Spec(PortType type, const std::string& name);

// Attaches `spec` in another process, which lives until it is killed.
class AttachedChild : public HoldingChild {
 public:
  explicit AttachedChild(const PortSpec& spec);
};

// Calls port.Refresh() until link_up() is `up`, up to some seconds: the kernel reports carrier
// late.
bool WaitForLink(PortDevice& port, bool up);

// The namespace has nothing in it but lo, up.
class PortTest : public ::testing::Test {
 protected:
  void SetUp() override;

  static absl::StatusOr<LinkInfo> Find(const std::string& name);
  // The names of all links but lo, sorted, separated by spaces.
  static std::string LinkNames();
  // The names of the tc programs of this switch on a device: those on its ingress, then those on
  // its egress, separated by spaces, wherever they are.
  static std::string Programs(const std::string& name);

  // Attach() that must succeed.
  std::unique_ptr<PortDevice> Attach(const PortSpec& spec, int worker_queues = 1);
  absl::Status AttachError(const PortSpec& spec, int worker_queues = 1);

  PrivateNamespace private_namespace_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_PORT_TESTING_PORT_FIXTURE_H_
