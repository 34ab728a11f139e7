// The twin of a netdev: a TAP whose fd we hold and which is joined to the netdev by two
// redirections, so that what enters the netdev can be read from our fd, and what we write leaves
// through the netdev.
//
//   netdev --ingress--> redirect --> guard --> twin's queue --> read(fd)
//   netdev <-- guard <--- redirect <-- twin's ingress <-- write(fd)
//
// The guards drop what others send there. A netdev of others has none: it is theirs too.
// The TAP is not persistent: the kernel removes it with its last queue, also after SIGKILL.
// Thread-safety: control thread; the queues' fds are the workers'.
#ifndef VSWITCH_SWITCH_PORT_TWIN_H_
#define VSWITCH_SWITCH_PORT_TWIN_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "switch/link/link.h"
#include "switch/port/private_namespace.h"
#include "switch/port/tc_hook.h"

namespace vswitch {

class Twin {
 public:
  struct Options {
    std::string port;  // Whose device the netdev is, whatever it is called.
    int queues = 1;
    bool nonblocking = false;
    uint32_t txqueuelen = 0;  // Frames that may wait for us in each queue.
    PrivateNamespace* made_in = nullptr;
    uint64_t peer_address = 0;  // See PortDevice::peer_address().
    int forward_program = -1;   // See PortDevice::Options.
    bool guard_other = false;   // Nothing but what we send is to leave through the netdev.
    bool in_haste = false;      // See PortDevice::Options.
  };

  // Makes the twin, up, with all programs. Unavailable when the port has a twin already:
  // another vswitchd serves it. A twin that the kernel is only about to remove is waited for, up to
  // 2 s.
  static absl::StatusOr<Twin> Join(Links& links, const LinkInfo& other, const Options& options);

  // The twin that this port has, by whatever daemon; NotFound: none.
  static absl::StatusOr<LinkInfo> Of(Links& links, const std::string& port);

  // Whether this netdev is itself somebody's twin.
  static bool IsTwin(const LinkInfo& link);

  std::span<const UniqueFd> queues() const { return queues_; }
  const LinkInfo& link() const { return link_; }
  // Whether it is in our network namespace.
  bool IsHere() const;
  // Asks the kernel how it is. Unavailable, in words, when it will not do any more: deleted, moved
  // to another network namespace, made a port of another device, with an XDP program on it.
  absl::Status Look(Links& links);
  // Whether an event's `link`, if it is this twin's, tells of nothing to be looked at.
  bool IsSound(const LinkInfo& link) const;
  // From here on, frames for this address go straight to `other`'s peer.
  absl::Status Aim(const LinkInfo& other, uint64_t peer_address);
  // Whether the programs on the netdev are in place, as far as no event tells of it. A system call
  // for each.
  bool IsJoined() const;
  // Whether our guard is on the netdev, which then is the one that was joined, whatever its names.
  bool GuardsOther() const;
  // Whether the programs on the netdev are where they are to stay.
  bool is_settled() const { return settled_; }
  // Puts them there, without a gap; the kernel takes some 10 ms for each.
  void Settle(const LinkInfo& other);
  // Sets it up, and puts the programs on it and on `other` back, as far as somebody has taken them
  // away. What was amiss, in words; empty: nothing.
  absl::StatusOr<std::string> Mend(Links& links, const LinkInfo& other);
  // Before its end: the programs on the netdev keep their places for the next daemon, and do
  // nothing.
  void LeaveIdle();
  // Frames that were lost because our queue was full, since Join. The last known when it is gone.
  uint64_t ReadDropped(Links& links);

 private:
  // Programs to their places, as far as they are not there; adds what was amiss.
  using Amiss = std::vector<std::string>;
  absl::Status PutOnTwin(const LinkInfo& other, Amiss* amiss);
  absl::Status PutOnOther(const LinkInfo& other, TcHook::Place place, Amiss* amiss);
  absl::StatusOr<TcHook> AttachOutward(const LinkInfo& other) const;
  absl::StatusOr<TcHook> AttachInward(const LinkInfo& other, TcHook::Place place) const;

  LinkInfo link_;
  uint32_t txqueuelen_ = 0;
  int forward_program_ = -1;
  bool guard_other_ = false;
  uint64_t peer_address_ = 0;
  bool settled_ = true;
  // In clsact: nobody else has filters there, and to take tcx programs from a netdev that goes
  // would cost the kernel two grace periods. They go with the twin.
  TcHook outward_;
  TcHook own_guard_;
  // They go in reverse order: first nothing is sent to the queues any more, then the queues and
  // with them the netdev.
  std::vector<UniqueFd> queues_;
  TcHook guard_;
  TcHook inward_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_TWIN_H_
