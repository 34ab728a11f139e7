#include "switch/rpc/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "switch/base/str_cat.h"
#include "switch/model/users.h"

namespace vswitch {
namespace {

// The supplementary groups of the peer; none when the kernel does not tell.
std::vector<gid_t> PeerGroups(int fd) {
  std::vector<gid_t> groups(64);
  // The first answer is ERANGE with the size that it takes, for a peer of many groups.
  for (int round = 0; round < 2; ++round) {
    socklen_t bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int result = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes);
    if (result != 0 && errno != ERANGE) return {};
    groups.resize(bytes / sizeof(gid_t));
    if (result == 0) return groups;
  }
  return {};
}

}  // namespace

absl::StatusOr<Caller> CheckPeer(int fd, gid_t group) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return absl::UnavailableError(StrCat("cannot tell who connected: ", strerror(errno)));
  }
  const Caller caller = {.uid = peer.uid, .pid = peer.pid};
  if (peer.uid == 0 || peer.uid == geteuid() || peer.gid == group) return caller;
  const std::vector<gid_t> groups = PeerGroups(fd);
  if (std::find(groups.begin(), groups.end(), group) != groups.end()) return caller;
  return absl::PermissionDeniedError(StrCat(
      "user ", UserName(peer.uid), " may not control the switch: it takes root or a member of ",
      "the socket's group (", group, "); see --socket_group"));
}

}  // namespace vswitch
