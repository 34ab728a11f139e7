// The kernel devices behind one port: what it takes to turn a port's settings into TAP queues that
// a worker can read and write. Everything that differs between the port types is in here; once
// attached, a port is a few file descriptors.
//
//   - tap: a persistent TAP `name` for QEMU, and our twin; frames of one are redirected to the
//     other.
//   - internal: a veth pair whose one end is `name`, the host's (or a namespace's), and our twin of
//     the other end.
//   - netdev: an existing netdev `name` (uplink, veth), and our twin.
//
// Thread-safety: used by the control thread only. Limits: one worker queue per worker. Ownership:
// the object owns the queues, the twin (a TAP that is not persistent: the kernel removes it with
// its last queue, also after SIGKILL) and the redirections. Destruction closes the queues, so no
// worker may use them any more.
#ifndef VSWITCH_SWITCH_PORT_PORT_DEVICE_H_
#define VSWITCH_SWITCH_PORT_PORT_DEVICE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "switch/link/link.h"
#include "switch/link/qdisc.h"
#include "switch/model/port_spec.h"

namespace vswitch {

class PrivateNamespace;

// Frames that the kernel dropped around our queues, since Attach unless Options say otherwise.
struct KernelDrops {
  uint64_t ingress_queue_full = 0;  // Our queue was full: what the guest sent and we never read.
  uint64_t egress_queue_full = 0;   // The guest's queue was full: what we wrote and it never saw.

  KernelDrops& operator+=(const KernelDrops& other) {
    ingress_queue_full += other.ingress_queue_full;
    egress_queue_full += other.egress_queue_full;
    return *this;
  }
};

class PortDevice {
 public:
  struct Options {
    PortSpec spec;
    int worker_queues = 1;     // Queues that we open, one per worker.
    bool nonblocking = false;  // O_NONBLOCK on our queues: wanted by the poll I/O mode only.
    std::string switch_id;     // Whose a device that this makes is; see leftovers.h.
    // Where multi-queue TAPs are made before others can reach them. Null, or where the process may
    // not have such a place: in sight of others, and Unavailable if anybody took a queue meanwhile.
    PrivateNamespace* made_in = nullptr;
    // The kernel is not to be waited for, as 1,000 others are to be attached too: then it is not
    // settled, and nobody can add clsact to the device before Settle().
    bool in_haste = false;
    // The fast path's tc program, for the ingress of the device; -1: all goes to the twin.
    int forward_program = -1;
    // ReadKernelDrops() counts the netdev's lost frames from this many on; not set: from now on.
    std::optional<uint64_t> lost_before;
  };

  // Makes or adopts the device, makes the twin, brings both up and redirects. On error nothing that
  // it made is left behind and the message names cause and cure. Codes: NotFound (netdev does not
  // exist), AlreadyExists (name taken by another kind of device, or our place on its tc hook by
  // another filter), ResourceExhausted, PermissionDenied, Unavailable (device busy: the message
  // names the process or the bridge that holds it), InvalidArgument, FailedPrecondition (the kernel
  // or container lacks something: the tun module, cls_bpf, a writable /proc/sys).
  //
  // Takes some 5 to 45 ms (docs/performance.md), and 18 ms for each multi-queue TAP that it makes.
  // Waits, for 2 s at most, for queues of a killed daemon that the kernel is about to close.
  static absl::StatusOr<std::unique_ptr<PortDevice>> Attach(const Options& options);

  // Closes the queues and undoes the redirections. A guest TAP stays, set down, so that nothing of
  // its guest reaches the host's own stack while no switch serves it; so does a veth pair, its host
  // end down; a netdev is left as it was found.
  virtual ~PortDevice() = default;

  // Destroys them all, which leaves the same behind and takes much less time than one after the
  // other. Nothing may use their queues any more.
  static void DestroyTogether(std::vector<std::unique_ptr<PortDevice>> devices);

  // Our queues, index = worker. Open until destruction.
  virtual std::span<const UniqueFd> queues() const = 0;

  // Brings the device from its present spec to `next`: all of it or, on error, nothing. To undo it,
  // Apply() the former spec with the mtu() that the device had.
  // REQUIRES: of what a device has, `next` differs from the present spec in mtu, mac and owner at
  // most.
  // mtu: 0 leaves the device as it is. InvalidArgument when the device cannot; FailedPrecondition
  // for an internal device that was moved to another namespace: it is that one's to change, and so
  // is its mac.
  // owner: Unavailable while a guest has the TAP open; InvalidArgument when the type has no owner.
  absl::Status Apply(const PortSpec& next);

  // For a port that is deleted: removes also what destruction leaves behind if the switch made it,
  // the guest TAP or the veth pair. A TAP that somebody has open is kept, unless `force`: then the
  // answer is true, the destruction sets it down, and SweepLeftovers() removes it once it is free.
  virtual absl::StatusOr<bool> Forget(bool) { return false; }

  // Whether the switch made the guest TAP, by this Attach or an earlier one: it is Forget()'s to
  // remove.
  virtual bool owns_guest_tap() const { return false; }

  // Whether the netdev is somebody else's and not a guest's.
  virtual bool is_of_others() const { return false; }

  // The index of the netdev that the twin is of.
  virtual int ifindex() const = 0;
  // What the port's netdev is called now; internal: the user's end.
  virtual const std::string& name() const = 0;
  // Whether an event about `link` calls for Refresh().
  virtual bool IsConcernedBy(const LinkInfo& link) const { return link.ifindex == ifindex(); }
  // Whether what no event tells of calls for Refresh(): what the port has in another namespace. One
  // request at most.
  virtual bool HasChangedElsewhere(Links&) const { return false; }

  // Whether frames can reach the other end now: `tap`: a guest has the TAP open and it is up;
  // `internal`: the user's end is up; `netdev`: it is up and has carrier.
  virtual bool link_up() const = 0;
  // Why frames cannot, for people: the device is set down, or nobody is at the other end.
  // REQUIRES: !link_up().
  virtual std::string down_detail() const = 0;
  // The index of the twin, the netdev of our queues.
  virtual int twin_ifindex() const = 0;
  // The twin, which goes with our queues; nullopt when it is gone already or in another namespace.
  virtual std::optional<LinkInfo> ephemeral_link() const = 0;
  // Why no frame can pass any more, for people, with the cure: only a new Attach helps, at once or
  // after the cure. NotFound: the netdev was deleted. OK: whatever link_up() says is true.
  virtual absl::Status problem() const = 0;
  // What is unexpected of a netdev that serves all the same: it was renamed or, internal, moved.
  // Empty: nothing.
  virtual std::string note() const = 0;
  // The user who may open a guest TAP, as last seen of the kernel; nullopt: none, or no guest TAP.
  virtual std::optional<uid_t> owner() const { return std::nullopt; }
  // Of a netdev with a wire behind it: its own MAC address, as last seen, with the first octet
  // highest. Nobody but the netdev itself is reached at it. 0: there is no such address.
  virtual uint64_t own_address() const { return 0; }
  // internal: the MAC address of the user's end, as last seen, likewise.
  virtual uint64_t address() const { return 0; }
  // Where a veth's other end is in another network namespace: the address of that, to which the
  // kernel may hand frames over without a stop (bpf_redirect_peer). 0: it may not.
  virtual uint64_t peer_address() const { return 0; }
  // netdev: how fast its link is, in Mbit/s, as the driver has it now; nullopt: it does not say.
  virtual std::optional<uint32_t> speed_mbps() const { return std::nullopt; }
  // The netdev's MTU in bytes, as last seen.
  virtual uint32_t mtu() const = 0;
  // The longest frame that the other end takes, without VLAN tags and offload header; 0: any.
  virtual uint32_t max_frame_bytes() const { return 0; }
  // Reads the netdev's state from the kernel again (after a link event).
  virtual void Refresh() = 0;
  // The netdev has left our network namespace, one way or the other.
  virtual void OnGone() { Refresh(); }
  // Puts back what others took from the devices: the redirections, a twin's being up. What was
  // amiss, in words; empty: nothing. After an error only a new Attach helps.
  // REQUIRES: problem().ok().
  virtual absl::StatusOr<std::string> Mend() { return ""; }

  // The kernel has told that the netdev's root qdisc was taken away or replaced.
  virtual void OnQdiscGone(const QdiscInfo&) {}

  virtual bool is_settled() const { return true; }
  virtual void Settle() {}

  // Whether only what has FRAME_MARK (switch/base/frame_mark.h) leaves through the netdev: a
  // program of ours drops the rest, which others sent.
  virtual bool has_guard() const { return false; }
  // Whether Mend() has nothing to put back, as far as no event tells of it. Some microseconds.
  virtual bool hooks_in_place() const { return true; }

  // Whether somebody has let go of the device, as last seen, and CleanUp() is due.
  virtual bool left() const { return false; }
  // Takes back what the last user has set and the kernel keeps, so that the next finds the device
  // as new; not yet when somebody has opened it since left(). Nobody can meanwhile, some 20 us.
  virtual void CleanUp() {}

  // Asks the kernel: one netlink request per device, some 0.1 ms. Never goes back; the last known
  // when the device is gone.
  virtual KernelDrops ReadKernelDrops() = 0;
  // Options::lost_before, for a next Attach() that is to count on.
  virtual uint64_t lost_before() const { return 0; }

 protected:
  explicit PortDevice(Options options) : options_(std::move(options)) {}

  const Options& options() const { return options_; }
  const PortSpec& spec() const { return options_.spec; }
  // NotFound, in words.
  absl::Status DeviceWasDeleted() const;
  // A device that others made has an owner already, who is not to be changed unless that is asked.
  void AdoptOwner(uid_t owner) { options_.spec.owner = owner; }

 private:
  // What Apply() is made of.
  virtual absl::Status SetMtu(uint32_t mtu) = 0;
  // 0: the one that it has unless another is asked for.
  virtual absl::Status SetAddress(uint64_t address);
  virtual absl::Status SetOwner(uid_t owner);

  Options options_;
};

// Of a port that has no device but has had one: whether Attach may make it if it is not there.
// FailedPrecondition when it, or an internal port's host end, was moved to another network
// namespace: a guest may hold it there.
// NotFound when others have to make it again: a TAP that was there when its port was added. What
// the switch made, it makes again.
absl::Status CheckMayMake(const PortSpec& spec, std::string_view switch_id);

// NotFound, in words, for a port whose device was there.
absl::Status DeviceWasDeleted(const PortSpec& spec);

// Whether a link event is about the device of a port that has none now.
bool IsDeviceOf(std::string_view port, const LinkInfo& link);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_PORT_DEVICE_H_
