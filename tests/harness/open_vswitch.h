// An Open vSwitch of its own: a namespace, and a database, sockets and log in a folder of the test.
// One of this machine is neither used nor disturbed. Thread-safety: as of Process. Errors: throws
// Error.
#ifndef VSWITCH_TESTS_HARNESS_OPEN_VSWITCH_H_
#define VSWITCH_TESTS_HARNESS_OPEN_VSWITCH_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/harness/net_namespace.h"
#include "tests/harness/process.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {

class OpenVswitch {
 public:
  // Why there can be none; empty when there can.
  static std::string WhyNot();

  // Without bridges. They are to have datapath_type=netdev: the userspace datapath.
  OpenVswitch();

  const NetNamespace& net() const { return net_; }
  void Vsctl(const std::vector<std::string>& words) const;

 private:
  Process::Options OptionsFor(const std::vector<std::string>& argv) const;
  std::unique_ptr<Process> Start(const std::vector<std::string>& argv) const;
  void Run(const std::vector<std::string>& argv) const;

  TempFolder folder_;
  const std::string socket_ = "unix:" + folder_.path() + "/db.sock";
  std::map<std::string, std::string> environment_;
  NetNamespace net_;
  std::unique_ptr<Process> database_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_OPEN_VSWITCH_H_
