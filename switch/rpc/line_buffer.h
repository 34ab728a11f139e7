// Cuts a byte stream into lines, whatever pieces it comes in. A line that is too long is dropped
// while it arrives and reported once, so that memory is bounded and the stream goes on behind it.
//
// Thread-safety: one thread. Limits: holds at most one line of the limit, plus what one Append()
// brought.
#ifndef VSWITCH_SWITCH_RPC_LINE_BUFFER_H_
#define VSWITCH_SWITCH_RPC_LINE_BUFFER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vswitch {

class LineBuffer {
 public:
  struct Line {
    std::string_view text;  // Without its newline; valid until the next call.
    bool too_long = false;  // `text` is empty: the line was dropped.
  };

  explicit LineBuffer(size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  void Append(std::string_view bytes);
  // Ends the last line, as if a newline had come, unless it is empty.
  void Finish();

  // Whether Next() has something.
  bool HasLine() const { return end_.has_value() || report_too_long_; }
  std::optional<Line> Next();

 private:
  // Looks for the end of the line that begins at begin_. Moves no bytes: a Line may be in use.
  void Scan();

  const size_t max_line_bytes_;
  std::string bytes_;
  size_t begin_ = 0;           // Of the next line.
  size_t scanned_ = 0;         // No newline in [begin_, scanned_): no byte is looked at twice.
  std::optional<size_t> end_;  // Of the next line, when it is complete.
  bool skipping_ = false;      // In the rest of a line that was reported too long.
  bool report_too_long_ = false;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_LINE_BUFFER_H_
