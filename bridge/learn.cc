#include "bridge/learn.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vswitch {
namespace {

// So many frames have their sources' lines sent for before the first of them is needed. Matters
// when the table is larger than the cache: many_stations of bench/bridge_bench.cc.
constexpr size_t kBlock = 64;

void LearnBlock(std::span<const Frame> block, const ForwardingConfig& config, uint32_t now) {
  std::array<const Frame*, kBlock> news;
  size_t count = 0;
  // A burst of one flow is one source again and again; the same fact at the same tick is told once.
  FdbKey last_source;
  PortId last_ingress = kNoPort;
  for (const Frame& frame : block) {
    if (frame.drop != DropReason::kNone && frame.drop != DropReason::kLinkLocalReserved) continue;
    if (frame.source == last_source && frame.ingress == last_ingress) continue;
    last_source = frame.source;
    last_ingress = frame.ingress;
    config.bridges[frame.bridge].table->Prefetch(frame.source);
    news[count++] = &frame;
  }
  for (const Frame* frame : std::span(news).first(count)) {
    config.bridges[frame->bridge].table->Learn(frame->source, frame->ingress, now);
  }
}

}  // namespace

void Learn(std::span<const Frame> batch, const ForwardingConfig& config, uint32_t now) {
  while (!batch.empty()) {
    const size_t size = std::min(batch.size(), kBlock);
    LearnBlock(batch.first(size), config, now);
    batch = batch.subspan(size);
  }
}

}  // namespace vswitch
