// One direction between two netdevs: every frame that enters `from` leaves through `to`, before the
// host's own stack (bridges, netfilter, ARP) sees it. A tc program (redirect.bpf.c) on `from`'s
// clsact ingress hook.
//
// The hook outlives the process. That is wanted: after a crash a guest's frames go nowhere, instead
// of into the host's stack, until the next daemon replaces the program, whose handle and priority
// are fixed for that purpose. (A BPF link would vanish with the process.)
//
// Thread-safety: one thread at a time. Ownership: the object owns the program's place on the hook.
#ifndef VSWITCH_SWITCH_PORT_REDIRECT_H_
#define VSWITCH_SWITCH_PORT_REDIRECT_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"

namespace vswitch {

class Redirect {
 public:
  // The handle of its filter, by which it is ours among the filters of a hook.
  static constexpr uint32_t kFilterHandle = 0x76737769;  // "vswi"

  // Replaces the program that an earlier daemon may have left there, without a gap.
  // PermissionDenied without CAP_BPF and CAP_NET_ADMIN; AlreadyExists when a filter that is not
  // ours has our place.
  // `hash_flow`: gives each frame the hash of its flow, for SteerByFlow() (steering.h) on `to`.
  static absl::StatusOr<Redirect> Attach(const LinkInfo& from, const LinkInfo& to, bool hash_flow);

  Redirect() = default;
  Redirect(Redirect&& other) noexcept
      : from_(std::exchange(other.from_, {})), program_id_(std::exchange(other.program_id_, 0)) {}
  Redirect& operator=(Redirect&& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(program_id_, other.program_id_);
    return *this;
  }
  // Takes the program away, unless another one has replaced it, and the clsact qdisc too, unless
  // somebody else has filters there.
  ~Redirect();

 private:
  LinkInfo from_;
  uint32_t program_id_ = 0;  // 0: nothing attached.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_REDIRECT_H_
