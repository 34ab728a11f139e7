#include "switch/core/mtu_warning.h"

#include <map>
#include <vector>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr size_t kMostNames = 3;

}  // namespace

std::string MtuWarning(std::span<const PortStatus> ports) {
  std::map<uint32_t, std::vector<std::string>> names;
  for (const PortStatus& port : ports) {
    if (port.state == "up" || port.state == "down") names[port.mtu].push_back(port.spec.name);
  }
  if (names.size() < 2) return "";
  std::string list;
  for (const auto& [mtu, of_it] : names) {
    list += StrCat(list.empty() ? "" : "; ", mtu, ": ");
    for (size_t i = 0; i < of_it.size() && i < kMostNames; ++i) {
      list += StrCat(i == 0 ? "" : ", ", of_it[i]);
    }
    if (of_it.size() > kMostNames) list += StrCat(" and ", of_it.size() - kMostNames, " more");
  }
  return StrCat("the ports' MTUs differ (", list,
                "): what is too long for an internal or netdev port is dropped there "
                "(exceeds_mtu), and a guest may not take what is longer than its own. The "
                "bridge's mtu= is that of all ports without one of their own");
}

}  // namespace vswitch
