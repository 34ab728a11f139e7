// What one run of tap_load does: which ports take part, who sends to whom, how fast and how long.
//
// A *lane* is one sender and one destination; a *stream* is one of a lane's flows and has a
// sequence of its own. Sender and receiver share the plan and change nothing in it.
#ifndef VSWITCH_BENCH_LOAD_PLAN_H_
#define VSWITCH_BENCH_LOAD_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load_port.h"
#include "mac_table/mac_address.h"

namespace vswitch {

struct LoadOptions {
  // Ports as LoadPort::Open takes them. A port may be sender and receiver.
  std::vector<std::string> senders;
  std::vector<std::string> receivers;
  // Frames are sent to these too, but they never read: guests that have stopped.
  std::vector<std::string> stopped;
  // Read, but nothing is sent to them: what arrives was flooded.
  std::vector<std::string> monitors;
  bool broadcast = false;  // One lane per sender, to everybody.
  // The address that stands for everybody: another group, or nobody's.
  MacAddress everybody{0xffffffffffff};

  size_t frame_bytes = 60;     // Ethernet header included.
  uint16_t segment_bytes = 0;  // Not 0: TCP super-frames with segments of this payload.
  uint32_t flows = 1;          // Per lane.
  uint32_t addresses = 1;      // Source addresses of each receiver, sent to in turn.
  double learning_rate = 0;    // Addresses announced per second; 0: as fast as it goes.
  uint32_t burst = 1;          // Frames sent at once, where there is a rate.
  // Not 0: the receivers are places of one station, which goes from each to the next so often.
  double moves_per_s = 0;

  struct Phase {
    double frames_per_s = 0;  // Of all senders together; 0: as many as go.
    double seconds = 1;
  };
  std::vector<Phase> phases = {{}};
};

struct LoadPlan {
  static constexpr int kEverybody = -1;

  struct Lane {
    int sender = 0;       // Index of `ports`.
    int destination = 0;  // The same, or kEverybody.
  };
  struct Port {
    std::string spec;
    std::unique_ptr<LoadPort> port;
    bool reads = false;
    bool is_destination = false;
  };

  // Opens the ports. InvalidArgument when there is nobody to send to, or too many streams, or when
  // a station is to move that has no three places, or sends from one of them.
  static absl::StatusOr<LoadPlan> Make(const LoadOptions& options);

  MacAddress AddressOf(int port, uint32_t number) const;
  // Where the station goes from there. REQUIRES: the port is a destination.
  int NextPlace(int port) const;
  size_t streams() const { return lanes.size() * options.flows; }
  const Lane& LaneOf(size_t stream) const { return lanes[stream / options.flows]; }
  bool IsFor(size_t stream, int port) const {
    const Lane& lane = LaneOf(stream);
    return lane.sender != port && (lane.destination == port || lane.destination == kEverybody);
  }
  // Whether the station was on its way there when the frame was sent: it may have come there before
  // the frame. With two places it would be the same as the place that it had left.
  bool IsForNextPlace(size_t stream, int port) const {
    return options.moves_per_s > 0 && NextPlace(LaneOf(stream).destination) == port;
  }

  LoadOptions options;
  std::vector<Port> ports;
  std::vector<Lane> lanes;
  uint16_t run = 0;
};

// CLOCK_MONOTONIC.
uint64_t NowNs();
// What the calling thread has used of a core so far.
uint64_t ThreadCpuNs();

}  // namespace vswitch

#endif  // VSWITCH_BENCH_LOAD_PLAN_H_
