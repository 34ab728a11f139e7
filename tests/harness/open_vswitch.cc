#include "tests/harness/open_vswitch.h"

#include <filesystem>

namespace vswitch::testing {
namespace {

constexpr char kSchema[] = "/usr/share/openvswitch/vswitch.ovsschema";

}  // namespace

std::string OpenVswitch::WhyNot() {
  if (std::filesystem::exists(kSchema)) return "";
  return "no Open vSwitch here: apt-get install openvswitch-switch";
}

OpenVswitch::OpenVswitch() {
  for (const char* name : {"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"}) {
    environment_[name] = folder_.path();
  }
  Run({"ovsdb-tool", "create", folder_.path() + "/conf.db", kSchema});
  database_ = Start({"ovsdb-server", "--remote=p" + socket_, folder_.path() + "/conf.db"});
  Expect("ovsdb-server answers",
         [&] { return std::filesystem::exists(folder_.path() + "/db.sock"); });
  Vsctl({"--no-wait", "init"});
  // As many tags as it can tell apart.
  Vsctl({"--no-wait", "set", "Open_vSwitch", ".", "other_config:vlan-limit=2"});
  daemon_ = Start({"ovs-vswitchd", socket_, "--log-file=" + folder_.path() + "/log"});
}

void OpenVswitch::Vsctl(const std::vector<std::string>& words) const {
  std::vector<std::string> argv = {"ovs-vsctl", "--db=" + socket_, "--timeout=20"};
  argv.insert(argv.end(), words.begin(), words.end());
  Run(argv);
}

Process::Options OpenVswitch::OptionsFor(const std::vector<std::string>& argv) const {
  Process::Options options;
  options.argv = argv;
  options.netns = net_.fd();
  options.environment = environment_;
  return options;
}

std::unique_ptr<Process> OpenVswitch::Start(const std::vector<std::string>& argv) const {
  return std::make_unique<Process>(OptionsFor(argv));
}

void OpenVswitch::Run(const std::vector<std::string>& argv) const {
  const CommandResult result = RunCommand(OptionsFor(argv));
  if (result.status != 0) throw Error(argv[0] + ": " + result.errors);
}

}  // namespace vswitch::testing
