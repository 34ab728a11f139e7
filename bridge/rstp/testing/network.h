// Bridges wired at will, in simulated time: each BPDU crosses a segment as bytes and takes a while,
// each bridge's second begins at another moment. After every single step it is looked whether
// frames could go in circles.
//
// Thread-safety: none. Deterministic: a seed gives the same run.
#ifndef VSWITCH_BRIDGE_RSTP_TESTING_NETWORK_H_
#define VSWITCH_BRIDGE_RSTP_TESTING_NETWORK_H_

#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "bridge/rstp/bridge.h"

namespace vswitch::rstp::testing {

class Network {
 public:
  explicit Network(uint32_t seed) : random_(seed) {}

  // Returns its place. Each has another address.
  size_t AddBridge(uint32_t priority = kDefaultBridgePriority);
  // A segment that joins a new port of each of these bridges; of two it is a link from point to
  // point, of more a shared one. Returns its place.
  size_t AddSegment(const std::vector<size_t>& bridges, const PortSettings& settings = {});

  // Link down or up, as both ends see it at once.
  void SetUp(size_t segment, bool up);
  // The bridge falls silent, or comes again without any memory; its neighbours see it or do not.
  void SetAlive(size_t bridge, bool alive, bool links_tell);
  // Its BPDUs reach nobody and nobody's reach it; nothing else tells.
  void SetDeaf(size_t segment, bool deaf) { segments_[segment].deaf = deaf; }

  void RunFor(int milliseconds);

  Bridge& bridge(size_t at) { return bridges_[at].bridge; }
  const Bridge& bridge(size_t at) const { return bridges_[at].bridge; }
  // The number of the bridge's port on the segment; 0: none.
  uint16_t PortAt(size_t bridge, size_t segment) const;
  Role RoleAt(size_t bridge, size_t segment) const;
  PortState StateAt(size_t bridge, size_t segment) const;

  // Every loop that there was since the last call, in words; empty: none.
  std::string TakeLoops();
  // Why the forwarding ports are not one tree of all living bridges and segments of each part of
  // the network, with the best of them as its root; empty when they are.
  std::string WhyNoTree() const;
  // Empty when no port has sent more than 17.13.12 allows.
  std::string WhoSentTooMuch() const;
  uint64_t bpdus() const { return bpdus_; }
  uint64_t flushes() const { return flushes_; }

 private:
  struct Node {
    Bridge bridge;
    bool alive = true;
    // When it was made, or came again.
    int since = 0;
  };
  struct End {
    size_t bridge = 0;
    uint16_t port = 0;
    PortSettings settings;
    uint64_t sent = 0;
    int since = 0;
  };
  struct Segment {
    std::vector<End> ends;
    bool up = true;
    bool deaf = false;
    // Nothing overtakes on a wire.
    int last_arrival = 0;
  };
  struct Event {
    int time = 0;
    uint64_t order = 0;
    std::function<void()> happen;
    bool operator>(const Event& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };

  void At(int time, std::function<void()> happen);
  void Tick(size_t bridge, int since);
  // After anything that a bridge was told.
  void Follow(size_t bridge);
  void Send(size_t bridge, const Transmission& transmission);
  void Arrive(size_t segment, size_t bridge, uint16_t port, const BpduFrame& frame);
  void Enable(const Segment& segment);
  // Edges of forwarding ports, by bridge and segment; true when one closes a circle.
  bool HasLoop() const;
  void LookForLoop();

  std::mt19937 random_;
  int now_ = 0;
  uint64_t order_ = 0;
  std::vector<Node> bridges_;
  std::vector<Segment> segments_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::string loops_;
  bool looping_ = false;
  uint64_t bpdus_ = 0;
  uint64_t flushes_ = 0;
};

}  // namespace vswitch::rstp::testing

#endif  // VSWITCH_BRIDGE_RSTP_TESTING_NETWORK_H_
