// One route netlink socket and the exchange of one request on it: the only place that calls libnl's
// socket functions for requests. Messages are built and read by the callers with libnl's nlmsg_*
// and nla_*. (libnl-route's own link objects know neither a TAP's attributes nor
// IFLA_TARGET_NETNSID.)
//
// Thread-safety: one thread at a time per object. The socket belongs to the network namespace that
// the thread is in when it is opened.
#ifndef VSWITCH_SWITCH_LINK_NETLINK_H_
#define VSWITCH_SWITCH_LINK_NETLINK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

namespace vswitch {

struct NetlinkFree {
  void operator()(nl_msg* message) const;
  void operator()(nl_sock* socket) const;
};
using NetlinkMessage = std::unique_ptr<nl_msg, NetlinkFree>;
using NetlinkSocket = std::unique_ptr<nl_sock, NetlinkFree>;

class Netlink {
 public:
  static absl::StatusOr<Netlink> Open();

  // An empty request: `type` is RTM_*, `flags` NLM_F_*. Room for one page.
  static NetlinkMessage Message(int type, int flags);

  // Sends `request`, calls `on_reply` for each message of the answer and returns when the kernel
  // has acknowledged. Its refusal becomes a KernelError of `what` with the kernel's own words.
  absl::Status Exchange(const NetlinkMessage& request, const std::string& what,
                        const std::function<void(nlmsghdr*)>& on_reply = nullptr);

 private:
  explicit Netlink(NetlinkSocket socket) : socket_(std::move(socket)) {}

  NetlinkSocket socket_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_NETLINK_H_
