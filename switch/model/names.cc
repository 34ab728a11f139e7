#include "switch/model/names.h"

#include <net/if.h>

#include <string>

#include "switch/base/quote.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

static_assert(kMaxNameBytes == IFNAMSIZ - 1);

absl::Status CheckName(std::string_view kind, std::string_view name) {
  const auto refuse = [&](auto... reason) {
    return absl::InvalidArgumentError(StrCat(kind, " name ", Quote(name), " ", reason...));
  };
  if (name.empty()) {
    return absl::InvalidArgumentError(
        StrCat(kind, " name is empty: give 1 to ", kMaxNameBytes, " characters"));
  }
  if (name.size() > kMaxNameBytes) {
    return refuse("is too long: ", name.size(), " bytes, at most ", kMaxNameBytes,
                  " fit a network device's name (IFNAMSIZ)");
  }
  if (name == "." || name == "..") return refuse("cannot be a network device's name");
  if (name.front() == '-') return refuse("begins with '-': commands would take it for an option");
  for (const char c : name) {
    if (c == '/' || c == ':' || c == '%') {
      return refuse("contains '", std::string_view(&c, 1),
                    "': a network device's name has no '/', ':' or '%'");
    }
    if (c == ' ') return refuse("contains a space");
    if (c < 0x21 || c > 0x7e) {
      return refuse("contains ", Quote({&c, 1}), ": only printable ASCII characters may be used");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckBridgeName(std::string_view name) { return CheckName("bridge", name); }

absl::Status CheckMirrorName(std::string_view name) { return CheckName("mirror", name); }

absl::Status CheckPortName(std::string_view name) {
  if (name == "all" || name == "default") {
    return absl::InvalidArgumentError(
        StrCat("port name ", Quote(name), " is reserved by the kernel (net.ipv6.conf.", name, ")"));
  }
  return CheckName("port", name);
}

}  // namespace vswitch
