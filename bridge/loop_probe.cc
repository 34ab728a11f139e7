#include "bridge/loop_probe.h"

#include <string>

#include "bridge/wire/load.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

constexpr uint16_t kType = 0x88b6;
constexpr uint32_t kIdAt = 2;
constexpr uint32_t kNonceAt = kIdAt + 8;
constexpr uint32_t kSequenceAt = kNonceAt + 16;
constexpr uint32_t kTextAt = kSequenceAt + 4;
constexpr uint32_t kTypeAt = 12;
// The least that a probe has.
constexpr uint32_t kLeastBytes = kTypeAt + kTextAt;
constexpr size_t kWireBytes = 60;

static_assert(kOffloadHeaderBytes + kLeastBytes + kVlanTagBytes <= kHeadBytes);

bool IsTagged(const uint8_t* ethernet) { return IsVlanTpid(LoadBig16(ethernet + kTypeAt)); }

// Where its own EtherType stands: behind the addresses, or a tag.
uint32_t TypeAt(const uint8_t* ethernet) {
  return IsTagged(ethernet) ? kTypeAt + kVlanTagBytes : kTypeAt;
}

}  // namespace

bool IsLoopProbe(const FrameBytes& frame, uint64_t id) {
  const uint8_t* ethernet = frame.ethernet();
  const uint32_t type_at = TypeAt(ethernet);
  return frame.ethernet_length() >= type_at + kTextAt && LoadBig16(ethernet + type_at) == kType &&
         LoadBig64(ethernet + type_at + kIdAt) == id;
}

std::vector<uint8_t> BuildLoopProbe(const LoopProbe& probe, MacAddress source,
                                    std::string_view port) {
  std::vector<uint8_t> frame;
  AppendBig(kLoopProbeGroup.value, 6, &frame);
  AppendBig(source.value, 6, &frame);
  AppendBig(kType, 2, &frame);
  AppendBig(probe.id, 8, &frame);
  AppendBig(probe.nonce.high, 8, &frame);
  AppendBig(probe.nonce.low, 8, &frame);
  AppendBig(probe.sequence, 4, &frame);
  const std::string text = "vswitch loop guard: " + std::string(port);
  frame.insert(frame.end(), text.begin(), text.end());
  if (frame.size() < kWireBytes) frame.resize(kWireBytes);
  return frame;
}

std::optional<LoopProbe> ReadLoopProbe(std::span<const uint8_t> ethernet) {
  if (ethernet.size() < kLeastBytes) return std::nullopt;
  const uint32_t type_at = TypeAt(ethernet.data());
  if (ethernet.size() < type_at + kTextAt) return std::nullopt;
  const uint8_t* at = ethernet.data() + type_at;
  if (LoadBig16(at) != kType) return std::nullopt;
  const uint16_t tci = IsTagged(ethernet.data()) ? LoadBig16(ethernet.data() + kTypeAt + 2) : 0;
  return LoopProbe{.id = LoadBig64(at + kIdAt),
                   .nonce = {LoadBig64(at + kNonceAt), LoadBig64(at + kNonceAt + 8)},
                   .sequence = LoadBig32(at + kSequenceAt),
                   .vlan = static_cast<VlanId>(tci & kVlanIdMask)};
}

}  // namespace vswitch
