#include "cli/qemu_args.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "cli/exit_code.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr uint32_t kEthernetMtu = 1500;

// FNV-1a, then its halves folded together: 24 well-mixed bits that are the same on every machine
// and in every release.
uint32_t Hash24(std::string_view text) {
  uint32_t hash = 2166136261;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  return (hash >> 24) ^ (hash & 0xffffff);
}

bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

// Six octets in hexadecimal with ':' or '-' between them, the first of them even (unicast).
bool IsUnicastMac(std::string_view text) {
  if (text.size() != 17) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (i % 3 == 2 ? (c != ':' && c != '-') || c != static_cast<unsigned char>(text[2])
                   : !absl::ascii_isxdigit(c)) {
      return false;
    }
  }
  const bool is_group = std::string_view("13579bBdDfF").find(text[1]) != std::string_view::npos;
  return !is_group;
}

}  // namespace

std::string QemuId(std::string_view name) {
  const bool well_formed = !name.empty() &&
                           absl::ascii_isalpha(static_cast<unsigned char>(name.front())) &&
                           std::all_of(name.begin(), name.end(), IsIdCharacter);
  if (well_formed) return std::string(name);
  std::string mapped(name);
  std::replace_if(
      mapped.begin(), mapped.end(), [](char c) { return !IsIdCharacter(c); }, '_');
  return absl::StrFormat("port-%s-%06x", mapped, Hash24(name));
}

std::string MacForPort(std::string_view name) {
  uint32_t low = Hash24(name);
  if (low >> 8 == 0x1234) low ^= 0x800000;
  return absl::StrFormat("52:54:00:%02x:%02x:%02x", low >> 16, low >> 8 & 0xff, low & 0xff);
}

absl::StatusOr<std::vector<std::string>> QemuArguments(const QemuPort& port, const QemuCard& card) {
  if (!card.mac.empty() && !IsUnicastMac(card.mac)) {
    return UsageError(
        StrCat("mac=", card.mac, " is no unicast MAC address; write it as 52:54:00:12:ab:cd"));
  }
  const bool is_virtio = card.model.starts_with("virtio-net");
  if (port.queues > 1 && !is_virtio) {
    return absl::FailedPreconditionError(
        StrCat("port ", port.name, " has ", port.queues, " queues, but model=", card.model,
               " has only one: use model=", kDefaultModel, ", or make the port with queues=1"));
  }
  const std::string id = QemuId(port.name);
  // In an option's value QEMU reads ",," as a comma.
  std::string netdev =
      StrCat("tap,id=", id, ",ifname=", absl::StrReplaceAll(port.device, {{",", ",,"}}),
             ",script=no,downscript=no");
  std::string device = StrCat(card.model, ",netdev=", id,
                              ",mac=", card.mac.empty() ? MacForPort(port.name) : card.mac);
  if (port.queues > 1) {
    netdev += StrCat(",queues=", port.queues);
    device += ",mq=on";
    // One interrupt for each queue of each direction, one for the control queue, one for
    // configuration.
    if (card.model.starts_with("virtio-net-pci")) {
      device += StrCat(",vectors=", 2 * port.queues + 2);
    }
  }
  if (is_virtio && port.mtu != 0 && port.mtu != kEthernetMtu) {
    device += StrCat(",host_mtu=", port.mtu);
  }
  return std::vector<std::string>{"-netdev", netdev, "-device", device};
}

}  // namespace vswitch
