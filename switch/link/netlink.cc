#include "switch/link/netlink.h"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "switch/link/kernel_error.h"

namespace vswitch {
namespace {

// What one Exchange() has heard so far.
struct Answer {
  const std::function<void(nlmsghdr*)>& on_reply;
  bool done = false;
  int error = 0;  // errno
  std::string detail;
};

int OnReply(nl_msg* message, void* arg) {
  auto* answer = static_cast<Answer*>(arg);
  if (answer->on_reply) answer->on_reply(nlmsg_hdr(message));
  return NL_OK;
}

int OnDone(nl_msg*, void* arg) {
  static_cast<Answer*>(arg)->done = true;
  return NL_STOP;
}

// libnl folds errnos into its own, fewer codes; this keeps the errno, and the kernel's sentence
// when there is one (struct nlmsgerr and NLMSGERR_ATTR_MSG, include/uapi/linux/netlink.h).
int OnError(sockaddr_nl*, nlmsgerr* error, void* arg) {
  auto* answer = static_cast<Answer*>(arg);
  answer->done = true;
  answer->error = -error->error;
  const auto* header =
      reinterpret_cast<const nlmsghdr*>(reinterpret_cast<const char*>(error) - NLMSG_HDRLEN);
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return NL_STOP;
  size_t skip = sizeof(*error);
  if (!(header->nlmsg_flags & NLM_F_CAPPED)) skip += error->msg.nlmsg_len - NLMSG_HDRLEN;
  const size_t room = header->nlmsg_len - NLMSG_HDRLEN;
  if (skip >= room) return NL_STOP;
  nlattr* text = nla_find(reinterpret_cast<nlattr*>(reinterpret_cast<char*>(error) + skip),
                          static_cast<int>(room - skip), NLMSGERR_ATTR_MSG);
  if (text != nullptr && nla_len(text) > 0) {
    answer->detail.assign(static_cast<char*>(nla_data(text)), nla_len(text) - 1);
  }
  return NL_STOP;
}

}  // namespace

void NetlinkFree::operator()(nl_msg* message) const { nlmsg_free(message); }
void NetlinkFree::operator()(nl_sock* socket) const { nl_socket_free(socket); }

absl::StatusOr<Netlink> Netlink::Open() {
  NetlinkSocket socket(nl_socket_alloc());
  if (socket == nullptr) return KernelError(ENOMEM, "cannot open a netlink socket");
  errno = 0;
  if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) {
    return KernelError(errno != 0 ? errno : EIO, "cannot open a netlink socket",
                       errno != 0 ? "" : nl_geterror(error));
  }
  const int on = 1;  // Ask for the kernel's own words; without them errors are only terser.
  setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  return Netlink(std::move(socket));
}

NetlinkMessage Netlink::Message(int type, int flags) {
  nl_msg* message = nlmsg_alloc_simple(type, flags);
  // No CHECK here: vswitchctl links this, and with glog it loads five libraries more.
  if (message == nullptr) std::abort();  // Out of memory.
  return NetlinkMessage(message);
}

absl::Status Netlink::Exchange(const NetlinkMessage& request, const std::string& what,
                               const std::function<void(nlmsghdr*)>& on_reply) {
  Answer answer{.on_reply = on_reply};
  const std::unique_ptr<nl_cb, decltype(&nl_cb_put)> callbacks(nl_cb_alloc(NL_CB_DEFAULT),
                                                               &nl_cb_put);
  if (callbacks == nullptr) return KernelError(ENOMEM, what);
  if (const int error = nl_send_auto(socket_.get(), request.get()); error < 0) {
    return KernelError(EIO, what, absl::StrCat("netlink: ", nl_geterror(error)));
  }
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, OnReply, &answer);
  nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, OnDone, &answer);
  nl_cb_set(callbacks.get(), NL_CB_FINISH, NL_CB_CUSTOM, OnDone, &answer);
  nl_cb_err(callbacks.get(), NL_CB_CUSTOM, OnError, &answer);
  while (!answer.done) {
    const int error = nl_recvmsgs(socket_.get(), callbacks.get());
    if (error < 0 && !answer.done) {
      return KernelError(EIO, what, absl::StrCat("netlink: ", nl_geterror(error)));
    }
  }
  if (answer.error != 0) return KernelError(answer.error, what, answer.detail);
  return absl::OkStatus();
}

}  // namespace vswitch
