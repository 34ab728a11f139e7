#include "bridge/rstp/testing/network.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace vswitch::rstp::testing {
namespace {

constexpr int kSecond = 1000;
// A BPDU's way, in milliseconds: to the wire, through the peer's control thread.
constexpr int kLeastDelay = 1;
constexpr int kMostDelay = 20;

MacAddress AddressAt(size_t bridge) { return MacAddress{0x020000000100 + bridge}; }

// Which of some things hang together.
class Groups {
 public:
  explicit Groups(size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }
  size_t Of(size_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }
  // False when they hung together before.
  bool Join(size_t one, size_t other) {
    one = Of(one);
    other = Of(other);
    parent_[one] = other;
    return one != other;
  }

 private:
  std::vector<size_t> parent_;
};

}  // namespace

size_t Network::AddBridge(uint32_t priority) {
  const size_t at = bridges_.size();
  bridges_.push_back({.bridge = Bridge(MakeBridgeIdentifier(priority, AddressAt(at)))});
  const int first = now_ + static_cast<int>(random_() % kSecond);
  At(first, [this, at] { Tick(at, bridges_[at].since); });
  return at;
}

size_t Network::AddSegment(const std::vector<size_t>& bridges, const PortSettings& settings) {
  const size_t at = segments_.size();
  segments_.emplace_back();
  for (const size_t bridge : bridges) {
    End end = {.bridge = bridge, .settings = settings, .since = now_};
    end.port = static_cast<uint16_t>(bridges_[bridge].bridge.variables().ports.size() + 1);
    end.settings.point_to_point = bridges.size() == 2;
    segments_[at].ends.push_back(end);
    bridges_[bridge].bridge.AddPort(end.port, end.settings);
  }
  Enable(segments_[at]);
  return at;
}

void Network::Enable(const Segment& segment) {
  for (const End& end : segment.ends) {
    bridges_[end.bridge].bridge.SetEnabled(end.port, segment.up);
    Follow(end.bridge);
  }
}

void Network::SetUp(size_t segment, bool up) {
  segments_[segment].up = up;
  Enable(segments_[segment]);
}

void Network::SetAlive(size_t at, bool alive, bool links_tell) {
  Node& node = bridges_[at];
  const BridgeIdentifier identifier = node.bridge.variables().bridge_identifier;
  node.alive = alive;
  node.since = now_;
  if (alive) {
    node.bridge = Bridge(identifier);
    At(now_, [this, at, since = now_] { Tick(at, since); });
  }
  // All of its own ports first: neighbours send to them at once.
  for (Segment& segment : segments_) {
    for (End& end : segment.ends) {
      if (!alive || end.bridge != at) continue;
      node.bridge.AddPort(end.port, end.settings);
      node.bridge.SetEnabled(end.port, segment.up);
      end.since = now_;
      end.sent = 0;
    }
  }
  for (const Segment& segment : segments_) {
    const auto is_its = [at](const End& end) { return end.bridge == at; };
    if (!links_tell || segment.ends.size() != 2 || std::ranges::none_of(segment.ends, is_its)) {
      continue;
    }
    for (const End& end : segment.ends) {
      if (is_its(end)) continue;
      bridges_[end.bridge].bridge.SetEnabled(end.port, alive && segment.up);
      Follow(end.bridge);
    }
  }
  if (alive) Follow(at);
}

void Network::At(int time, std::function<void()> happen) {
  events_.push({.time = time, .order = order_++, .happen = std::move(happen)});
}

void Network::Tick(size_t bridge, int since) {
  if (bridges_[bridge].since != since || !bridges_[bridge].alive) return;
  bridges_[bridge].bridge.Tick();
  Follow(bridge);
  At(now_ + kSecond, [this, bridge, since] { Tick(bridge, since); });
}

void Network::Follow(size_t bridge) {
  bridges_[bridge].bridge.Settle();
  LookForLoop();
  const Effects effects = bridges_[bridge].bridge.TakeEffects();
  flushes_ += effects.flushed.size();
  for (const Transmission& each : effects.transmissions) Send(bridge, each);
}

void Network::Send(size_t bridge, const Transmission& transmission) {
  ++bpdus_;
  for (size_t at = 0; at < segments_.size(); ++at) {
    Segment& segment = segments_[at];
    const auto from = std::ranges::find_if(segment.ends, [&](const End& end) {
      return end.bridge == bridge && end.port == transmission.port;
    });
    if (from == segment.ends.end()) continue;
    ++from->sent;
    if (!segment.up || segment.deaf) return;
    const BpduFrame frame = BuildBpdu(transmission.bpdu, AddressAt(bridge));
    const int delay = kLeastDelay + static_cast<int>(random_() % (kMostDelay - kLeastDelay));
    segment.last_arrival = std::max(segment.last_arrival, now_ + delay);
    for (const End& to : segment.ends) {
      if (&to == &*from) continue;
      At(segment.last_arrival,
         [this, at, to = to.bridge, port = to.port, frame] { Arrive(at, to, port, frame); });
    }
    return;
  }
}

void Network::Arrive(size_t segment, size_t bridge, uint16_t port, const BpduFrame& frame) {
  if (!segments_[segment].up || segments_[segment].deaf || !bridges_[bridge].alive) return;
  const std::optional<Bpdu> bpdu = ParseBpdu(frame);
  if (!bpdu.has_value()) {
    loops_ += "a BPDU was sent that is none; ";
    return;
  }
  bridges_[bridge].bridge.Receive(port, *bpdu);
  Follow(bridge);
}

void Network::RunFor(int milliseconds) {
  const int end = now_ + milliseconds;
  while (!events_.empty() && events_.top().time <= end) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.time;
    event.happen();
  }
  now_ = end;
}

uint16_t Network::PortAt(size_t bridge, size_t segment) const {
  for (const End& end : segments_[segment].ends) {
    if (end.bridge == bridge) return end.port;
  }
  return 0;
}

Role Network::RoleAt(size_t bridge, size_t segment) const {
  return bridges_[bridge].bridge.port(PortAt(bridge, segment)).role;
}

PortState Network::StateAt(size_t bridge, size_t segment) const {
  return bridges_[bridge].bridge.State(PortAt(bridge, segment));
}

bool Network::HasLoop() const {
  Groups groups(bridges_.size() + segments_.size());
  for (size_t at = 0; at < segments_.size(); ++at) {
    if (!segments_[at].up) continue;
    for (const End& end : segments_[at].ends) {
      const Node& node = bridges_[end.bridge];
      if (!node.alive || node.bridge.State(end.port) != PortState::kForwarding) continue;
      if (!groups.Join(end.bridge, bridges_.size() + at)) return true;
    }
  }
  return false;
}

void Network::LookForLoop() {
  const bool was = std::exchange(looping_, HasLoop());
  if (looping_ && !was) loops_ += "a loop at " + std::to_string(now_) + " ms; ";
}

std::string Network::TakeLoops() { return std::exchange(loops_, {}); }

std::string Network::WhyNoTree() const {
  if (HasLoop()) return "there is a loop";
  // What could hang together, and what does.
  Groups wired(bridges_.size() + segments_.size());
  Groups joined(bridges_.size() + segments_.size());
  for (size_t at = 0; at < segments_.size(); ++at) {
    for (const End& end : segments_[at].ends) {
      const Node& node = bridges_[end.bridge];
      if (!node.alive || !segments_[at].up) continue;
      wired.Join(end.bridge, bridges_.size() + at);
      if (node.bridge.State(end.port) == PortState::kForwarding) {
        joined.Join(end.bridge, bridges_.size() + at);
      }
    }
  }
  std::map<size_t, BridgeIdentifier> best;
  for (size_t at = 0; at < bridges_.size(); ++at) {
    if (!bridges_[at].alive) continue;
    const BridgeIdentifier mine = bridges_[at].bridge.variables().bridge_identifier;
    const auto [found, is_new] = best.try_emplace(wired.Of(at), mine);
    if (!is_new) found->second = std::min(found->second, mine);
  }
  for (size_t at = 0; at < bridges_.size(); ++at) {
    if (!bridges_[at].alive) continue;
    if (bridges_[at].bridge.variables().root_priority.root != best[wired.Of(at)]) {
      return "bridge " + std::to_string(at) + " has another root";
    }
    for (size_t other = 0; other < at; ++other) {
      if (!bridges_[other].alive || wired.Of(at) != wired.Of(other)) continue;
      if (joined.Of(at) != joined.Of(other)) {
        return "bridge " + std::to_string(at) + " does not reach " + std::to_string(other);
      }
    }
  }
  return "";
}

std::string Network::WhoSentTooMuch() const {
  for (const Segment& segment : segments_) {
    for (const End& end : segment.ends) {
      const uint64_t allowed = kTxHoldCount + 1 + static_cast<uint64_t>(now_ - end.since) / kSecond;
      if (end.sent > allowed) {
        return "bridge " + std::to_string(end.bridge) + " sent " + std::to_string(end.sent) +
               " BPDUs by its port " + std::to_string(end.port) + ", and may have sent " +
               std::to_string(allowed);
      }
    }
  }
  return "";
}

}  // namespace vswitch::rstp::testing
