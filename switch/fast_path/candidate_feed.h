// What a worker tells the control thread: frames go from this station to that one, so the kernel
// may be worth to know them. One worker puts in, the control thread takes out; bounded, and what
// does not fit is only told later.
#ifndef VSWITCH_SWITCH_FAST_PATH_CANDIDATE_FEED_H_
#define VSWITCH_SWITCH_FAST_PATH_CANDIDATE_FEED_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "mac_table/fdb_key.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

// Two stations of a bridge of which one has sent to the other.
struct Candidate {
  uint32_t bridge = 0;
  FdbKey source;
  FdbKey destination;
};

class CandidateFeed {
 public:
  static absl::StatusOr<std::unique_ptr<CandidateFeed>> Create();

  // The worker's. `ingress`: who pays for it: a port is heard kPerPort times a turn, so that one
  // that invents stations does not silence others. A pair that was told in this turn is not told
  // again; in the next one it is: the kernel may have lost it. False: it is not told, because there
  // was no room or too much of one port.
  bool Offer(const Candidate& candidate, PortId ingress, uint32_t turn);
  // Turns take a sixty-fourth of a second.
  static uint32_t TurnNow();
  // Wakes the control thread if there is something new. Once a batch.
  void Flush();

  // The control thread's. Readable when there is something to take.
  int event() const { return event_.get(); }
  std::vector<Candidate> Take();

 private:
  static constexpr size_t kCapacity = 4096;
  static constexpr uint32_t kPerPort = 16;

  struct Told {
    Candidate candidate;
    uint32_t turn = 0;
  };
  struct Allowance {
    uint32_t turn = 0;
    uint32_t used = 0;
  };

  explicit CandidateFeed(UniqueFd event) : event_(std::move(event)) {}
  bool WasTold(const Candidate& candidate, uint32_t turn);
  bool MayTell(PortId ingress, uint32_t turn);

  const UniqueFd event_;
  std::array<Candidate, kCapacity> ring_;
  // Both only grow; the place is modulo kCapacity.
  std::atomic<uint64_t> head_{0};
  std::atomic<uint64_t> tail_{0};

  // The worker's own.
  std::array<Told, 1024> told_;
  std::array<Allowance, kMaxPorts> allowances_;
  uint64_t flushed_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_FAST_PATH_CANDIDATE_FEED_H_
