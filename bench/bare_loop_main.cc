// bare_loop: joins ports in pairs, as vswitchd would join them but without a switch. It makes its
// ports as vswitchd does, prints "ready", and ends by SIGTERM or SIGINT, when it removes what it
// made.
//
//   bare_loop --ports=tap:vm0,tap:vm1 [--mtu=9000]
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "bench/bare_loop.h"
#include "bench/tool_main.h"
#include "gflags/gflags.h"
#include "switch/port/port_device.h"

DEFINE_string(ports, "", "Ports with commas, each two of them joined: tap:NAME or internal:NAME.");
DEFINE_uint32(mtu, 0, "MTU of the ports' devices; 0: as they are.");

namespace {

using vswitch::PortDevice;
using vswitch::PortType;

absl::StatusOr<std::unique_ptr<PortDevice>> Attach(absl::string_view port) {
  PortDevice::Options options;
  options.spec.mtu = FLAGS_mtu;
  if (absl::ConsumePrefix(&port, "tap:")) {
    options.spec.type = PortType::kTap;
  } else if (absl::ConsumePrefix(&port, "internal:")) {
    options.spec.type = PortType::kInternal;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("'", port, "' is no port: tap:NAME or internal:NAME"));
  }
  options.spec.name = std::string(port);
  return PortDevice::Attach(options);
}

absl::Status Run() {
  const vswitch::UniqueFd stop = vswitch::StopSignal();
  std::vector<std::unique_ptr<PortDevice>> devices;
  std::vector<int> queues;
  for (const absl::string_view port : absl::StrSplit(FLAGS_ports, ',', absl::SkipEmpty())) {
    auto device = Attach(port);
    if (!device.ok()) return device.status();
    queues.push_back((*device)->queues()[0].get());
    devices.push_back(*std::move(device));
  }
  if (queues.empty() || queues.size() % 2 != 0) {
    return absl::InvalidArgumentError("--ports needs an even number of ports");
  }
  auto loop = vswitch::BareLoop::Create(queues, stop.get());
  if (!loop.ok()) return loop.status();
  std::cout << "ready" << std::endl;
  absl::Status status = (*loop)->Run();
  loop->reset();
  for (const auto& device : devices) status.Update(device->Forget(/*force=*/true).status());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return vswitch::ToolMain(argc, argv,
                           "joins ports in pairs, without a switch; see bench/README.md", Run);
}
