// A tc program of ours in its place on a netdev, in one direction. It needs no process that holds
// it: after a crash a guest's frames go where the program sends them, and not into the host's
// stack, until the next daemon puts its own in the same place, without a gap.
//
// There are two places:
//   - tcx, from Linux 6.6 on. It comes before all qdiscs and filters, no `tc` command can take it
//     away, and all that an operator adds with `tc` has room beside it. The kernel waits for its
//     readers, 8 to 16 ms, when a program comes there or goes, not when one replaces another. It
//     survives the netdev's move to another network namespace, and acts there: see LetGo().
//   - a filter on the clsact qdisc, which nobody else can add any more. It costs no waiting, and
//     goes with a move. For netdevs of our own, and where there is no tcx.
//
// Thread-safety: one thread at a time. Ownership: the object owns the program's place; Keep() gives
// it up.
#ifndef VSWITCH_SWITCH_PORT_TC_HOOK_H_
#define VSWITCH_SWITCH_PORT_TC_HOOK_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/look_at_program.h"
#include "switch/base/tcx.h"
#include "switch/base/unique_fd.h"
#include "switch/link/link.h"

namespace vswitch {

// A loaded program; its name begins with TcHook::kNamePrefix.
struct TcProgram {
  int fd = -1;
  // A map whose word 0, when it is not 0, makes the program let every frame pass; -1: it has none.
  int let_go_map = -1;
};

class TcHook {
 public:
  // kWithoutWaiting: in tcx where programs are there, of which ours is replaced, else in clsact;
  // where others have that, in tcx all the same.
  enum class Place { kTcx, kClsact, kWithoutWaiting };

  // By which a program is known as one of this switch, of this daemon or an earlier one; and a
  // filter.
  static constexpr const char* kNamePrefix = kOwnProgramPrefix;
  static constexpr uint32_t kFilterHandle = kOwnFilterHandle;

  // Replaces what an earlier daemon left there, else comes first. kTcx: clsact if there is no tcx;
  // else what of ours was in clsact is taken away.
  // PermissionDenied without CAP_BPF and CAP_NET_ADMIN; AlreadyExists when a filter that is not
  // ours has our place. Without CAP_SYS_ADMIN it cannot be seen whose a program is: then it comes
  // before what an earlier daemon left.
  static absl::StatusOr<TcHook> Attach(const LinkInfo& device, TcDirection direction,
                                       const TcProgram& program, Place place = Place::kTcx);

  // The id of our program there, put there by whatever daemon; 0: none. Without CAP_SYS_ADMIN: of
  // what may be ours.
  static uint32_t ProgramOn(const LinkInfo& device, TcDirection direction);
  // Takes away what is there of earlier daemons, in both directions and places, and a clsact qdisc
  // that nobody has filters on.
  static absl::Status RemoveLeftOver(const LinkInfo& device);

  TcHook() = default;
  TcHook(TcHook&& other) noexcept { *this = std::move(other); }
  TcHook& operator=(TcHook&& other) noexcept;
  // Takes the program away, unless another one has replaced it.
  ~TcHook();

  // kTcx or kClsact.
  Place place() const { return place_; }
  // Whether the program is there still; otherwise Attach() again. One system call in tcx.
  bool InPlace() const;
  // Whether another daemon could Attach() in its place without waiting: it is in tcx, and we have
  // CAP_SYS_ADMIN, and so may the other.
  bool CanBeTakenOver() const;
  // Puts another program in the place of this one. Without a gap, and without waiting.
  absl::Status Replace(const TcProgram& program);
  // The program stays when the object goes.
  void Keep() { keep_ = true; }

 private:
  absl::StatusOr<bool> AttachTcx();
  absl::Status AttachAt(Place place);
  absl::Status AttachFilter();
  absl::Status SetProgram(const TcProgram& program);
  // The netdev may be in another namespace, where nothing of ours can be taken off it: the program
  // lets its frames pass there.
  void LetGo() const;

  LinkInfo device_;
  TcDirection direction_ = TcDirection::kIngress;
  Place place_ = Place::kTcx;
  uint32_t program_id_ = 0;  // 0: nothing is attached.
  bool keep_ = false;
  UniqueFd program_;
  UniqueFd let_go_map_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_TC_HOOK_H_
