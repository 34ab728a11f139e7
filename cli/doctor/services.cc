#include "cli/doctor/services.h"

#include <fnmatch.h>

#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/doctor/machine.h"
#include "cli/format.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;

// The value of the last line "KEY=VALUE"; nullopt: there is none. Spaces around '=' are allowed.
std::optional<std::string> ValueOf(const std::string& text, std::string_view key) {
  std::optional<std::string> value;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, absl::string_view(key.data(), key.size()))) continue;
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "=")) continue;
    value = std::string(absl::StripAsciiWhitespace(line));
  }
  return value;
}

Judgement CannotTell(const std::string& service, const Netdev& device, const absl::Status& why,
                     std::string cure) {
  return Unknown(StrCat(service, " runs, and whether it manages ", device.name,
                        " cannot be seen: ", StdView(why.message())),
                 std::move(cure));
}

Judgement LeavesAlone(const std::string& service) {
  return Well(StrCat(service, " leaves it alone"));
}

// It keeps a file of each link that it knows.
Judgement Networkd(const Netdev& device, const MachineFacts& machine) {
  const auto state = machine.files.Read(StrCat("/run/systemd/netif/links/", device.ifindex));
  if (!state.ok()) {
    return CannotTell("systemd-networkd", device, state.status(),
                      StrCat("networkctl status ", ShellQuote(device.name)));
  }
  const std::string admin = ValueOf(*state, "ADMIN_STATE").value_or("unmanaged");
  // Linger: it has let go of a device that it had, and keeps the file until that goes.
  if (admin == "unmanaged" || admin == "linger") return LeavesAlone("systemd-networkd");
  const std::string file = ValueOf(*state, "NETWORK_FILE").value_or("a file of its own");
  const std::string ours = StrCat("/etc/systemd/network/00-vswitch-", device.name, ".network");
  return Problem(StrCat("systemd-networkd manages it (", admin, ") by ", file),
                 StrCat("printf '[Match]\\nName=%s\\n[Link]\\nUnmanaged=yes\\n' ",
                        ShellQuote(device.name), " | ", machine.AsRoot("tee "), ShellQuote(ours),
                        " && ", machine.AsRoot("networkctl reload")));
}

Judgement NetworkManager(const Netdev& device, const MachineFacts& machine) {
  const auto state = machine.files.Read(StrCat("/run/NetworkManager/devices/", device.ifindex));
  const std::string name = ShellQuote(device.name);
  if (!state.ok()) {
    return CannotTell("NetworkManager", device, state.status(),
                      StrCat("nmcli -f GENERAL.STATE device show ", name));
  }
  const std::string managed = ValueOf(*state, "managed").value_or("");
  if (managed == "false" || managed == "0") return LeavesAlone("NetworkManager");
  return Problem("NetworkManager manages it",
                 machine.AsRoot(StrCat("nmcli device set ", name, " managed no")));
}

// The words of all lines that begin with `key`.
std::vector<std::string> WordsBehind(const std::string& text, std::string_view key) {
  std::vector<std::string> found;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t,"), absl::SkipEmpty());
    if (words.empty() || words[0] != key) continue;
    found.insert(found.end(), words.begin() + 1, words.end());
  }
  return found;
}

bool AnyMatches(const std::vector<std::string>& patterns, const std::string& name) {
  for (const std::string& pattern : patterns) {
    if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0) return true;
  }
  return false;
}

Judgement Dhcpcd(const Netdev& device, const MachineFacts& machine) {
  const auto config = machine.files.Read("/etc/dhcpcd.conf");
  if (!config.ok()) return CannotTell("dhcpcd", device, config.status(), "");
  const std::vector<std::string> allowed = WordsBehind(*config, "allowinterfaces");
  if (AnyMatches(WordsBehind(*config, "denyinterfaces"), device.name) ||
      (!allowed.empty() && !AnyMatches(allowed, device.name))) {
    return LeavesAlone("dhcpcd");
  }
  return Warning("dhcpcd runs, and its configuration does not keep it off",
                 StrCat("echo denyinterfaces ", ShellQuote(device.name), " | ",
                        machine.AsRoot("tee -a /etc/dhcpcd.conf"), " && ",
                        machine.AsRoot("systemctl restart dhcpcd")));
}

Judgement Connman(const Netdev& device, const MachineFacts& machine) {
  constexpr std::string_view kKey = "NetworkInterfaceBlacklist";
  constexpr std::string_view kDefault = "vmnet,vboxnet,virbr,ifb,ve-,vb-,ham,veth";
  const auto config = machine.files.Read("/etc/connman/main.conf");
  if (!config.ok() && !absl::IsNotFound(config.status())) {
    return CannotTell("connman", device, config.status(), "");
  }
  const std::string list = ValueOf(config.value_or(""), kKey).value_or(std::string(kDefault));
  for (const absl::string_view prefix : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    if (absl::StartsWith(device.name, absl::StripAsciiWhitespace(prefix))) {
      return LeavesAlone("connman");
    }
  }
  const std::string line = StrCat(kKey, "=", list, ",", device.name);
  return Warning("connman runs, and its configuration does not keep it off",
                 StrCat("printf '[General]\\n%s\\n' ", ShellQuote(line), " | ",
                        machine.AsRoot("tee -a /etc/connman/main.conf"), " && ",
                        machine.AsRoot("systemctl restart connman")));
}

struct Service {
  std::string_view name;
  std::string_view command;  // As /proc/PID/comm has it, at most 15 characters.
  Judgement (*judge)(const Netdev& device, const MachineFacts& machine);
};

constexpr Service kServices[] = {
    {"NetworkManager", "NetworkManager", NetworkManager},
    {"systemd-networkd", "systemd-network", Networkd},
    {"dhcpcd", "dhcpcd", Dhcpcd},
    {"connman", "connmand", Connman},
};

}  // namespace

std::vector<std::string> RunningServices(const SystemFiles& files) {
  const fs::path proc = files.root + "/proc";
  std::error_code error;
  std::error_code hidden;
  const fs::path own = fs::read_symlink(proc / "self/ns/net", error);
  std::set<std::string> commands;
  for (fs::directory_iterator it(proc, error), end; !error && it != end; it.increment(error)) {
    int pid = 0;
    if (!absl::SimpleAtoi(it->path().filename().string(), &pid)) continue;
    const fs::path its = fs::read_symlink(it->path() / "ns/net", hidden);
    if (!hidden && its != own) continue;
    commands.insert(files.Read(StrCat("/proc/", pid, "/comm")).value_or(""));
  }
  std::vector<std::string> running;
  for (const Service& service : kServices) {
    if (commands.contains(std::string(service.command))) running.emplace_back(service.name);
  }
  return running;
}

Judgement JudgeService(const std::string& service, const Netdev& device,
                       const MachineFacts& machine) {
  for (const Service& known : kServices) {
    if (known.name == service) return known.judge(device, machine);
  }
  return Unknown(StrCat(service, " is not known"));
}

}  // namespace vswitch
