// Several changes as one. While they are made, verbs read and edit a draft instead of the desired
// state, and Commit() only puts the draft forward; then the whole of it is committed.
#include <utility>

#include "switch/core/draft.h"
#include "switch/core/switch_controller.h"

namespace vswitch {

absl::StatusOr<KeptTaps> SwitchController::Together(const std::function<absl::Status()>& changes) {
  draft_ = std::make_unique<Draft>(Draft{.desired = desired_});
  const absl::Status made = changes();
  const std::unique_ptr<Draft> draft = std::exchange(draft_, nullptr);
  if (!made.ok()) return made;
  const absl::Status status = Commit(std::move(draft->desired), draft->forced);
  if (!status.ok()) return status;
  for (const auto& step : draft->afterwards) step();
  return std::move(draft->kept);
}

const Desired& SwitchController::wanted() const {
  return draft_ != nullptr ? draft_->desired : desired_;
}

// A draft is not copied for each of a thousand changes: if one fails, nobody wants it any more.
Desired SwitchController::ToEdit() {
  return draft_ != nullptr ? std::move(draft_->desired) : desired_;
}

void SwitchController::Afterwards(std::function<void()> step) {
  if (draft_ == nullptr) return step();
  draft_->afterwards.push_back(std::move(step));
}

}  // namespace vswitch
