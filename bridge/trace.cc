#include "bridge/trace.h"

#include <algorithm>
#include <array>
#include <memory>

#include "bridge/pass.h"
#include "bridge/pipeline.h"
#include "bridge/police.h"
#include "bridge/port_guard.h"
#include "bridge/wire/load.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

std::string StationName(FdbKey key) {
  return Words(key.mac().ToString(), " in VLAN ", key.vlan(), key.vlan() == 0 ? " (untagged)" : "");
}

std::string Hex16(uint16_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[value >> shift & 0xf];
  return text;
}

std::string FrameInWords(const Frame& frame) {
  const uint8_t* const ethernet = frame.ethernet();
  return Words(frame.source.mac().ToString(), " > ", frame.destination.mac().ToString(), ", type ",
               Hex16(LoadBig16(ethernet + 12)), ", VLAN ", frame.source.vlan(), ", ",
               frame.ethernet_length(), " bytes");
}

// What is done to the tags of a copy.
std::string EditInWords(const EgressCopy& copy) {
  const VlanTag& tag = copy.frame->vlan.tag;
  switch (copy.edit) {
    case TagEdit::kKeep:
      return "";
    case TagEdit::kPop:
      return " without its tag";
    case TagEdit::kPush:
      return Words(" with a tag more, ", Hex16(tag.tpid), " of VLAN ", tag.vid());
    case TagEdit::kReplace:
      return Words(" with its tag replaced, ", Hex16(tag.tpid), " of VLAN ", tag.vid());
  }
  return "";
}

// What guards and limits keep from frame to frame is not that of the workers.
void RenewRules(ForwardingConfig* config) {
  for (BridgeForwarding& bridge : config->bridges) bridge.move_limiter = nullptr;
  for (PortForwarding& port : config->ports) {
    if (port.guard != nullptr) port.guard = std::make_shared<PortGuard>(port.guard->rules());
    if (port.police != nullptr) port.police = std::make_shared<PortPolice>(port.police->limits());
  }
}

// What the real tables know of the two stations, in whatever VLAN the frame turns out to be.
ForwardingConfig WithStateOfItsOwn(const ForwardingConfig& config, PortId ingress,
                                   std::span<const uint8_t> ethernet, uint32_t now) {
  ForwardingConfig copy = config;
  RenewRules(&copy);
  const BridgeId id = ingress < config.ports.size() ? config.ports[ingress].bridge : kNoBridge;
  if (id == kNoBridge || ethernet.size() < kEthernetHeaderBytes) return copy;
  const MacTable& table = *config.bridges[id].table;
  std::vector<FdbEntry> known;
  for (const int offset : {0, 6}) {
    const MacAddress mac = MacAddress::FromBytes(ethernet.data() + offset);
    for (uint32_t vlan = 0; vlan <= kVlanIdMask; ++vlan) {
      const auto entry = table.Get(FdbKey(mac, static_cast<VlanId>(vlan)), now);
      if (entry.has_value()) known.push_back(*entry);
    }
  }
  auto tables = std::make_shared<MacTable>(
      MacTable::Options{.capacity = std::max<size_t>(kMinFdbEntries, 4 * known.size() + 4)});
  for (const FdbEntry& entry : known) tables->Put(entry, now);
  copy.bridges[id].table = std::move(tables);
  return copy;
}

}  // namespace

void Trace::Enter(std::string_view stage, const Pass& pass) {
  if (!pass.batch.empty()) Explain(pass);
  stage_ = stage;
  steps_before_ = steps_.size();
  if (pass.batch.empty() || stage != "learn") return;
  const Frame& frame = pass.batch.front();
  if (frame.bridge == kNoBridge) return;
  source_before_ = pass.config.bridges[frame.bridge].table->Get(frame.source, pass.now);
}

void Trace::OnDrop(PortId charged, DropReason reason) {
  Add(stage_, Words("dropped: ", kDropReasonText[static_cast<size_t>(reason)], ", counted by ",
                    NameOf(charged)));
}

// What the stage that ends has found, unless it has told itself.
void Trace::Explain(const Pass& pass) {
  const Frame& frame = pass.batch.front();
  const bool is_over = frame.drop != DropReason::kNone;
  if (stage_ == "learn" && frame.bridge != kNoBridge) return ExplainLearn(pass);
  if (stage_ == "forward") return ExplainForward(pass);
  if (is_over || steps_.size() != steps_before_) return;
  if (stage_ == "parse") return Add(stage_, FrameInWords(frame));
  if (stage_ == "admit") return Add(stage_, Words("let in, in VLAN ", frame.source.vlan()));
  if (stage_ != "look_up") return;
  if (frame.egress != kNoPort) {
    return Add(stage_, Words(StationName(frame.destination), " is at ", NameOf(frame.egress)));
  }
  if (!frame.destination.mac().IsGroup()) {
    return Add(stage_, Words(StationName(frame.destination), " is unknown: to be flooded"));
  }
  Add(stage_, Words(frame.destination.mac().ToString(), " is a group: to be flooded"));
}

void Trace::ExplainLearn(const Pass& pass) {
  if (steps_.size() != steps_before_) return;
  const Frame& frame = pass.batch.front();
  if (frame.source.value == 0) return;
  const auto after = pass.config.bridges[frame.bridge].table->Get(frame.source, pass.now);
  const std::string station = StationName(frame.source);
  if (!after.has_value()) {
    if (frame.drop == DropReason::kNone) Add(stage_, "nothing is learned of it");
    return;
  }
  const std::string place = NameOf(after->port);
  if (!source_before_.has_value()) {
    return Add(stage_, Words(station, " would be learned at ", place));
  }
  if (after->port != source_before_->port) {
    return Add(stage_,
               Words(station, " would move from ", NameOf(source_before_->port), " to ", place));
  }
  if (frame.drop != DropReason::kNone) return;
  if (after->port != frame.ingress) return Add(stage_, Words(station, " stays at ", place));
  Add(stage_, Words(station, " is known at ", place));
}

void Trace::ExplainForward(const Pass& pass) {
  const Frame& frame = pass.batch.front();
  std::string ports;
  for (const EgressCopy& copy : pass.out.copies) {
    // A mirror's copies tell of themselves, and nothing else goes to its target.
    if (copy.frame != &frame || pass.config.ports[copy.port].is_mirror_target) continue;
    ports += Words(ports.empty() ? "" : ", ", NameOf(copy.port), EditInWords(copy));
  }
  if (ports.empty()) return;
  Add(stage_, Words(frame.egress == kNoPort ? "flooded to " : "sent to ", ports));
}

TraceResult TraceFrame(const ForwardingConfig& config, PortId ingress,
                       std::span<const uint8_t> ethernet, uint32_t now,
                       const Trace::PortNames& name_of) {
  const std::unique_ptr<PortCounters[]> counters(new PortCounters[kMaxPorts]);
  Pipeline pipeline(counters.get());
  pipeline.SetConfig(
      std::make_shared<const ForwardingConfig>(WithStateOfItsOwn(config, ingress, ethernet, now)));
  // In front stands a virtio_net_hdr that asks for nothing.
  std::vector<uint8_t> bytes(kOffloadHeaderBytes);
  bytes.insert(bytes.end(), ethernet.begin(), ethernet.end());
  Frame frame;
  frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
  frame.ingress = ingress;

  // Any but 0: its rates have not been asked for before.
  constexpr uint64_t now_ns = 1;
  Trace trace(name_of);
  Outcome outcome;
  TraceResult result;
  pipeline.Process(std::span(&frame, 1), now, &outcome, now_ns, &trace);
  // A long frame may be flooded in several goes.
  while (true) {
    for (const EgressCopy& copy : outcome.copies) {
      if (!config.ports[copy.port].is_mirror_target) result.egress.push_back(copy.port);
    }
    if (!pipeline.HasWaiting()) break;
    pipeline.Process({}, now, &outcome, now_ns, &trace);
  }
  result.steps = trace.TakeSteps();
  result.source = frame.source;
  result.destination = frame.destination;
  result.is_flooded = frame.egress == kNoPort;
  result.drop = result.egress.empty() ? frame.drop : DropReason::kNone;
  return result;
}

}  // namespace vswitch
