// What both ways of serving TAPs have in common: a standing request per port, which announces or
// brings its frames, and writes from the ingress buffer itself. A port's number is its slot in the
// ring's file table.
#ifndef VSWITCH_SWITCH_WORKER_IO_TAP_IO_H_
#define VSWITCH_SWITCH_WORKER_IO_TAP_IO_H_

#include <cstdint>
#include <span>
#include <vector>

#include "switch/worker/buffer_pool.h"
#include "switch/worker/io/edited_heads.h"
#include "switch/worker/io/port_io.h"
#include "switch/worker/ring.h"

namespace vswitch {

class TapIo : public PortIo {
 public:
  void Add(PortId port, int fd) override;
  void Remove(PortId port) override;
  void Write(std::span<const EgressCopy> copies) override;
  void Release(std::span<const uint16_t> buffers) override;
  void SetHeld(PortId port, bool is_held) override;
  std::vector<PortId> FinishRemovals() override;
  void Rearm() override;

 protected:
  struct StandingRequest {
    Token::Kind kind;
    bool (Ring::*arm)(uint32_t slot, Token token);
  };

  TapIo(const Options& options, StandingRequest request);

  const Options& options() const { return options_; }
  int fd(PortId port) const { return ports_[port].fd; }
  bool IsHeld(PortId port) const { return ports_[port].held; }
  // Neither on its way out nor found to be broken.
  bool IsServed(PortId port) const { return !ports_[port].removing && !ports_[port].ended; }

  // The standing request is over, and is made again, unless the port is being removed or is not
  // read any more.
  void EndRequest(PortId port);
  // A read or poll has failed with `error` (errno): counts it, and decides whether it ends the
  // port.
  void OnReadError(PortId port, int error);
  void OnWriteError(const Completion& completion);
  // Appends the frame of `bytes` that was read into `buffer`.
  void TakeFrame(PortId port, uint16_t buffer, uint32_t bytes, std::vector<Frame>* batch) const;

 private:
  struct Port {
    int fd = -1;
    // Its standing request is in the kernel.
    bool armed = false;
    // The request has been cancelled; its last completion ends the removal.
    bool removing = false;
    // It is not read any more: the control thread was told.
    bool ended = false;
    bool held = false;
    bool told_of_lost_frame = false;
    bool told_of_write = false;
    // Reads in a row that failed for an unknown reason, and after how many frames the last did.
    int failures = 0;
    uint64_t failed_after = 0;
  };

  // A copy whose bytes do not lie in one piece.
  void WritePieces(const EgressCopy& copy, Token token);
  void Tell(PortId port, PortNotice::Kind kind, int error) const {
    options_.notices->Post({.port = port, .kind = kind, .error = error});
  }

  const Options options_;
  const StandingRequest request_;
  EditedHeads heads_;
  std::vector<Port> ports_;
  std::vector<PortId> rearm_;
  // Nothing of them is in the kernel any more, but for writes that are still queued.
  std::vector<PortId> removals_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_IO_TAP_IO_H_
