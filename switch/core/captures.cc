// Captures: who runs which, and the verb that starts one.
#include "switch/core/captures.h"

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"

namespace vswitch {

uint64_t Captures::Add(Capture capture) {
  running_.emplace(next_, std::move(capture));
  return next_++;
}

bool Captures::Forget(PortId port) {
  bool found = false;
  for (auto& [number, capture] : running_) {
    const auto place = std::ranges::find(capture.ports, port);
    if (place == capture.ports.end()) continue;
    *place = kNoPort;
    found = true;
    const bool is_over =
        std::ranges::all_of(capture.ports, [](PortId id) { return id == kNoPort; });
    if (is_over) capture.memory->End();
  }
  return found;
}

bool Captures::AnyOf(PortId port, bool with_drops) const {
  return std::ranges::any_of(running_ | std::views::values, [&](const Capture& capture) {
    return (capture.drops || !with_drops) &&
           std::ranges::find(capture.ports, port) != capture.ports.end();
  });
}

std::shared_ptr<const CaptureSet> Captures::Set() const {
  if (running_.empty()) return nullptr;
  std::vector<Capture> all;
  for (const auto& [number, capture] : running_) all.push_back(capture);
  return std::make_shared<const CaptureSet>(std::move(all));
}

absl::Status SwitchController::StartCapture(const CaptureRequest& request, const Caller& caller) {
  Capture capture{.drops = request.drops};
  if (request.ports.empty() || request.ports.size() > kMaxCapturePorts) {
    return absl::InvalidArgumentError(
        StrCat("a capture is of 1 to ", kMaxCapturePorts, " ports, not ", request.ports.size()));
  }
  for (const std::string& name : request.ports) {
    const auto found = FindPort(name);
    if (!found.ok()) return found.status();
    const PortId id = RunningPort(name).id;
    if (std::ranges::find(capture.ports, id) != capture.ports.end()) {
      return absl::InvalidArgumentError(StrCat("port '", name, "' is there twice"));
    }
    capture.ports.push_back(id);
  }
  auto filter = CaptureFilter::Parse(request.filter);
  if (!filter.ok()) return filter.status();
  capture.filter = *std::move(filter);
  const size_t places = CaptureSet::kMaxCaptures - (caller.uid == 0 ? 0 : Captures::kPlacesForRoot);
  if (captures_.size() >= places) {
    return absl::ResourceExhaustedError(
        StrCat(captures_.size(), " captures run already, and there are places for ",
               CaptureSet::kMaxCaptures, ", ", Captures::kPlacesForRoot,
               " of them for root alone: end one first"));
  }
  auto memory = CaptureMemory::Create(workers_->size());
  if (!memory.ok()) return memory.status();
  capture.memory = *std::move(memory);

  std::vector<UniqueFd> fds;
  fds.push_back(capture.memory->TakeFramesFd());
  fds.push_back(capture.memory->TakeReaderFd());
  const uint64_t number = captures_.Add(std::move(capture));
  // Ends it with the connection, if that ends before we do.
  const std::shared_ptr<void> kept(nullptr, [self = std::weak_ptr(self_), number](void*) {
    if (const auto controller = self.lock()) (*controller)->EndCapture(number);
  });
  if (caller.session == nullptr || !caller.session->Attach(std::move(fds), kept)) {
    return absl::FailedPreconditionError("a connection has one capture: open another one");
  }
  workers_->SetCaptures(captures_.Set());
  // Its ports leave the fast path.
  Publish();
  return absl::OkStatus();
}

void SwitchController::EndCapture(uint64_t number) {
  // Its memory goes when no worker has it any more, and here, as that takes milliseconds.
  const Capture gone = captures_.Remove(number);
  workers_->SetCaptures(captures_.Set());
  Publish();
}

}  // namespace vswitch
