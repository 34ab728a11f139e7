// The steps that a change has taken, each by what takes it back. Thread-safety: one thread.
#ifndef VSWITCH_SWITCH_CORE_UNDO_LOG_H_
#define VSWITCH_SWITCH_CORE_UNDO_LOG_H_

#include <functional>
#include <utility>
#include <vector>

namespace vswitch {

class UndoLog {
 public:
  UndoLog() = default;
  // Takes back, last step first, whatever was not kept.
  ~UndoLog() {
    while (!undo_.empty()) {
      undo_.back()();
      undo_.pop_back();
    }
  }
  UndoLog(const UndoLog&) = delete;
  UndoLog& operator=(const UndoLog&) = delete;

  void Add(std::function<void()> undo) { undo_.push_back(std::move(undo)); }
  // Nothing that was done so far will be taken back.
  void Keep() { undo_.clear(); }

 private:
  std::vector<std::function<void()>> undo_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_UNDO_LOG_H_
