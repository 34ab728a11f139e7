// A vswitchd of its own: its network namespace, socket, state file and vswitchctl. What a system
// test starts from.
//
// When a test has failed, the daemon's log is printed with it.
#ifndef VSWITCH_TESTS_HARNESS_SWITCH_UNDER_TEST_H_
#define VSWITCH_TESTS_HARNESS_SWITCH_UNDER_TEST_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/harness/ctl.h"
#include "tests/harness/files.h"
#include "tests/harness/net_namespace.h"
#include "tests/harness/process.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {

class SwitchUnderTest {
 public:
  struct Options {
    std::string io_mode = "auto";
    int workers = 1;
    bool start = true;
    Process::Options process = {};        // How the daemon runs; argv and netns are filled in.
    std::vector<std::string> flags = {};  // On top of those above.
  };

  SwitchUnderTest() : SwitchUnderTest(Options()) {}
  explicit SwitchUnderTest(const Options& options);
  ~SwitchUnderTest();

  // Returns when the daemon answers on its socket. `launched` is called as soon as it runs.
  void Start(const std::function<void(const Process&)>& launched = {});
  // As the kernel's OOM killer does.
  void Kill();
  // As systemd does; returns the exit status.
  int Terminate();
  // Starts it as Start() does, without waiting: for daemons that will not come up.
  std::unique_ptr<Process> Launch(const Process::Options& base) const;

  const NetNamespace& net() const { return net_; }
  const Ctl& ctl() const { return ctl_; }
  const TempFolder& folder() const { return folder_; }
  Process& daemon() { return *daemon_; }
  std::string socket() const { return folder_ / "vswitchd.sock"; }
  std::string state_file() const { return folder_ / "state.json"; }

 private:
  void PrintLogIfTestFailed();

  Options options_;
  TempFolder folder_;
  NetNamespace net_;
  Ctl ctl_;
  std::unique_ptr<Process> daemon_;
};

// Totals over all ports, from one `stats` reply.
struct Balance {
  uint64_t ingress = 0;
  uint64_t flood_copies = 0;
  uint64_t mirror_copies = 0;
  uint64_t originated = 0;
  uint64_t egress = 0;
  uint64_t drops = 0;
  // Every frame is accounted for.
  bool Holds() const {
    return ingress + flood_copies + mirror_copies + originated == egress + drops;
  }
  std::string ToString() const;
};

Balance ReadBalance(const Json& stats);

// `stats` once nothing moves any more: two replies in a row, some time apart, are the same.
Json SettledStats(const Ctl& ctl);

// One reason of one port.
uint64_t Drops(const Json& port_stats, const std::string& reason);

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_SWITCH_UNDER_TEST_H_
