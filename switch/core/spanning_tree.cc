#include "switch/core/spanning_tree.h"

namespace vswitch {

SpanningTree::SpanningTree(MacAddress address, uint32_t priority)
    : address_(address), bridge_(rstp::MakeBridgeIdentifier(priority, address)) {}

uint16_t SpanningTree::FreeNumber() const {
  uint16_t number = 1;
  for (const auto& [taken, id] : ids_) {
    if (taken != number) break;
    ++number;
  }
  return number <= rstp::kMaxPortNumber ? number : 0;
}

PortId SpanningTree::IdOf(uint16_t number) const {
  const auto found = ids_.find(number);
  return found != ids_.end() ? found->second : kNoPort;
}

void SpanningTree::Follow(uint32_t priority, std::span<const PortFacts> facts) {
  bridge_.SetIdentifier(rstp::MakeBridgeIdentifier(priority, address_));
  for (auto& [id, entry] : ports_) entry.stays = false;
  for (const PortFacts& each : facts) {
    if (const auto found = ports_.find(each.id); found != ports_.end()) found->second.stays = true;
  }
  for (auto at = ports_.begin(); at != ports_.end();) {
    if (at->second.stays) {
      ++at;
      continue;
    }
    bridge_.RemovePort(at->second.number);
    ids_.erase(at->second.number);
    at = ports_.erase(at);
  }
  for (const PortFacts& each : facts) {
    auto found = ports_.find(each.id);
    if (found == ports_.end()) {
      const uint16_t number = FreeNumber();
      if (number == 0) continue;
      found = ports_.emplace(each.id, Entry{.number = number, .settings = each.settings}).first;
      ids_.emplace(number, each.id);
      bridge_.AddPort(number, each.settings);
    }
    Entry& entry = found->second;
    if (entry.settings != each.settings) bridge_.SetPort(entry.number, each.settings);
    entry.settings = each.settings;
    bridge_.SetEnabled(entry.number, each.enabled);
  }
  bridge_.Settle();
}

void SpanningTree::Receive(PortId port, const rstp::Bpdu& bpdu) {
  Entry& entry = ports_.at(port);
  ++entry.counts.ingress_bpdus;
  if (++entry.heard > kMaxBpdusPerSecond) {
    ++entry.counts.ignored_bpdus;
    return;
  }
  bridge_.Receive(entry.number, bpdu);
}

void SpanningTree::Tick() {
  for (auto& [id, entry] : ports_) entry.heard = 0;
  bridge_.Tick();
}

StpState SpanningTree::StateOf(PortId port) const {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return StpState::kDiscarding;
  switch (bridge_.State(found->second.number)) {
    case rstp::PortState::kDiscarding:
      return StpState::kDiscarding;
    case rstp::PortState::kLearning:
      return StpState::kLearning;
    case rstp::PortState::kForwarding:
      return StpState::kForwarding;
  }
  return StpState::kDiscarding;
}

SpanningTree::Work SpanningTree::TakeWork() {
  rstp::Effects effects = bridge_.TakeEffects();
  Work work;
  for (const uint16_t number : effects.flushed) work.flushed.push_back(IdOf(number));
  for (const rstp::Transmission& each : effects.transmissions) {
    const PortId id = IdOf(each.port);
    ++ports_.at(id).counts.egress_bpdus;
    // 7.12.2: the port's own address, which no other port of any bridge has.
    const MacAddress source{address_.value ^ each.port};
    work.frames.push_back({.port = id, .frame = rstp::BuildBpdu(each.bpdu, source)});
  }
  return work;
}

}  // namespace vswitch
