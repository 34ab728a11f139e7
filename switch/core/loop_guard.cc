#include "switch/core/loop_guard.h"

namespace vswitch {

void LoopGuard::SetPort(PortId id, const Port& port) {
  State& state = ports_[id];
  if (state.port.probe_id != port.probe_id) {
    ForgetNonces(state);
    state = State{};
  }
  state.port = port;
  if (!port.guarded) state.heard_at.reset();
}

void LoopGuard::Forget(PortId id) {
  const auto found = ports_.find(id);
  if (found == ports_.end()) return;
  ForgetNonces(found->second);
  ports_.erase(found);
}

void LoopGuard::SetSilent(PortId id, bool silent) {
  if (const auto found = ports_.find(id); found != ports_.end()) found->second.silent = silent;
}

void LoopGuard::ForgetNonces(const State& state) {
  for (const LoopNonce& nonce : state.sent) senders_.erase(nonce);
}

LoopProbe LoopGuard::NextProbe(PortId id, LoopNonce nonce) {
  State& state = ports_.at(id);
  LoopNonce& oldest = state.sent[state.sequence % kKept];
  senders_.erase(oldest);
  oldest = nonce;
  senders_[nonce] = id;
  return {.id = state.port.probe_id, .nonce = nonce, .sequence = state.sequence++};
}

bool LoopGuard::MustBlock(const State& heard_on, const State& sender, VlanId heard_in) {
  if (heard_on.silent || sender.silent) return false;
  if (heard_in != 0 && heard_in != sender.port.vlan) return false;
  if (!heard_on.port.guarded || heard_on.port.probe_id != sender.port.probe_id) return false;
  if (&heard_on == &sender || !sender.port.guarded) return true;
  return heard_on.port.name > sender.port.name;
}

bool LoopGuard::OnProbe(PortId heard_on, const LoopProbe& probe, uint32_t now) {
  const auto heard = ports_.find(heard_on);
  const auto sender = senders_.find(probe.nonce);
  if (heard == ports_.end() || sender == senders_.end()) return false;
  State& state = heard->second;
  const State& sent_by = ports_.at(sender->second);
  if (!MustBlock(state, sent_by, probe.vlan)) return false;
  const bool was_open = !state.heard_at.has_value();
  state.heard_at = now;
  state.heard_from = sent_by.port.name;
  return was_open;
}

std::vector<PortId> LoopGuard::Clear(uint32_t now) {
  std::vector<PortId> cleared;
  for (auto& [id, state] : ports_) {
    if (!state.heard_at.has_value() || now - *state.heard_at < kClearSeconds) continue;
    state.heard_at.reset();
    cleared.push_back(id);
  }
  return cleared;
}

bool LoopGuard::IsBlocked(PortId id) const {
  const auto found = ports_.find(id);
  return found != ports_.end() && found->second.heard_at.has_value();
}

}  // namespace vswitch
