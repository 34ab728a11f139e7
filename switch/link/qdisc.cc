#include "switch/link/qdisc.h"

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace vswitch {
namespace {

uint64_t ParseDropped(nlattr* stats) {
  nlattr* attributes[TCA_STATS_MAX + 1];
  if (nla_parse_nested(attributes, TCA_STATS_MAX, stats, nullptr) < 0) return 0;
  nlattr* const queue = attributes[TCA_STATS_QUEUE];
  if (queue == nullptr || nla_len(queue) < static_cast<int>(sizeof(gnet_stats_queue))) return 0;
  return static_cast<const gnet_stats_queue*>(nla_data(queue))->drops;
}

absl::StatusOr<std::optional<QdiscInfo>> Find(const LinkInfo& link, uint32_t parent) {
  absl::StatusOr<Netlink> netlink = Netlink::Open();
  if (!netlink.ok()) return netlink.status();
  // Without ECHO the kernel tells all who listen for changes, and not who asked.
  const NetlinkMessage request = Netlink::Message(RTM_GETQDISC, NLM_F_ECHO);
  tcmsg header{};
  header.tcm_ifindex = link.ifindex;
  header.tcm_parent = parent;
  nlmsg_append(request.get(), &header, sizeof(header), NLMSG_ALIGNTO);
  std::optional<QdiscInfo> found;
  const absl::Status status =
      netlink->Exchange(request, absl::StrCat("cannot read the qdisc of ", link.name),
                        [&found](nlmsghdr* reply) { found = ParseQdisc(reply); });
  // ENOENT: there is none.
  if (!status.ok() && !absl::IsNotFound(status)) return status;
  return found;
}

}  // namespace

QdiscInfo ParseQdisc(nlmsghdr* header) {
  nlattr* attributes[TCA_MAX + 1];
  if (nlmsg_parse(header, sizeof(tcmsg), attributes, TCA_MAX, nullptr) < 0 ||
      attributes[TCA_KIND] == nullptr) {
    return {};
  }
  QdiscInfo qdisc{.kind = nla_get_string(attributes[TCA_KIND])};
  qdisc.handle = static_cast<const tcmsg*>(nlmsg_data(header))->tcm_handle;
  if (attributes[TCA_STATS2] != nullptr) qdisc.dropped = ParseDropped(attributes[TCA_STATS2]);
  return qdisc;
}

absl::StatusOr<std::optional<QdiscInfo>> FindRootQdisc(const LinkInfo& link) {
  return Find(link, TC_H_ROOT);
}

absl::StatusOr<bool> QdiscIsSettled(const LinkInfo& link) {
  if (link.qdisc == "noqueue") return true;
  // That of a netdev that was never up.
  if (link.qdisc == "noop") return false;
  const absl::StatusOr<std::optional<QdiscInfo>> root = FindRootQdisc(link);
  if (!root.ok()) return root.status();
  return root->has_value() && (*root)->is_chosen();
}

absl::StatusOr<std::optional<QdiscInfo>> FindIngressQdisc(const LinkInfo& link) {
  return Find(link, TC_H_INGRESS);
}

}  // namespace vswitch
