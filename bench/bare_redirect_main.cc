// bare_redirect: joins netdevs in pairs, in the kernel: what enters one leaves through the other,
// by a tc program that only knows its target. Prints "ready", and ends by SIGTERM or SIGINT, when
// the programs go with it. The netdevs stay whose they are.
//
//   bare_redirect --ports=vm0,vm1
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <poll.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/bare_redirect.skel.h"
#include "bench/tool_main.h"
#include "gflags/gflags.h"
#include "switch/base/unique_fd.h"

DEFINE_string(ports, "", "Netdevs with commas, each two of them joined.");

namespace {

using vswitch::UniqueFd;

// BPF_TCX_INGRESS of Linux 6.6, which Debian 12's headers do not have.
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);

struct ObjectDestroy {
  void operator()(bare_redirect_bpf* object) const { bare_redirect_bpf__destroy(object); }
};

absl::StatusOr<uint32_t> IndexOf(const std::string& name) {
  const uint32_t index = if_nametoindex(name.c_str());
  if (index == 0) return absl::ErrnoToStatus(errno, name);
  return index;
}

// The program's place, which is its as long as the descriptor is open.
absl::StatusOr<UniqueFd> Redirect(uint32_t from, uint32_t to) {
  const std::unique_ptr<bare_redirect_bpf, ObjectDestroy> object(bare_redirect_bpf__open());
  if (object == nullptr) return absl::ErrnoToStatus(errno, "cannot open the program");
  object->rodata->target_ifindex = to;
  if (const int error = bare_redirect_bpf__load(object.get()); error != 0) {
    return absl::ErrnoToStatus(-error, "cannot load the program");
  }
  UniqueFd link(bpf_link_create(bpf_program__fd(object->progs.bare_redirect),
                                static_cast<int>(from), kTcxIngress, nullptr));
  if (!link) {
    return absl::ErrnoToStatus(errno, "cannot attach the program, which needs tcx (Linux 6.6)");
  }
  return link;
}

absl::Status Run() {
  const UniqueFd stop = vswitch::StopSignal();
  const std::vector<std::string> ports = absl::StrSplit(FLAGS_ports, ',', absl::SkipEmpty());
  if (ports.empty() || ports.size() % 2 != 0) {
    return absl::InvalidArgumentError("--ports needs an even number of ports");
  }
  std::vector<UniqueFd> links;
  for (size_t i = 0; i < ports.size(); ++i) {
    const auto from = IndexOf(ports[i]);
    const auto to = IndexOf(ports[i ^ 1]);
    if (!from.ok()) return from.status();
    if (!to.ok()) return to.status();
    auto link = Redirect(*from, *to);
    if (!link.ok()) return link.status();
    links.push_back(*std::move(link));
  }
  std::cout << "ready" << std::endl;
  pollfd readable{.fd = stop.get(), .events = POLLIN, .revents = 0};
  while (poll(&readable, 1, /*ms: no limit*/ -1) < 0 && errno == EINTR) {
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  return vswitch::ToolMain(argc, argv, "joins netdevs in pairs, in the kernel; see bench/README.md",
                           Run);
}
