#include "switch/port/port_mark.h"

#include <algorithm>

#include "absl/strings/strip.h"
#include "glog/logging.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr char kMark[] = "vswitch-port-";

}  // namespace

std::string PortMarkOf(std::string_view port) { return StrCat(kMark, port); }

std::string MarkedPort(const LinkInfo& link) {
  for (const std::string& name : link.alternative_names) {
    absl::string_view port = name;
    if (absl::ConsumePrefix(&port, kMark)) return std::string(port);
  }
  return "";
}

absl::StatusOr<LinkInfo> FindPortDevice(Links& links, const std::string& port) {
  absl::StatusOr<LinkInfo> marked = links.Find(PortMarkOf(port));
  if (!absl::IsNotFound(marked.status())) return marked;
  absl::StatusOr<LinkInfo> found = links.Find(port);
  if (!found.ok()) return found;
  if (found->name != port) {
    return absl::InvalidArgumentError(StrCat("'", port, "' is another name of the device '",
                                             found->name, "': name the port '", found->name, "'"));
  }
  if (const std::string other = MarkedPort(*found); !other.empty()) {
    return absl::UnavailableError(
        StrCat(port, " is the device of port '", other, "', renamed: delete that port, or free ",
               "the device: ip link property del dev ", port, " altname ", PortMarkOf(other)));
  }
  return found;
}

absl::StatusOr<PortMark> PortMark::Set(Links& links, const LinkInfo& link, std::string_view port) {
  PortMark mark;
  mark.mark_ = PortMarkOf(port);
  mark.link_ = link;
  if (std::ranges::count(link.alternative_names, mark.mark_) > 0) return mark;
  const absl::Status status = links.AddAlternativeName(link, mark.mark_);
  if (status.ok()) return mark;
  mark.Keep();
  return status;
}

PortMark::~PortMark() {
  if (mark_.empty()) return;
  absl::StatusOr<Links> links = Links::Open();
  const absl::Status status =
      links.ok() ? links->RemoveAlternativeName(link_, mark_) : links.status();
  // The device, or its mark, may be gone: the kernel says then that it knows no such name.
  VLOG_IF(1, !status.ok()) << status.message();
}

}  // namespace vswitch
