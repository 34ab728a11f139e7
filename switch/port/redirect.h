// The tc programs by which a netdev and its twin are one (redirect.bpf.c):
//
//   - redirect, on a netdev's ingress: every frame that enters it leaves through another one,
//     before the host's own stack (bridges, netfilter, ARP) sees it.
//   - guard, on a netdev's egress: what others than our programs send through it is dropped, the
//     host's own stack and packet sockets included.
//
// Thread-safety: one thread at a time.
#ifndef VSWITCH_SWITCH_PORT_REDIRECT_H_
#define VSWITCH_SWITCH_PORT_REDIRECT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"
#include "switch/port/tc_hook.h"

namespace vswitch {

struct RedirectOptions {
  // Gives each frame the hash of its flow, for SteerByFlow() (steering.h) on the target.
  bool hash_flow = false;
  // The target lets only frames with FRAME_MARK out.
  bool target_has_guard = false;
  // Of the other end of the target, a veth; frames for it go there at once. 0: all go out of the
  // target.
  uint64_t peer_address = 0;
};

// Errors: TcHook::Attach()'s.
absl::StatusOr<TcHook> AttachRedirect(const LinkInfo& from, const LinkInfo& to,
                                      const RedirectOptions& options, TcHook::Place place);
absl::StatusOr<TcHook> AttachGuard(const LinkInfo& device, TcHook::Place place);

// Ends what the program does, and what it holds in memory. It does not wait: if it can be replaced
// again, by whatever daemon comes, one that does nothing keeps the place.
void LeaveIdle(TcHook hook);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_REDIRECT_H_
