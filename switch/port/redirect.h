// One direction between two netdevs: every frame that enters `from` leaves through `to`, before the
// host's own stack (bridges, netfilter, ARP) sees it. A tc program (redirect.bpf.c) in two places:
//
//   - a BPF link on `from`'s tcx ingress hook, from Linux 6.6 on. It comes first and takes every
//     frame; no `tc` command can take it away, so no frame reaches the host while we live. It
//     vanishes with the process.
//   - a filter on `from`'s clsact ingress hook, which outlives the process: after a crash a guest's
//     frames go nowhere, instead of into the host's stack, until the next daemon replaces the
//     program, whose handle and priority are fixed for that purpose. It serves where there is no
//     tcx.
//
// Thread-safety: one thread at a time. Ownership: the object owns the program's places.
#ifndef VSWITCH_SWITCH_PORT_REDIRECT_H_
#define VSWITCH_SWITCH_PORT_REDIRECT_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
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
  // The same with a tc program of the caller's, which sends to `to` what it sends nowhere else.
  static absl::StatusOr<Redirect> AttachProgram(const LinkInfo& from, const LinkInfo& to,
                                                int program);

  // The id of the program in our place on the ingress of a device, put there by whatever daemon; 0:
  // there is none.
  static uint32_t ProgramOn(const LinkInfo& from);
  // Takes away what is still there of one that is gone: the program, and a clsact qdisc that nobody
  // has filters on.
  static absl::Status RemoveLeftOver(const LinkInfo& from);

  Redirect() = default;
  Redirect(Redirect&& other) noexcept { *this = std::move(other); }
  Redirect& operator=(Redirect&& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(program_id_, other.program_id_);
    std::swap(tcx_link_, other.tcx_link_);
    return *this;
  }
  // Takes the program away, unless another one has replaced it, and the clsact qdisc too, unless
  // somebody else has filters there.
  ~Redirect();

  // Whether the program is in its places still. Otherwise Attach() again.
  bool InPlace() const;

 private:
  LinkInfo from_;
  uint32_t program_id_ = 0;  // Of the filter; 0: nothing attached.
  UniqueFd tcx_link_;        // Invalid where the kernel has no tcx.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_REDIRECT_H_
