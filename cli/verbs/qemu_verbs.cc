// `qemu-args` and `run`: a guest on a port.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/format.h"
#include "cli/qemu_args.h"
#include "cli/tap_access.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

// The name of another port whose derived MAC is the same as that of `name`: about one pair in 16
// million.
std::string PortWithSameMac(const Json& show, const std::string& name) {
  for (const Json& bridge : ListField(show, "bridges")) {
    for (const Json& port : ListField(bridge, "ports")) {
      const std::string other = TextField(port, "name");
      if (other != name && MacForPort(other) == MacForPort(name)) return other;
    }
  }
  return "";
}

// A TAP that was renamed is opened by the name that it has: another port's may have its own.
std::string DeviceOf(const Json& port) {
  const std::string device = TextField(port, "device");
  return device.empty() ? TextField(port, "name") : device;
}

absl::StatusOr<std::vector<std::string>> ArgumentsFor(const VerbCall& call,
                                                      const FoundPort& found) {
  const QemuPort port = {.name = TextField(found.port, "name"),
                         .device = DeviceOf(found.port),
                         .queues = UintField(found.port, "queues", 1),
                         .mtu = UintField(found.port, "mtu", 0)};
  const std::string type = TextField(found.port, "type");
  if (type != "tap") {
    return absl::FailedPreconditionError(
        StrCat("port ", port.name, " is of type ", type,
               ", and QEMU attaches to a port of type tap only: 'vswitchctl add-port BR PORT' "
               "makes one"));
  }
  QemuCard card;
  card.mac = call.arguments.Setting("mac").value_or("");
  card.model = call.arguments.Setting("model").value_or(card.model);
  if (card.mac.empty()) {
    if (const std::string other = PortWithSameMac(found.show, port.name); !other.empty()) {
      return absl::FailedPreconditionError(StrCat("the names of ports ", port.name, " and ", other,
                                                  " give the same MAC: choose one with mac="));
    }
  }
  return QemuArguments(port, card);
}

}  // namespace

absl::StatusOr<Reply> QemuArgs(const VerbCall& call) {
  const absl::StatusOr<FoundPort> found = FindPort(call, call.arguments.positional[0]);
  if (!found.ok()) return found.status();
  const absl::StatusOr<std::vector<std::string>> arguments = ArgumentsFor(call, *found);
  if (!arguments.ok()) return arguments.status();
  Reply reply;
  reply.json["args"] = *arguments;
  reply.text = ShellLine(*arguments) + "\n";
  return reply;
}

absl::StatusOr<Reply> RunCommand(const VerbCall& call) {
  const absl::StatusOr<FoundPort> found = FindPort(call, call.arguments.positional[0]);
  if (!found.ok()) return found.status();
  const absl::StatusOr<std::vector<std::string>> arguments = ArgumentsFor(call, *found);
  if (!arguments.ok()) return arguments.status();
  const ShownPort port = {.name = TextField(found->port, "name"),
                          .device = DeviceOf(found->port),
                          .state = TextField(found->port, "state"),
                          .detail = TextField(found->port, "detail"),
                          .owner = TextField(found->port, "owner")};
  if (absl::Status status = CheckTapAccess(port, call.host); !status.ok()) return status;
  Reply reply;
  reply.exec = call.command;
  reply.exec.insert(reply.exec.end(), arguments->begin(), arguments->end());
  return reply;
}

}  // namespace vswitch
