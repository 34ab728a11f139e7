#include "switch/capture/recorder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <ctime>

#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

uint64_t RealTimeNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// Calls `visit` with each capture of `which`.
template <typename Visit>
void ForEach(const CaptureSet& captures, uint8_t which, Visit visit) {
  for (unsigned left = which; left != 0; left &= left - 1) {
    const auto number = static_cast<size_t>(std::countr_zero(left));
    visit(number, captures.all()[number]);
  }
}

}  // namespace

void CaptureRecorder::RecordAll(std::span<const Frame> batch, const Outcome& outcome) {
  time_ns_ = RealTimeNs();
  to_wake_ = 0;
  for (const Frame& frame : batch) {
    const uint8_t which = captures_->Of(frame.ingress);
    if (which == 0) continue;
    Show(which, CaptureDirection::kInbound, {.frame = &frame, .port = frame.ingress}, frame.drop);
  }
  for (const DroppedCopy& drop : outcome.drops) RecordDrop(batch, drop);
  for (const EgressCopy& copy : outcome.copies) {
    const uint8_t which = captures_->Of(copy.port);
    if (which != 0) Show(which, CaptureDirection::kOutbound, copy, DropReason::kNone);
  }
  ForEach(*captures_, to_wake_, [](size_t, const Capture& capture) { capture.memory->Wake(); });
}

void CaptureRecorder::RecordDrop(std::span<const Frame> batch, const DroppedCopy& drop) {
  const Frame& frame = drop.frame;
  const bool is_new = std::ranges::any_of(batch, [&](const Frame& one) {
    return one.buffer == frame.buffer && one.head == frame.head;
  });
  const bool is_inbound = drop.charged == frame.ingress;
  if (is_inbound && is_new) return;  // Shown already, with the reason.
  uint8_t which = 0;
  ForEach(*captures_, captures_->Of(drop.charged), [&](size_t number, const Capture& capture) {
    const bool shown = drop.is_whole && is_new && (captures_->Of(frame.ingress) >> number & 1) != 0;
    if (capture.drops && !shown) which |= static_cast<uint8_t>(1u << number);
  });
  if (which == 0) return;
  Show(which, is_inbound ? CaptureDirection::kInbound : CaptureDirection::kOutbound,
       {.frame = &frame, .port = drop.charged}, drop.reason);
}

std::span<const uint8_t> CaptureRecorder::InOnePiece(const EgressCopy& copy) {
  const Frame& frame = *copy.frame;
  if (frame.length <= kOffloadHeaderBytes) return {};
  const bool is_edited = copy.edit != TagEdit::kKeep;
  if (!is_edited && frame.IsWhole()) return {frame.ethernet(), frame.ethernet_length()};
  std::array<uint8_t, kMaxEditedHeadBytes> edited;
  const uint8_t* head = frame.head;
  uint32_t head_length = frame.head_length;
  if (is_edited) {
    head_length = WriteEditedHead(frame, copy.edit, frame.vlan.tag, edited.data());
    head = edited.data();
  }
  assembled_.assign(head + kOffloadHeaderBytes, head + head_length);
  assembled_.insert(assembled_.end(), frame.body, frame.body + frame.length - frame.head_length);
  return assembled_;
}

void CaptureRecorder::Show(uint8_t which, CaptureDirection direction, const EgressCopy& copy,
                           DropReason reason) {
  const std::span<const uint8_t> bytes = InOnePiece(copy);
  ForEach(*captures_, which, [&](size_t number, const Capture& capture) {
    if (!capture.filter.Takes(bytes)) return;
    const bool tells = capture.drops && reason != DropReason::kNone;
    const auto place = std::ranges::find(capture.ports, copy.port) - capture.ports.begin();
    capture.memory->Write(ring_,
                          {.direction = direction,
                           .reason = tells ? static_cast<uint8_t>(reason) : kNotDropped,
                           .port = static_cast<uint16_t>(place),
                           .time_ns = time_ns_},
                          std::span(&bytes, 1));
    to_wake_ |= static_cast<uint8_t>(1u << number);
  });
}

}  // namespace vswitch
